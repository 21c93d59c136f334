package main

import (
	"context"
	"errors"
	"time"

	"github.com/go-kit/kit/sd"
	"github.com/go-kit/kit/sd/etcdv3"
	"github.com/go-kit/log"
	registry "github.com/kitex-contrib/registry-etcd"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
)

func goKit(endpoint string) peer {
	start := func(ctx context.Context, prefix string) (*etcdv3.Instancer, chan sd.Event, time.Duration, error) {
		client, err := etcdv3.NewClient(ctx, []string{endpoint}, etcdv3.ClientOptions{})
		if err != nil {
			return nil, nil, 0, err
		}
		startedAt := time.Now()
		instancer, err := etcdv3.NewInstancer(client, prefix, log.NewNopLogger())
		if err != nil {
			return nil, nil, 0, err
		}
		events := make(chan sd.Event, 1)
		instancer.Register(events)
		return instancer, events, time.Since(startedAt), nil
	}
	return peer{
		subscribe: func(prefix string, told func(string)) (int, error) {
			_, events, _, err := start(context.Background(), prefix)
			if err != nil {
				return 0, err
			}
			first := <-events
			go func() {
				for event := range events {
					// In the order of the values.
					if last := len(event.Instances) - 1; last >= 0 {
						told(event.Instances[last])
					}
				}
			}()
			return len(first.Instances), first.Err
		},
		sync: func(prefix string) (int, time.Duration, error) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			instancer, events, took, err := start(ctx, prefix)
			if err != nil {
				return 0, 0, err
			}
			defer instancer.Stop()
			first := <-events
			return len(first.Instances), took, first.Err
		},
	}
}

func naming(endpoint string) (peer, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		return peer{}, err
	}
	watch := func(ctx context.Context, prefix string) (endpoints.WatchChannel, []*endpoints.Update, error) {
		manager, err := endpoints.NewManager(client, prefix)
		if err != nil {
			return nil, nil, err
		}
		channel, err := manager.NewWatchChannel(ctx)
		if err != nil {
			return nil, nil, err
		}
		return channel, <-channel, nil
	}
	return peer{
		subscribe: func(prefix string, told func(string)) (int, error) {
			channel, first, err := watch(context.Background(), prefix)
			go func() {
				for updates := range channel {
					for _, update := range updates {
						told(update.Endpoint.Addr)
					}
				}
			}()
			return len(first), err
		},
		sync: func(prefix string) (int, time.Duration, error) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			startedAt := time.Now()
			_, first, err := watch(ctx, prefix)
			return len(first), time.Since(startedAt), err
		},
	}, nil
}

// Kitex's resolver polls: it has nothing to subscribe to.
func kitex(endpoint string) (peer, error) {
	resolver, err := registry.NewEtcdResolver([]string{endpoint})
	if err != nil {
		return peer{}, err
	}
	return peer{
		sync: func(service string) (int, time.Duration, error) {
			startedAt := time.Now()
			result, err := resolver.Resolve(context.Background(), service)
			if err == nil && !result.Cacheable {
				err = errors.New("what it has found is of no use")
			}
			return len(result.Instances), time.Since(startedAt), err
		},
	}, nil
}
