// Kitex's registry-etcd: its Registry, and its Resolver asked again and again as Kitex's client does.
package main

import (
	"context"
	"os"
	"strconv"
	"time"

	"etcd-edge/interop/go/peer"

	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/pkg/registry"
	"github.com/cloudwego/kitex/pkg/utils"
	etcd "github.com/kitex-contrib/registry-etcd"
)

// Kitex's client asks every 5 s.
const interval = 50 * time.Millisecond

func main() {
	klog.SetOutput(os.Stderr)
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	// There is no option for it.
	os.Setenv("KITEX_ETCD_REGISTRY_LEASE_TTL", strconv.Itoa(int(options.TTL.Seconds())))
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
	var known discovery.Result
	var failure string
	for ; ; time.Sleep(interval) {
		result, err := resolver.Resolve(context.Background(), options.Service)
		if err != nil {
			if err.Error() != failure {
				see(nil, err)
			}
			failure = err.Error()
			continue
		}
		// Its balancers are told what Diff says has changed: weights and addresses, no tags.
		_, changed := resolver.Diff(options.Service, known, result)
		if changed || failure != "" {
			see(read(result), nil)
		}
		known, failure = result, ""
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
