// Package local runs the services of a test on this machine: a PostgreSQL and a
// Redis of its own, on free ports and in a directory that the caller removes, so
// that nothing else on the machine is touched. It starts programs, ends them, and
// reads what they use.
package local

import (
	"context"
	"fmt"
	"net"
	"time"
)

// MissingError says what this machine lacks, and what to do about it.
type MissingError struct{ Reason string }

func (e *MissingError) Error() string { return e.Reason }

// FreePort finds a port of this machine that nobody listens on.
func FreePort(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// Until asks again and again, every 10 ms, whether something has come about. The
// error says what has not, and holds the last answer.
func Until(ctx context.Context, within time.Duration, what string, done func() error) error {
	end := time.Now().Add(within)
	for {
		err := done()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: not within %s: %w", what, within, err)
		}
		if err := Rest(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// Rest waits, unless ctx ends first.
func Rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
