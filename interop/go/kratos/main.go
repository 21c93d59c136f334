// Kratos' contrib/registry/etcd: its Registrar, and the watcher of its Discovery.
package main

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"etcd-edge/interop/go/peer"

	"github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	"github.com/go-kratos/kratos/v2/registry"
	"github.com/go-kratos/kratos/v2/selector"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func main() {
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	ctx := context.Background()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{options.Endpoint}})
	if err != nil {
		return nil, err
	}
	registrar := etcd.New(client, etcd.RegisterTTL(options.TTL))
	instance := options.Instance
	if instance.Weight > 0 {
		instance.Metadata["weight"] = strconv.Itoa(instance.Weight)
	}
	var endpoints []string
	for _, scheme := range strings.Split(instance.Scheme, ",") {
		endpoints = append(endpoints, scheme+"://"+instance.Address)
	}
	service := &registry.ServiceInstance{
		ID:        instance.ID,
		Name:      options.Service,
		Version:   instance.Version,
		Metadata:  instance.Metadata,
		Endpoints: endpoints,
	}
	if err := registrar.Register(ctx, service); err != nil {
		return nil, err
	}
	return func() error { return registrar.Deregister(ctx, service) }, nil
}

func resolve(options peer.Options, see peer.See) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{options.Endpoint}})
	if err != nil {
		return err
	}
	watcher, err := etcd.New(client).Watch(context.Background(), options.Service)
	if err != nil {
		return err
	}
	for {
		services, err := watcher.Next()
		if err != nil {
			see(nil, err)
			continue
		}
		var instances []peer.Instance
		for _, service := range services {
			instances = append(instances, read(service)...)
		}
		see(instances, nil)
	}
}

// read gives an instance for each endpoint, as a client of its scheme would make a node of it.
func read(service *registry.ServiceInstance) []peer.Instance {
	var instances []peer.Instance
	for _, endpoint := range service.Endpoints {
		at, err := url.Parse(endpoint)
		if err != nil {
			continue
		}
		node := selector.NewNode(at.Scheme, at.Host, service)
		instance := peer.Instance{
			ID:       service.ID,
			Address:  node.Address(),
			Scheme:   node.Scheme(),
			Version:  node.Version(),
			Metadata: node.Metadata(),
		}
		// What Kratos' selectors share the traffic by.
		if weight := node.InitialWeight(); weight != nil {
			instance.Weight = int(*weight)
		}
		instances = append(instances, instance)
	}
	return instances
}
