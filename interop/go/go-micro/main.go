// go-micro's plugins/v4/registry/etcd: its Registry, and its watcher, after each event of which the service is read again.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"etcd-edge/interop/go/peer"

	"github.com/go-micro/plugins/v4/registry/etcd"
	"go-micro.dev/v4/registry"
)

func main() {
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	registrar := etcd.NewRegistry(registry.Addrs(options.Endpoint))
	instance := options.Instance
	// A server of go-micro says so itself.
	instance.Metadata["protocol"] = instance.Scheme
	node := &registry.Node{Id: instance.ID, Address: instance.Address, Metadata: instance.Metadata}
	service := &registry.Service{Name: options.Service, Version: instance.Version, Nodes: []*registry.Node{node}}
	if err := registrar.Register(service, registry.RegisterTTL(options.TTL)); err != nil {
		return nil, err
	}
	// Up to v5 nothing else keeps the lease: a server of go-micro registers again and again.
	beats := time.NewTicker(options.TTL / 3)
	go func() {
		for range beats.C {
			if err := registrar.Register(service, registry.RegisterTTL(options.TTL)); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}()
	return func() error {
		beats.Stop()
		return registrar.Deregister(service)
	}, nil
}

func resolve(options peer.Options, see peer.See) error {
	discovery := etcd.NewRegistry(registry.Addrs(options.Endpoint))
	watcher, err := discovery.Watch(registry.WatchService(options.Service))
	if err != nil {
		return err
	}
	for {
		services, err := discovery.GetService(options.Service)
		if errors.Is(err, registry.ErrNotFound) {
			services, err = nil, nil
		}
		see(read(services), err)
		if _, err := watcher.Next(); err != nil {
			return err
		}
	}
}

func read(services []*registry.Service) []peer.Instance {
	var instances []peer.Instance
	for _, service := range services {
		for _, node := range service.Nodes {
			instances = append(instances, peer.Instance{
				ID:       node.Id,
				Address:  node.Address,
				Scheme:   node.Metadata["protocol"],
				Version:  service.Version,
				Metadata: node.Metadata,
			})
		}
	}
	return instances
}
