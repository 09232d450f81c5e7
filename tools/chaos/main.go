// Command chaos breaks what a running Gatehouse depends on, and checks that
// nothing which was acknowledged is lost, nothing is half there, and no token
// works twice:
//
//	go build -o bin/gatehouse ./cmd/gatehouse
//	go run ./tools/chaos -binary bin/gatehouse
//	go run ./tools/chaos -binary bin/gatehouse -scenario kill-postgres -quick
//
// Each scenario has a directory, servers and databases of its own; PostgreSQL
// and Redis are private ones on free ports, so that nothing else on the machine
// is touched. The directory of a scenario that failed is kept.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

func main() {
	binary := flag.String("binary", "", "the gatehouse to test")
	names := flag.String("scenario", "", "the scenarios to run, with commas between; default all")
	quick := flag.Bool("quick", false, "few rounds, to see that everything works")
	rounds := flag.Int("rounds", 0, "how often the server is killed; default 100, with -quick 3")
	clients := flag.Int("clients", 4, "how many users there are at a time")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "what the users do, and when things break, follows from it, as far as the machine allows")
	flag.Usage = usage
	flag.Parse()
	chosen, err := choose(*names)
	if err != nil || flag.NArg() != 0 || *binary == "" || *rounds < 0 || *clients < 1 {
		if err != nil {
			fmt.Fprintln(os.Stderr, "chaos:", err)
		}
		usage()
		os.Exit(2)
	}
	path, err := filepath.Abs(*binary)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "chaos: %v; make bin/gatehouse builds it\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Printf("seed %d\n", *seed)
	results := runAll(ctx, chosen, bench{binary: path, quick: *quick, rounds: *rounds, clients: *clients, seed: *seed})
	if !printTable(os.Stdout, results) {
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: chaos -binary FILE [-scenario NAME,...] [-quick] [-rounds N] [-clients N] [-seed N]\n\nscenarios:")
	for _, s := range scenarios() {
		fmt.Fprintf(os.Stderr, "  %-17s %s\n", s.name, s.about)
	}
}

// choose finds scenarios by their names.
func choose(names string) ([]scenario, error) {
	all := scenarios()
	if names == "" {
		return all, nil
	}
	var chosen []scenario
next:
	for name := range strings.SplitSeq(names, ",") {
		for _, s := range all {
			if s.name == name {
				chosen = append(chosen, s)
				continue next
			}
		}
		return nil, fmt.Errorf("there is no scenario %q", name)
	}
	return chosen, nil
}

// runAll runs the scenarios one after the other. A failure does not keep the
// rest from running.
func runAll(ctx context.Context, chosen []scenario, common bench) []result {
	var results []result
	for _, s := range chosen {
		if ctx.Err() != nil {
			break
		}
		fmt.Printf("%s: %s\n", s.name, s.about)
		r := runOne(ctx, s, common)
		var skip *local.MissingError
		switch {
		case r.err == nil:
			fmt.Printf("%s: passed\n", s.name)
		case errors.As(r.err, &skip):
			fmt.Printf("%s: skipped: %v\n", s.name, r.err)
		default:
			fmt.Printf("%s: FAILED: %v\n", s.name, r.err)
		}
		results = append(results, r)
	}
	return results
}

// runOne runs a scenario in a directory that is removed when it has passed.
func runOne(ctx context.Context, s scenario, b bench) result {
	began := time.Now()
	r := result{name: s.name}
	dir, err := os.MkdirTemp("", "gatehouse-chaos-"+s.name+"-")
	if err == nil {
		// PostgreSQL does not run as root, and has to reach its directory.
		err = os.Chmod(dir, 0o711) //nolint:gosec // what is in it is closed
	}
	if err != nil {
		r.err = err
		return r
	}
	b.ctx, b.dir, b.name = ctx, dir, s.name
	r.err = s.run(&b)
	if ctx.Err() != nil {
		r.err = errors.New("interrupted")
	}
	b.close()
	r.figures, r.took = b.figures, time.Since(began)
	var skip *local.MissingError
	if r.err != nil && !errors.As(r.err, &skip) {
		r.err = fmt.Errorf("%w\n  data and logs are kept in %s", r.err, dir)
		return r
	}
	if err := os.RemoveAll(dir); err != nil && r.err == nil {
		r.err = err
	}
	return r
}
