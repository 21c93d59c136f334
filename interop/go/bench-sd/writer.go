package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A transaction of etcd takes 128 operations.
const putsOfTxn = 128

// writer registers what the others follow, as {"do":"fill"} says: `records` below `prefix` in `format`, which is raw (go-kit's),
// naming or kitex; and changes of them, as {"do":"change"} says: `changes` one after the other, one each `everyMs`, or all at
// once. A changed value says when it was put.
func writer(endpoint string) (obey, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		return nil, err
	}
	turn := 0
	return func(next order) (any, error) {
		encode, err := format(next.Format)
		if err != nil {
			return nil, err
		}
		switch next.Do {
		case "fill":
			return struct{}{}, fill(client, next, encode)
		case "change":
			first := turn
			turn += next.Changes
			put := func(index int) error {
				// Another one each time, anywhere in the set: 7919 is prime.
				key := keyOf(next.Prefix, (first+index)*7919%next.Records)
				_, err := client.Put(context.Background(), key, encode(addressAt(nowMicros())))
				return err
			}
			return struct{}{}, change(next, put)
		}
		return nil, fmt.Errorf("a writer cannot %q", next.Do)
	}, nil
}

func format(name string) (func(address string) string, error) {
	switch name {
	case "raw":
		return func(address string) string { return address }, nil
	case "naming":
		return func(address string) string { return fmt.Sprintf(`{"Op":0,"Addr":%q,"Metadata":null}`, address) }, nil
	case "kitex":
		return func(address string) string {
			return fmt.Sprintf(`{"network":"tcp","address":%q,"weight":10,"tags":null}`, address)
		}, nil
	}
	return nil, fmt.Errorf("there is no format %q", name)
}

func keyOf(prefix string, index int) string { return fmt.Sprintf("%s/instance-%06d", prefix, index) }

func fill(client *clientv3.Client, next order, encode func(string) string) error {
	for start := 0; start < next.Records; start += putsOfTxn {
		var puts []clientv3.Op
		for index := start; index < min(start+putsOfTxn, next.Records); index++ {
			address := fmt.Sprintf("10.%d.%d.%d:8080", index>>16, index>>8&255, index&255)
			puts = append(puts, clientv3.OpPut(keyOf(next.Prefix, index), encode(address)))
		}
		if _, err := client.Txn(context.Background()).Then(puts...).Commit(); err != nil {
			return err
		}
	}
	return nil
}

func change(next order, put func(index int) error) error {
	if next.AtOnce {
		return changeAtOnce(next.Changes, put)
	}
	beat := time.NewTicker(time.Duration(next.EveryMs) * time.Millisecond)
	defer beat.Stop()
	for index := range next.Changes {
		<-beat.C
		if err := put(index); err != nil {
			return err
		}
	}
	return nil
}

func changeAtOnce(changes int, put func(index int) error) error {
	var all sync.WaitGroup
	failures := make(chan error, changes)
	for index := range changes {
		all.Go(func() {
			if err := put(index); err != nil {
				failures <- err
			}
		})
	}
	all.Wait()
	close(failures)
	return <-failures
}
