// Package peer is what the programs beside it have in common: a framework's own registry behind two subcommands.
//
//	<program> register -endpoint HOST:PORT -service NAME -address HOST:PORT [...]
//	<program> resolve  -endpoint HOST:PORT -service NAME
//
// register prints a line of JSON when the framework has registered the instance, {"registered":{...}}, and keeps it so until
// standard input ends; then it deregisters. resolve prints a line for each state that the framework sees,
// {"instances":[...]} or {"error":"..."}, until standard input ends.
package peer

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"sync"
	"time"
)

// Options are the flags of both subcommands. What a framework has no place for it leaves alone.
type Options struct {
	Endpoint string
	Service  string
	Instance Instance
	// TTL of the registration.
	TTL time.Duration
	// View is which of its ways to resolve, where a framework has several.
	View string
}

// Instance is one of a service, as the framework's own types say it: what they do not say is left out.
type Instance struct {
	ID       string            `json:"id,omitempty"`
	Address  string            `json:"address"`
	Scheme   string            `json:"scheme,omitempty"`
	Version  string            `json:"version,omitempty"`
	Weight   int               `json:"weight,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Program is what a framework does for the two subcommands.
type Program struct {
	// Register returns when the instance is registered, with what takes it away again.
	Register func(Options) (deregister func() error, err error)
	// Resolve says what it sees until the program ends.
	Resolve func(Options, See) error
}

// See takes a state of the service: all of its instances, or why there is none.
type See func(instances []Instance, err error)

// Main runs the subcommand that the arguments name.
func Main(program Program) {
	if err := run(program, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(program Program, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("register or resolve?")
	}
	options, err := parse(args[1:])
	if err != nil {
		return err
	}
	switch args[0] {
	case "register":
		return register(program, options)
	case "resolve":
		return resolve(program, options)
	default:
		return fmt.Errorf("there is no subcommand %q", args[0])
	}
}

func parse(args []string) (Options, error) {
	var options Options
	var metadata string
	flags := flag.NewFlagSet("peer", flag.ContinueOnError)
	flags.StringVar(&options.Endpoint, "endpoint", "127.0.0.1:2379", "of etcd")
	flags.StringVar(&options.Service, "service", "", "its name")
	flags.StringVar(&options.Instance.ID, "id", "", "of the instance, where the framework has one")
	flags.StringVar(&options.Instance.Address, "address", "", "host:port of the instance")
	flags.StringVar(&options.Instance.Scheme, "scheme", "", "scheme or network of the instance; with commas where a record has several")
	flags.StringVar(&options.Instance.Version, "version", "", "of the instance")
	flags.IntVar(&options.Instance.Weight, "weight", 0, "of the instance")
	flags.StringVar(&metadata, "metadata", "{}", "of the instance: a JSON object of strings")
	flags.DurationVar(&options.TTL, "ttl", 2*time.Second, "of the registration")
	flags.StringVar(&options.View, "view", "", "which way to resolve")
	if err := flags.Parse(args); err != nil {
		return options, err
	}
	return options, json.Unmarshal([]byte(metadata), &options.Instance.Metadata)
}

func register(program Program, options Options) error {
	deregister, err := program.Register(options)
	if err != nil {
		return err
	}
	if err := print(map[string]any{"registered": options.Instance}); err != nil {
		return err
	}
	if err := untilInputEnds(); err != nil {
		return err
	}
	return deregister()
}

func resolve(program Program, options Options) error {
	failed := make(chan error, 2)
	go func() { failed <- untilInputEnds() }()
	var mutex sync.Mutex
	see := func(instances []Instance, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		state := map[string]any{"instances": sorted(instances)}
		if err != nil {
			state = map[string]any{"error": err.Error()}
		}
		if err := print(state); err != nil {
			failed <- err
		}
	}
	go func() {
		if err := program.Resolve(options, see); err != nil {
			failed <- err
		}
	}()
	return <-failed
}

// Tags are those of an instance that gives them one by one only.
func Tags(tag func(name string) (string, bool)) map[string]string {
	all := map[string]string{}
	for _, name := range []string{"env", "version", "zone"} {
		if value, ok := tag(name); ok {
			all[name] = value
		}
	}
	return all
}

func sorted(instances []Instance) []Instance {
	// Never null.
	all := append([]Instance{}, instances...)
	sort.Slice(all, func(i, j int) bool { return all[i].Address < all[j].Address })
	return all
}

func print(line any) error {
	return json.NewEncoder(os.Stdout).Encode(line)
}

func untilInputEnds() error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
