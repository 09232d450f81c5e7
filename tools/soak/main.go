// Command soak floods a server with sign-ins, far beyond what it can hash, and
// measures whether it keeps its promises: bounded memory, refusals that say when
// to come back, and an answer for everybody who is signed in already.
//
//	go build -o /tmp/gatehouse ./cmd/gatehouse
//	go run ./tools/soak -binary /tmp/gatehouse
//
// It starts the server itself, on a loopback address, with a database of its own.
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
	duration    time.Duration // at most 5 min
	rate        int           // sign-ins a second, at most 2000
	connections int           // at once, at most 4000
	slots       int           // of the hasher, as the server sees them
}

func main() {
	var p plan
	flag.StringVar(&p.binary, "binary", "", "the gatehouse to test")
	flag.DurationVar(&p.duration, "duration", 30*time.Second, "length of the flood")
	flag.IntVar(&p.rate, "rate", 270, "sign-ins a second")
	flag.IntVar(&p.connections, "connections", 2000, "sign-ins in flight at most")
	flag.IntVar(&p.slots, "slots", runtime.GOMAXPROCS(0), "hashes that the server runs at once")
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
	case p.slots < 1 || p.slots > 64:
		return errors.New("-slots: want 1 to 64")
	}
	return nil
}

func run(ctx context.Context, p plan) error {
	if err := p.check(); err != nil {
		return err
	}
	s, err := startServer(ctx, p.binary)
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
