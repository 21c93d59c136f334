// Hertz's registry/etcd: its Registry, and its Resolver asked again and again as Hertz's client does.
package main

import (
	"context"
	"os"
	"reflect"
	"strconv"
	"time"

	"etcd-edge/interop/go/peer"

	"github.com/cloudwego/hertz/pkg/app/client/discovery"
	"github.com/cloudwego/hertz/pkg/app/server/registry"
	"github.com/cloudwego/hertz/pkg/common/utils"
	"github.com/hertz-contrib/registry/etcd"
)

// Hertz's client asks every 5 s.
const interval = 50 * time.Millisecond

func main() {
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	// There is no option for it.
	os.Setenv("HERTZ_ETCD_REGISTRY_LEASE_TTL", strconv.Itoa(int(options.TTL.Seconds())))
	registrar, err := etcd.NewEtcdRegistry([]string{options.Endpoint})
	if err != nil {
		return nil, err
	}
	info := &registry.Info{
		ServiceName: options.Service,
		Addr:        utils.NewNetAddr(options.Instance.Scheme, options.Instance.Address),
		Weight:      options.Instance.Weight,
		Tags:        options.Instance.Metadata,
	}
	if err := registrar.Register(info); err != nil {
		return nil, err
	}
	return func() error { return registrar.Deregister(info) }, nil
}

func resolve(options peer.Options, see peer.See) error {
	resolver, err := etcd.NewEtcdResolver([]string{options.Endpoint})
	if err != nil {
		return err
	}
	var known []peer.Instance
	for ; ; time.Sleep(interval) {
		result, err := resolver.Resolve(context.Background(), options.Service)
		if err != nil {
			see(nil, err)
			continue
		}
		found := read(result)
		if !reflect.DeepEqual(found, known) {
			see(found, nil)
		}
		known = found
	}
}

func read(result discovery.Result) []peer.Instance {
	instances := make([]peer.Instance, 0, len(result.Instances))
	for _, found := range result.Instances {
		instances = append(instances, peer.Instance{
			Address:  found.Address().String(),
			Scheme:   found.Address().Network(),
			Weight:   found.Weight(),
			Metadata: peer.Tags(found.Tag),
		})
	}
	return instances
}
