// bench-sd -as go-kit|naming|kitex|writer -endpoint URL: one side of a discovery bench. It does what each line on stdin says,
// a JSON object, and answers each with one line of JSON:
//
//	{"do":"subscribe","prefix":P}  follows P; answers when the first set has come: {"instances":N}
//	{"do":"sync","prefix":P}       lists P as a new subscriber does, on an open connection: {"instances":N,"ms":T}
//	{"do":"report"}                what it has cost since the last report: {"cpuMs":T,"bytes":N,"told":N,"latencyMs":T}
//	{"do":"fill",…}, {"do":"change",…}  see writer.go
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
)

// order is a line of stdin.
type order struct {
	Do      string `json:"do"`
	Prefix  string `json:"prefix"`
	Format  string `json:"format"`
	Records int    `json:"records"`
	Changes int    `json:"changes"`
	EveryMs int    `json:"everyMs"`
	// All that are put at once, without waiting for one another.
	AtOnce bool `json:"atOnce"`
}

type obey func(order) (any, error)

func main() {
	as := flag.String("as", "", "go-kit, naming, kitex or writer")
	endpoint := flag.String("endpoint", "http://127.0.0.1:2379", "of etcd")
	flag.Parse()
	if err := run(*as, *endpoint); err != nil {
		fmt.Fprintln(os.Stderr, "bench-sd:", err)
		os.Exit(1)
	}
}

func run(as, endpoint string) error {
	obey, err := role(as, endpoint)
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var next order
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			return err
		}
		answer, err := obey(next)
		if err != nil {
			return err
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func role(as, endpoint string) (obey, error) {
	switch as {
	case "go-kit":
		return subscriber(goKit(endpoint)), nil
	case "naming":
		peer, err := naming(endpoint)
		return subscriber(peer), err
	case "kitex":
		peer, err := kitex(endpoint)
		return subscriber(peer), err
	case "writer":
		return writer(endpoint)
	}
	return nil, errors.New("-as is go-kit, naming, kitex or writer")
}
