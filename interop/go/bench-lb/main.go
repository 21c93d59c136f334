// One round of go-kit's own load balancing: bench-lb -case pick|pick-endpointer|retry [-instances N] -n N. It prints {"nsPerOp":N}.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/sd"
	"github.com/go-kit/kit/sd/lb"
	"github.com/go-kit/log"
)

func main() {
	name := flag.String("case", "pick", "pick: a fixed set; pick-endpointer: a set from an instancer; retry: around endpoint.Nop")
	instances := flag.Int("instances", 10, "size of the set")
	n := flag.Int("n", 1_000_000, "operations of the round")
	flag.Parse()
	if err := round(*name, *instances, *n); err != nil {
		fmt.Fprintln(os.Stderr, "bench-lb:", err)
		os.Exit(1)
	}
}

func round(name string, instances, n int) error {
	var run func(n int) error
	switch name {
	case "pick":
		run = picks(lb.NewRoundRobin(fixed(instances)))
	case "pick-endpointer":
		endpointer, err := live(instances)
		if err != nil {
			return err
		}
		run = picks(lb.NewRoundRobin(endpointer))
	case "retry":
		run = calls(lb.Retry(3, time.Second, lb.NewRoundRobin(fixed(instances))))
	default:
		return fmt.Errorf("there is no case %q", name)
	}
	// A tenth without counting, as the other side of the comparison does.
	if err := run(n / 10); err != nil {
		return err
	}
	startedAt := time.Now()
	if err := run(n); err != nil {
		return err
	}
	nsPerOp := float64(time.Since(startedAt).Nanoseconds()) / float64(n)
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{"nsPerOp": nsPerOp})
}

func picks(balancer lb.Balancer) func(int) error {
	return func(n int) error {
		for range n {
			if _, err := balancer.Endpoint(); err != nil {
				return err
			}
		}
		return nil
	}
}

func calls(call endpoint.Endpoint) func(int) error {
	return func(n int) error {
		for range n {
			if _, err := call(context.Background(), nil); err != nil {
				return err
			}
		}
		return nil
	}
}

func fixed(instances int) sd.Endpointer {
	endpoints := make(sd.FixedEndpointer, instances)
	for i := range endpoints {
		endpoints[i] = endpoint.Nop
	}
	return endpoints
}

func live(instances int) (sd.Endpointer, error) {
	names := make(sd.FixedInstancer, instances)
	for i := range names {
		names[i] = "10.0.0.1:" + strconv.Itoa(i+1)
	}
	factory := func(string) (endpoint.Endpoint, io.Closer, error) { return endpoint.Nop, nil, nil }
	endpointer := sd.NewEndpointer(names, factory, log.NewNopLogger())
	// The set arrives through a channel of its own.
	for {
		endpoints, err := endpointer.Endpoints()
		if err != nil || len(endpoints) == instances {
			return endpointer, err
		}
		time.Sleep(time.Millisecond)
	}
}
