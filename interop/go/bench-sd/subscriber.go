package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// peer is a framework's discovery.
type peer struct {
	// Calls told with a value for each news: the newest one that it has brought. It returns the size of the first set.
	subscribe func(prefix string, told func(value string)) (int, error)
	// Returns the size of the first set, and how long it took.
	sync func(prefix string) (int, time.Duration, error)
}

func subscriber(of peer) obey {
	var meter meter
	return func(next order) (any, error) {
		switch {
		case next.Do == "subscribe" && of.subscribe != nil:
			instances, err := of.subscribe(next.Prefix, meter.told)
			return map[string]int{"instances": instances}, err
		case next.Do == "sync":
			instances, took, err := of.sync(next.Prefix)
			return map[string]any{"instances": instances, "ms": float64(took.Microseconds()) / 1000}, err
		case next.Do == "report":
			return meter.report()
		}
		return nil, fmt.Errorf("cannot %q", next.Do)
	}
}

// meter knows what this process has cost, and what it was told.
type meter struct {
	mutex     sync.Mutex
	news      int
	latencies []float64
	cpu       time.Duration
	bytes     int64
}

// told takes the time that the writer has put into the value.
func (m *meter) told(value string) {
	now := nowMicros()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.news++
	if at, ok := writtenAt(value); ok {
		m.latencies = append(m.latencies, float64(now-at)/1000)
	}
}

func (m *meter) report() (any, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return nil, err
	}
	bytes, err := bytesRead()
	if err != nil {
		return nil, err
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	sort.Float64s(m.latencies)
	answer := map[string]any{
		"cpuMs": float64((cpu - m.cpu).Microseconds()) / 1000,
		"bytes": bytes - m.bytes,
		"told":  m.news,
	}
	if len(m.latencies) > 0 {
		answer["latencyMs"] = m.latencies[len(m.latencies)/2]
	}
	m.cpu, m.bytes, m.news, m.latencies = cpu, bytes, 0, nil
	return answer, nil
}

const timePrefix = "at-"

// The value of a change: an address whose host says when it was written. It sorts behind every other one.
func addressAt(micros int64) string { return fmt.Sprintf("%s%016d.example:8080", timePrefix, micros) }

func writtenAt(value string) (int64, bool) {
	text, ok := strings.CutPrefix(value, timePrefix)
	if !ok || len(text) < 16 {
		return 0, false
	}
	micros, err := strconv.ParseInt(text[:16], 10, 64)
	return micros, err == nil
}

// The clock that all processes of the machine share, and nobody sets.
func nowMicros() int64 {
	var now unix.Timespec
	// It cannot fail for a clock that is there.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano() / 1000
}
