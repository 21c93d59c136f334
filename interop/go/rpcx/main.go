// rpcx-etcd: the register plugin of rpcx's server, and the discovery of rpcx's client.
package main

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"etcd-edge/interop/go/peer"

	etcd "github.com/rpcxio/rpcx-etcd/client"
	"github.com/rpcxio/rpcx-etcd/serverplugin"
	"github.com/smallnest/rpcx/client"
)

// The one of rpcx's examples.
const base = "/rpcx_test"

func main() {
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	instance := options.Instance
	plugin := &serverplugin.EtcdV3RegisterPlugin{
		ServiceAddress: instance.Scheme + "@" + instance.Address,
		EtcdServers:    []string{options.Endpoint},
		BasePath:       base,
		// It writes its first service with its first beat, and its lease is one of 30 s whatever is said here.
		UpdateInterval: time.Second,
	}
	if err := plugin.Start(); err != nil {
		return nil, err
	}
	query := url.Values{}
	for name, value := range instance.Metadata {
		query.Set(name, value)
	}
	if instance.Weight > 0 {
		query.Set("weight", strconv.Itoa(instance.Weight))
	}
	if err := plugin.Register(options.Service, nil, query.Encode()); err != nil {
		return nil, err
	}
	return plugin.Stop, nil
}

func resolve(options peer.Options, see peer.See) error {
	discovery, err := etcd.NewEtcdV3Discovery(base, options.Service, []string{options.Endpoint}, false, nil)
	if err != nil {
		return err
	}
	changes := discovery.WatchService()
	see(read(discovery.GetServices()), nil)
	for pairs := range changes {
		see(read(pairs), nil)
	}
	return nil
}

// read understands a pair as rpcx's selectors do.
func read(pairs []*client.KVPair) []peer.Instance {
	instances := make([]peer.Instance, 0, len(pairs))
	for _, pair := range pairs {
		query, err := url.ParseQuery(pair.Value)
		if err != nil {
			continue
		}
		network, address, _ := strings.Cut(pair.Key, "@")
		instance := peer.Instance{ID: pair.Key, Address: address, Scheme: network, Metadata: map[string]string{}}
		for name := range query {
			instance.Metadata[name] = query.Get(name)
		}
		instance.Weight, _ = strconv.Atoi(query.Get("weight"))
		instances = append(instances, instance)
	}
	return instances
}
