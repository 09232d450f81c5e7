package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Sessions that end with a password end after its commit. A callback of the
// application that panics there must not keep them alive.
func TestAPanicAfterTheCommitKeepsNothingElseFromRunning(t *testing.T) {
	boom := errors.New("boom")
	var ran []string
	note := func(ctx context.Context, name string, outcome func() error) {
		err := db.AfterCommit(ctx, func(context.Context) error {
			ran = append(ran, name)
			return outcome()
		})
		if err != nil {
			t.Error(err)
		}
	}
	quiet := func() error { return nil }
	panics := func(v any) func() error { return func() error { panic(v) } }
	func() {
		defer func() {
			if p := recover(); p == nil {
				t.Error("the panic is gone")
			}
		}()
		err := newStore(nil).Tx(t.Context(), func(ctx context.Context) error {
			note(ctx, "before", quiet)
			note(ctx, "first panic", panics("first"))
			note(ctx, "an error", func() error { return boom })
			note(ctx, "second panic", panics("second"))
			note(ctx, "one that adds", func() error {
				note(ctx, "added", quiet)
				return nil
			})
			return nil
		})
		t.Errorf("the transaction returned %v", err)
	}()
	if want := []string{"before", "first panic", "an error", "second panic", "one that adds", "added"}; !slices.Equal(ran, want) {
		t.Errorf("%q ran, want %q", ran, want)
	}
}

// What was written stands, so that what belongs to it is done, though whoever
// asked for it has gone.
func TestWhatFollowsAWriteOutlivesTheCaller(t *testing.T) {
	for name, write := range map[string]func(ctx context.Context, leave func(), then func(context.Context) error) error{
		"of a transaction": func(ctx context.Context, leave func(), then func(context.Context) error) error {
			return newStore(nil).Tx(ctx, func(ctx context.Context) error {
				return errors.Join(
					db.AfterCommit(ctx, func(context.Context) error { leave(); return nil }),
					db.AfterCommit(ctx, then),
				)
			})
		},
		"of a single statement": func(ctx context.Context, leave func(), then func(context.Context) error) error {
			leave()
			return db.AfterCommit(ctx, then)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(context.WithValue(t.Context(), caller{}, "ann"))
			err := write(ctx, leave, func(ctx context.Context) error {
				if ctx.Err() != nil || ctx.Value(caller{}) != "ann" {
					t.Errorf("it runs for %v with the error %v", ctx.Value(caller{}), ctx.Err())
				}
				if _, bounded := ctx.Deadline(); !bounded {
					t.Error("it may take for ever")
				}
				return nil
			})
			if err != nil || ctx.Err() == nil {
				t.Errorf("%v, and the caller's context has the error %v", err, ctx.Err())
			}
		})
	}
}

type caller struct{}
