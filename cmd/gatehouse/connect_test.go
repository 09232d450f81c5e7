package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
)

func TestWhatIsAwayAtTheStartIsWaitedForAWhile(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("dial: %w", db.ErrUnavailable)
	for name, test := range map[string]struct {
		open    func(ctx context.Context, try int) error
		want    string // in the error; empty for none
		waited  time.Duration
		waiting int // times that somebody hears of it
	}{
		"a database that is there":    {func(context.Context, int) error { return nil }, "", 0, 0},
		"one that comes up meanwhile": {func(_ context.Context, try int) error { return [...]error{refused, refused, nil}[try] }, "", 300 * time.Millisecond, 1},
		"one that stays away":         {func(context.Context, int) error { return refused }, "the storage is unavailable; waited for 5s: start it, or", startTimeout, 1},
		"one that never answers": {func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return fmt.Errorf("open: %w", ctx.Err())
		}, "context deadline exceeded; waited for 5s", startTimeout, 0},
		"one that first refuses and then never answers": {func(ctx context.Context, try int) error {
			if try == 0 {
				return refused
			}
			<-ctx.Done()
			return ctx.Err()
		}, "dial: the storage is unavailable; waited", startTimeout, 1},
		"one that refuses for good": {func(context.Context, int) error { return errors.New("wrong password") }, "database: wrong password", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries, heard, start := 0, 0, time.Now()
				d := database.Drivers{Postgres: func(ctx context.Context, _ config.Database) (db.Adapter, error) {
					tries++
					if err := test.open(ctx, tries-1); err != nil {
						return nil, err
					}
					return memory.New(), nil
				}}
				_, err := connect(t.Context(), d, &config.Config{Database: config.Database{Dialect: "postgres"}}, func(error) { heard++ })
				if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				if waited := time.Since(start); waited != test.waited || heard != test.waiting {
					t.Errorf("waited %s and said so %d times, want %s and %d", waited, heard, test.waited, test.waiting)
				}
			})
		})
	}
}

// Whoever stops a program that waits is not told about the database.
func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := database.Drivers{MySQL: func(context.Context, config.Database) (db.Adapter, error) { return nil, db.ErrUnavailable }}
		_, err := connect(ctx, d, &config.Config{Database: config.Database{Dialect: "mysql"}}, func(error) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}
