// go-zero's core/discov: its Publisher and its Subscriber.
package main

import (
	"time"

	"etcd-edge/interop/go/peer"

	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"
)

func main() {
	// It would write to standard output.
	logx.Disable()
	peer.Main(peer.Program{Register: register, Resolve: resolve})
}

func register(options peer.Options) (func() error, error) {
	discov.TimeToLive = int64(options.TTL.Seconds())
	endpoints := []string{options.Endpoint}
	publisher := discov.NewPublisher(endpoints, options.Service, options.Instance.Address)
	if err := publisher.KeepAlive(); err != nil {
		return nil, err
	}
	return func() error {
		subscriber, err := discov.NewSubscriber(endpoints, options.Service)
		if err != nil {
			return err
		}
		publisher.Stop()
		// It revokes its lease in the background, and tells nobody when it has.
		for len(subscriber.Values()) > 0 {
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	}, nil
}

func resolve(options peer.Options, see peer.See) error {
	subscriber, err := discov.NewSubscriber([]string{options.Endpoint}, options.Service)
	if err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	subscriber.AddListener(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	for range changed {
		values := subscriber.Values()
		instances := make([]peer.Instance, 0, len(values))
		for _, address := range values {
			instances = append(instances, peer.Instance{Address: address})
		}
		see(instances, nil)
	}
	return nil
}
