// go-micro's plugins/v4/registry/etcd: its Registry, and its Watcher behind a list.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
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

// What go-micro's cache does: a list once, then what the watcher says. A list after each event would miss changes, for the
// registry lists from a member's own state, which may be behind the event.
func resolve(options peer.Options, see peer.See) error {
	discovery := etcd.NewRegistry(registry.Addrs(options.Endpoint))
	watcher, err := discovery.Watch(registry.WatchService(options.Service))
	if err != nil {
		return err
	}
	services, err := discovery.GetService(options.Service)
	if err != nil && !errors.Is(err, registry.ErrNotFound) {
		return err
	}
	nodes := map[string]peer.Instance{}
	for _, instance := range read(services) {
		nodes[instance.ID] = instance
	}
	for {
		see(slices.Collect(maps.Values(nodes)), nil)
		result, err := watcher.Next()
		if err != nil {
			return err
		}
		for _, instance := range read([]*registry.Service{result.Service}) {
			if result.Action == "delete" {
				delete(nodes, instance.ID)
			} else {
				nodes[instance.ID] = instance
			}
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
