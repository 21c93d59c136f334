// go-kit's sd/etcdv3: its Registrar, and its Instancer as a subscriber sees it.
package main

import (
	"context"
	"errors"

	"etcd-edge/interop/go/peer"

	"github.com/go-kit/kit/sd"
	"github.com/go-kit/kit/sd/etcdv3"
	"github.com/go-kit/log"
)

// go-kit has no prefix of its own; this is the one of its documentation.
const prefix = "/services/"

func main() {
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	client, err := etcdv3.NewClient(context.Background(), []string{options.Endpoint}, etcdv3.ClientOptions{})
	if err != nil {
		return nil, err
	}
	value := options.Instance.Address
	if options.Instance.Scheme != "" {
		value = options.Instance.Scheme + "://" + value
	}
	registrar := etcdv3.NewRegistrar(client, etcdv3.Service{
		Key:   prefix + options.Service + "/" + options.Instance.Address,
		Value: value,
		TTL:   etcdv3.NewTTLOption(options.TTL/3, options.TTL),
	}, log.NewNopLogger())
	registrar.Register()
	// It tells nobody when it fails.
	if client.LeaseID() == 0 {
		return nil, errors.New("go-kit has not registered")
	}
	return func() error {
		registrar.Deregister()
		return nil
	}, nil
}

func resolve(options peer.Options, see peer.See) error {
	client, err := etcdv3.NewClient(context.Background(), []string{options.Endpoint}, etcdv3.ClientOptions{})
	if err != nil {
		return err
	}
	instancer, err := etcdv3.NewInstancer(client, prefix+options.Service+"/", log.NewNopLogger())
	if err != nil {
		return err
	}
	events := make(chan sd.Event)
	go instancer.Register(events)
	for event := range events {
		// An instance is a string to go-kit: what the factory of an endpointer is given.
		instances := make([]peer.Instance, 0, len(event.Instances))
		for _, value := range event.Instances {
			instances = append(instances, peer.Instance{Address: value})
		}
		see(instances, event.Err)
	}
	return nil
}
