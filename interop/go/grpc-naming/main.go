// etcd's client/v3/naming: endpoints.Manager and its watch channel, and what gRPC itself is told by its resolver.
package main

import (
	"context"
	"encoding/json"
	"net/url"

	"etcd-edge/interop/go/peer"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	gresolver "google.golang.org/grpc/resolver"
)

func main() {
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	ctx := context.Background()
	client, manager, err := connect(options)
	if err != nil {
		return nil, err
	}
	// A lease and its upkeep are the caller's own affair.
	lease, err := client.Grant(ctx, int64(options.TTL.Seconds()))
	if err != nil {
		return nil, err
	}
	kept, err := client.KeepAlive(ctx, lease.ID)
	if err != nil {
		return nil, err
	}
	go func() {
		for range kept {
		}
	}()
	id := options.Instance.ID
	if id == "" {
		id = options.Instance.Address
	}
	key := options.Service + "/" + id
	endpoint := endpoints.Endpoint{Addr: options.Instance.Address, Metadata: options.Instance.Metadata}
	if err := manager.AddEndpoint(ctx, key, endpoint, clientv3.WithLease(lease.ID)); err != nil {
		return nil, err
	}
	return func() error { return manager.DeleteEndpoint(ctx, key) }, nil
}

func resolve(options peer.Options, see peer.See) error {
	client, manager, err := connect(options)
	if err != nil {
		return err
	}
	if options.View == "grpc" {
		return resolveForGRPC(client, options.Service, see)
	}
	updates, err := manager.NewWatchChannel(context.Background())
	if err != nil {
		return err
	}
	all := map[string]peer.Instance{}
	for batch := range updates {
		for _, update := range batch {
			if update.Op == endpoints.Delete {
				delete(all, update.Key)
				continue
			}
			all[update.Key] = peer.Instance{
				ID:       update.Key[len(options.Service)+1:],
				Address:  update.Endpoint.Addr,
				Metadata: texts(update.Endpoint.Metadata),
			}
		}
		instances := make([]peer.Instance, 0, len(all))
		for _, instance := range all {
			instances = append(instances, instance)
		}
		see(instances, nil)
	}
	return nil
}

func connect(options peer.Options) (*clientv3.Client, endpoints.Manager, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{options.Endpoint}})
	if err != nil {
		return nil, nil, err
	}
	manager, err := endpoints.NewManager(client, options.Service)
	return client, manager, err
}

// texts is metadata as this protocol has it: what is no string is given as JSON.
func texts(metadata any) map[string]string {
	fields, _ := metadata.(map[string]any)
	all := make(map[string]string, len(fields))
	for name, value := range fields {
		if text, ok := value.(string); ok {
			all[name] = text
			continue
		}
		encoded, _ := json.Marshal(value)
		all[name] = string(encoded)
	}
	return all
}

func resolveForGRPC(client *clientv3.Client, service string, see peer.See) error {
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return err
	}
	target := gresolver.Target{URL: url.URL{Scheme: "etcd", Path: "/" + service}}
	if _, err := builder.Build(target, &connection{see: see}, gresolver.BuildOptions{}); err != nil {
		return err
	}
	select {}
}

// connection stands for gRPC's own, which a resolver tells its states.
type connection struct {
	gresolver.ClientConn
	see peer.See
}

func (c *connection) UpdateState(state gresolver.State) error {
	instances := make([]peer.Instance, 0, len(state.Endpoints))
	for _, endpoint := range state.Endpoints {
		for _, address := range endpoint.Addresses {
			instances = append(instances, peer.Instance{Address: address.Addr})
		}
	}
	c.see(instances, nil)
	return nil
}
