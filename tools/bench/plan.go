package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plan is what to measure, and how long.
type plan struct {
	only, workloads, contenders []string // empty: all

	rounds       int
	warm, length time.Duration // of each measurement
	connections  []int
	sizes        []int // sessions in the database; the workloads run at the middle one
	processors   int   // of each server
	pool         int   // connections of each server to the database

	idle      int           // connections that idle
	steady    time.Duration // 0: not
	addresses int           // 0: not
	slow      int           // 0: not

	postgres   string // DSN; empty: a cluster of our own
	betterAuth string // folder with better-auth in node_modules
	out        string // folder
	quick      bool
}

// parse reads the flags.
func parse(args []string, w io.Writer) (plan, error) {
	var p plan
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(w)
	var only, workloads, contenders, connections, sizes string
	f.StringVar(&only, "only", "", "parts to do, with commas between: "+names(parts(), func(p part) string { return p.name }))
	f.StringVar(&workloads, "workloads", "", "workloads of load: "+names(allWorkloads(), func(w workload) string { return w.name }))
	f.StringVar(&contenders, "contenders", "", "who runs them: "+names(allContenders(), func(c contender) string { return c.name }))
	f.IntVar(&p.rounds, "rounds", 5, "rounds; a figure is the median of theirs")
	f.DurationVar(&p.warm, "warm", 2*time.Second, "load before each measurement, which is not measured")
	f.DurationVar(&p.length, "length", 5*time.Second, "length of each measurement")
	f.StringVar(&connections, "connections", "1,32,256", "connections at once")
	f.StringVar(&sizes, "sizes", "1000,100000,1000000", "sessions in the database; the one in the middle is that of all workloads")
	f.IntVar(&p.processors, "processors", 2, "processors that each server may use: GOMAXPROCS, or processes of Node")
	f.IntVar(&p.pool, "pool", 10, "connections of each server to the database")
	f.IntVar(&p.idle, "idle", 10_000, "connections that idle, for memory")
	f.DurationVar(&p.steady, "steady", 0, "mixed load of this length; without -only nothing else is done then")
	f.IntVar(&p.addresses, "addresses", 0, "addresses that the rate limiter counts; without -only nothing else is done then")
	f.IntVar(&p.slow, "slow", 0, "slow connections; without -only nothing else is done then")
	f.StringVar(&p.postgres, "postgres", os.Getenv("GATEHOUSE_BENCH_POSTGRES"), "DSN (a URL) of a PostgreSQL to use in place of one of our own; databases are made there and dropped (GATEHOUSE_BENCH_POSTGRES)")
	f.StringVar(&p.betterAuth, "better-auth", "", "folder with better-auth 1.6.9, pg and ioredis in node_modules; default reference/shared-database, where they are installed if they are not")
	f.StringVar(&p.out, "out", filepath.Join("bin", "bench"), "folder for results.json and chart.svg")
	f.BoolVar(&p.quick, "quick", false, "one round of a second each, fewer connections and sessions: shows that everything works, and no more")
	if err := f.Parse(args); err != nil {
		return plan{}, err
	}
	if f.NArg() > 0 {
		return plan{}, fmt.Errorf("there is no argument %q", f.Arg(0))
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if p.quick {
		p.hurry(given, &connections, &sizes)
	}
	p.only, p.workloads, p.contenders = list(only), list(workloads), list(contenders)
	var errs [2]error
	p.connections, errs[0] = numbers("connections", connections)
	p.sizes, errs[1] = numbers("sizes", sizes)
	return p, errors.Join(append(errs[:], p.check())...)
}

// hurry shortens what no flag has set.
func (p *plan) hurry(given map[string]bool, connections, sizes *string) {
	quick := func(name string, set func()) {
		if !given[name] {
			set()
		}
	}
	quick("rounds", func() { p.rounds = 1 })
	quick("warm", func() { p.warm = 200 * time.Millisecond })
	quick("length", func() { p.length = time.Second })
	quick("connections", func() { *connections = "1,32" })
	quick("sizes", func() { *sizes = "1000,10000" })
	quick("idle", func() { p.idle = 1000 })
}

func (p *plan) check() error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(p.rounds >= 1 && p.rounds <= 100, "-rounds: want 1 to 100")
	want(p.warm >= 0 && p.length >= 100*time.Millisecond && p.length <= 10*time.Minute, "-length: want 100ms to 10m, and no -warm below 0")
	want(p.processors >= 1 && p.processors <= 1024, "-processors: want 1 or more")
	want(p.pool >= p.processors, "-pool: want as many as -processors, or more")
	want(p.idle >= 1 && p.idle <= 25_000, "-idle: want 1 to 25000, which is what the ports of one machine allow")
	want(p.slow >= 0 && p.slow <= 25_000, "-slow: want 0 to 25000")
	want(p.addresses >= 0 && p.addresses <= 1<<24, "-addresses: want 0 to 16777216")
	want(p.steady == 0 || p.steady >= 10*time.Second, "-steady: want 10s or more")
	known := func(flag string, given, all []string) {
		for _, name := range given {
			want(slices.Contains(all, name), "-%s: there is no %q", flag, name)
		}
	}
	known("only", p.only, each(parts(), func(p part) string { return p.name }))
	known("workloads", p.workloads, each(allWorkloads(), func(w workload) string { return w.name }))
	known("contenders", p.contenders, each(allContenders(), func(c contender) string { return c.name }))
	return errors.Join(errs...)
}

// has tells whether a part is to be done.
func (p *plan) has(name string) bool {
	behindFlags := map[string]bool{"steady": p.steady > 0, "addresses": p.addresses > 0, "slow": p.slow > 0}
	wanted, behind := behindFlags[name]
	if len(p.only) > 0 {
		return slices.Contains(p.only, name) && (!behind || wanted)
	}
	if behind {
		return wanted
	}
	return p.steady == 0 && p.addresses == 0 && p.slow == 0
}

// middle is the number of sessions for the workloads that do not vary it.
func (p *plan) middle() int { return p.sizes[len(p.sizes)/2] }

func chosen(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }

func each[T, V any](all []T, value func(T) V) []V {
	out := make([]V, len(all))
	for i, one := range all {
		out[i] = value(one)
	}
	return out
}

func names[T any](all []T, name func(T) string) string { return strings.Join(each(all, name), ", ") }

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

func numbers(flag, text string) ([]int, error) {
	var out []int
	for _, word := range list(text) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > 10_000_000 {
			return nil, fmt.Errorf("-%s: %q is no number from 1 to 10000000", flag, word)
		}
		out = append(out, n)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("-%s: want at least one", flag)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
