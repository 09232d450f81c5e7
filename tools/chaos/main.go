// Command chaos kills a running Gatehouse with SIGKILL while users sign up, and
// checks after each restart that nothing which was acknowledged is lost and
// nothing is half there:
//
//	go build -o /tmp/gatehouse ./cmd/gatehouse
//	go run ./tools/chaos -binary /tmp/gatehouse
//
// A user whose sign-up was answered can sign in afterwards, and the session of
// that answer is still good. A user whose sign-up got no answer either can sign
// in or can sign up. The database is that of `gatehouse dev` in a temporary
// directory, which is kept when a round fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	binary := flag.String("binary", "", "the gatehouse to test")
	rounds := flag.Int("rounds", 30, "how often the server is killed")
	clients := flag.Int("clients", 8, "how many clients sign up at once")
	longest := flag.Duration("longest", 3*time.Second, "how long the server lives at most before it is killed")
	flag.Parse()
	if flag.NArg() != 0 || *binary == "" || *rounds < 1 || *clients < 1 || *longest <= 0 {
		fmt.Fprintln(os.Stderr, "usage: chaos -binary FILE [-rounds N] [-clients N] [-longest D]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *rounds, *clients, *longest); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, rounds, clients int, longest time.Duration) (err error) {
	binary, err = filepath.Abs(binary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gatehouse-chaos-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w\nthe database is kept in %s", err, dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	var total tally
	for n := range rounds {
		t, err := round(ctx, program{binary, dir}, n, clients, longest)
		if err != nil {
			return fmt.Errorf("round %d: %w", n+1, err)
		}
		fmt.Printf("round %d of %d: %s\n", n+1, rounds, t)
		total.add(t)
	}
	if total.acknowledged == 0 {
		return errors.New("no sign-up was answered before the server was killed: nothing was tried")
	}
	fmt.Printf("%d rounds: %s; none lost, none half written\n", rounds, total)
	return nil
}
