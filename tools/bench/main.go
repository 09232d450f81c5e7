// Command bench measures Gatehouse beside Better Auth 1.6.9 on Node and beside
// the limit, a handler written by hand that does no more than it has to, all on
// one PostgreSQL, one after the other, in rounds:
//
//	go run ./tools/bench                  everything but the steadiness; an hour or more
//	go run ./tools/bench -quick           one short round, to see that it works
//	go run ./tools/bench -only load -workloads get-session,sign-in
//	go run ./tools/bench -steady 10m -addresses 1000000 -slow 10000
//
// It builds what it needs, starts the services of its own, and writes a table,
// results.json and chart.svg. The README beside it says what each figure means.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

func main() {
	p, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does the parts of a plan. What one cannot do for want of a program is said
// and left out; what goes wrong ends it, and what was measured until then is
// written.
func run(ctx context.Context, p plan) error {
	b, err := newBench(ctx, p)
	if err != nil {
		return err
	}
	defer b.close()
	var failure error
	for _, part := range parts() {
		if !p.has(part.name) {
			continue
		}
		b.say("%s: %s", part.name, part.about)
		err := part.run(b)
		if ctx.Err() != nil {
			failure = errors.New("interrupted")
			break
		}
		if missing, ok := errors.AsType[*local.MissingError](err); ok {
			b.skip("%s: %v", part.name, missing)
			continue
		}
		if err != nil {
			b.keep = true
			failure = fmt.Errorf("%s: %w\n  logs are kept in %s", part.name, err, b.dir)
			break
		}
	}
	if failure != nil {
		b.Incomplete = failure.Error()
	}
	if err := b.report(os.Stdout); err != nil {
		return errors.Join(failure, err)
	}
	return failure
}

// part is something to measure.
type part struct {
	name, about string
	run         func(*bench) error
}

// parts are in the order in which they run.
func parts() []part {
	return []part{
		{"binaries", "the size of programs by their build tags", (*bench).measureBinaries},
		{"allocations", "time, bytes and allocations of one call, by the Go benchmarks", (*bench).measureAllocations},
		{"profile", "where the processor time of a sign-in goes, and of a session from a cache", (*bench).measureProfile},
		{"start", "the time from the start of the program to its first answer", (*bench).measureStart},
		{"load", "requests a second, times and processor time of each contender", (*bench).measureLoad},
		{"memory", "resident memory: idle, with idle connections, under load", (*bench).measureMemory},
		{"steady", "mixed load, first minute and last", (*bench).measureSteady},
		{"addresses", "memory of the rate limiter under many addresses", (*bench).measureAddresses},
		{"slow", "an honest client beside many slow ones", (*bench).measureSlow},
	}
}
