// Command soak measures what tests do not: it starts a server, on a loopback
// address and with a database of its own, and
//
//   - floods it with sign-ins, far beyond what it can hash, to see whether it
//     keeps its promises: bounded memory, refusals that say when to come back, and
//     an answer for everybody who is signed in already;
//   - compares how long it takes to answer for addresses that somebody has and
//     for ones that nobody has, while mail is slow.
//
// Without -only it does both:
//
//	go build -o bin/gatehouse ./cmd/gatehouse
//	go run ./tools/soak -binary bin/gatehouse -only timing
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"
)

// plan is how hard to push. The bounds keep a typing error from taking the
// machine down.
type plan struct {
	binary      string
	only        string        // "flood", "timing" or both
	duration    time.Duration // at most 5 min
	rate        int           // sign-ins a second, at most 2000
	connections int           // at once, at most 4000
	slots       int           // of the hasher, as the server sees them
	pairs       int           // of requests that are compared, at most 1000: the server's queue for mail
}

func main() {
	var p plan
	flag.StringVar(&p.binary, "binary", "", "the gatehouse to test")
	flag.StringVar(&p.only, "only", "", "flood or timing; both unless given")
	flag.DurationVar(&p.duration, "duration", 30*time.Second, "length of the flood")
	flag.IntVar(&p.rate, "rate", 270, "sign-ins a second")
	flag.IntVar(&p.connections, "connections", 2000, "sign-ins in flight at most")
	flag.IntVar(&p.slots, "slots", runtime.GOMAXPROCS(0), "hashes that the server runs at once")
	flag.IntVar(&p.pairs, "pairs", 400, "requests to compare, of each kind and for each address")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func (p *plan) check() error {
	switch {
	case p.binary == "":
		return errors.New("-binary is needed")
	case p.duration < time.Second || p.duration > 5*time.Minute:
		return errors.New("-duration: want 1s to 5m")
	case p.rate < 1 || p.rate > 2000:
		return errors.New("-rate: want 1 to 2000")
	case p.connections < 1 || p.connections > 4000:
		return errors.New("-connections: want 1 to 4000")
	case p.only != "" && p.only != "flood" && p.only != "timing":
		return errors.New("-only: want flood or timing")
	case p.pairs < 20 || p.pairs > 1000:
		return errors.New("-pairs: want 20 to 1000")
	case p.slots < 1 || p.slots > 64:
		return errors.New("-slots: want 1 to 64")
	}
	return nil
}

func run(ctx context.Context, p plan) error {
	if err := p.check(); err != nil {
		return err
	}
	var errs []error
	if p.only != "timing" {
		errs = append(errs, floodServer(ctx, p))
	}
	if p.only != "flood" {
		errs = append(errs, compareTimes(ctx, p))
	}
	return errors.Join(errs...)
}

func floodServer(ctx context.Context, p plan) error {
	s, err := startServer(ctx, p.binary, floodConfiguration)
	if err != nil {
		return err
	}
	defer s.kill()
	cookies, err := s.signUp(ctx)
	if err != nil {
		return err
	}
	alone, err := s.alone(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("one sign-in alone takes %s; flooding with %d a second for %s\n", alone.Round(time.Millisecond), p.rate, p.duration)
	memory := s.watchMemory()
	m := flood(ctx, s.url, cookies, p)
	m.memory = memory()
	m.settled, err = s.settle(ctx)
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return fmt.Errorf("after the flood: %w", err)
	}
	return m.judge(p)
}
