// Command services runs what every storage has to pass, on all of them, and
// closes with one table: the conformance suites of databases and of secondary
// storages, the races in one process and in two, and the replay of what Better
// Auth 1.6.9 answered.
//
//	go run ./tools/services
//
// suites.go lists the tests. PostgreSQL, MySQL or MariaDB, and Redis are found
// as package core/authtest/services does; tests of one that is absent are
// counted as skipped, or as failed with GATEHOUSE_REQUIRE_SERVICES=1. Races run
// for 20 rounds unless GATEHOUSE_TEST_ROUNDS says otherwise.
//
// The exit code is 0 when nothing has failed and every cell of the table has had
// its tests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// releaseRounds is how often a race runs before a release.
const releaseRounds = "20"

func main() {
	only := flag.String("only", "", "run only the suites whose name contains this, such as replay")
	timeout := flag.Duration("timeout", time.Hour, "how long the tests of one package may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *timeout); err != nil {
		fmt.Fprintln(os.Stderr, "services:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, timeout time.Duration) error {
	chosen, err := choose(cells, only)
	if err != nil {
		return err
	}
	test, err := goTest(ctx, chosen, timeout)
	if err != nil {
		return err
	}
	events, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return err
	}
	// The go command's own end says no more than the events do.
	r := newReport(chosen, os.Stdout, isTerminal(os.Stdout))
	read := r.read(events)
	ended := test.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(read, r.close(ended))
}

// goTest is the go command for the tests of some cells.
func goTest(ctx context.Context, chosen []cell, timeout time.Duration) (*exec.Cmd, error) {
	work, err := exec.CommandContext(ctx, "go", "env", "GOWORK").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(work)))
	if root == "." {
		return nil, errors.New("there is no go.work above; run it in the repository")
	}
	names, folders := tests(chosen)
	args := []string{"test", "-json", "-count=1", "-timeout=" + timeout.String(), "-run=^(" + strings.Join(names, "|") + ")$"}
	c := exec.CommandContext(ctx, "go", append(args, folders...)...) //nolint:gosec // from the table
	c.Dir, c.Stderr, c.Env = root, os.Stderr, os.Environ()
	if os.Getenv("GATEHOUSE_TEST_ROUNDS") == "" {
		c.Env = append(c.Env, "GATEHOUSE_TEST_ROUNDS="+releaseRounds)
	}
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	return c, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
