package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
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

// scripted is a database whose commits fail as told: nil is one that does not.
type scripted struct {
	db.Adapter
	note    func(string)
	commits []error
	inside  bool
}

// Tx runs fn once for each commit, as an adapter runs what met another transaction.
func (a *scripted) Tx(ctx context.Context, fn func(context.Context) error) (err error) {
	if a.inside {
		return a.Adapter.Tx(ctx, fn)
	}
	a.inside = true
	defer func() { a.inside = false }()
	for _, commit := range a.commits {
		err = a.Adapter.Tx(ctx, func(ctx context.Context) error {
			if err := fn(ctx); err != nil {
				return err
			}
			a.note("commit")
			return commit
		})
	}
	return err
}

// What goes ahead of a commit, and what makes it good when there is none.
func TestAroundACommit(t *testing.T) {
	boom, errGone := errors.New("boom"), fmt.Errorf("commit: %w", db.ErrUnavailable)
	type notes func(string) func(context.Context) error
	undoing := func(note notes) func(context.Context) error {
		return func(ctx context.Context) error {
			db.AfterRollback(ctx, func(ctx context.Context) { _ = note("undo")(ctx) })
			return note("before")(ctx)
		}
	}
	for _, tc := range []struct {
		name    string
		commits []error
		fn      func(ctx context.Context, s *db.Store, note notes) error
		want    []string
		err     error
	}{
		{"it commits", []error{nil}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(db.AfterCommit(ctx, note("after")), db.BeforeCommit(ctx, undoing(note)), note("statement")(ctx))
		}, []string{"statement", "before", "commit", "after"}, nil},
		{"what runs adds more", []error{nil}, func(ctx context.Context, _ *db.Store, note notes) error {
			return db.BeforeCommit(ctx, func(ctx context.Context) error {
				return errors.Join(note("before")(ctx), db.BeforeCommit(ctx, note("added")), db.AfterCommit(ctx, note("after")))
			})
		}, []string{"before", "added", "commit", "after"}, nil},
		{"it is rolled back earlier", []error{nil}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(db.BeforeCommit(ctx, undoing(note)), db.AfterCommit(ctx, note("after")), boom)
		}, nil, boom},
		{"what goes ahead fails", []error{nil}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(
				db.AfterCommit(ctx, note("after")),
				db.BeforeCommit(ctx, func(ctx context.Context) error { return errors.Join(undoing(note)(ctx), boom) }),
				db.BeforeCommit(ctx, note("next")),
			)
		}, []string{"before", "undo"}, boom},
		{"the commit fails", []error{boom}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(db.AfterCommit(ctx, note("after")), db.BeforeCommit(ctx, undoing(note)))
		}, []string{"before", "commit", "undo"}, boom},
		{"it is run again", []error{boom, nil}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(db.AfterCommit(ctx, note("after")), db.BeforeCommit(ctx, undoing(note)))
		}, []string{"before", "commit", "before", "commit", "undo", "after"}, nil},
		{"nobody can tell", []error{errGone}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(db.AfterCommit(ctx, note("after")), db.BeforeCommit(ctx, undoing(note)))
		}, []string{"before", "commit"}, db.ErrUnavailable},
		{"it is known to have failed before it was cut off", []error{nil}, func(ctx context.Context, _ *db.Store, note notes) error {
			return errors.Join(
				db.BeforeCommit(ctx, undoing(note)),
				db.BeforeCommit(ctx, func(context.Context) error { return errGone }),
			)
		}, []string{"before", "undo"}, db.ErrUnavailable},
		{"it is run again in vain", []error{boom, boom}, func(ctx context.Context, _ *db.Store, note notes) error {
			return db.BeforeCommit(ctx, undoing(note))
		}, []string{"before", "commit", "before", "commit", "undo", "undo"}, boom},
		{"an inner one is rolled back", []error{nil}, func(ctx context.Context, s *db.Store, note notes) error {
			err := s.Tx(ctx, func(ctx context.Context) error {
				return errors.Join(db.BeforeCommit(ctx, note("inner")), db.AfterCommit(ctx, note("after")), boom)
			})
			if !errors.Is(err, boom) {
				return err
			}
			return db.BeforeCommit(ctx, note("outer"))
		}, []string{"outer", "commit"}, nil},
		{"an inner one waits for the outer one", []error{nil}, func(ctx context.Context, s *db.Store, note notes) error {
			return errors.Join(
				s.Tx(ctx, func(ctx context.Context) error { return db.BeforeCommit(ctx, note("inner")) }),
				s.Within(ctx, func(ctx context.Context) error { return db.BeforeCommit(ctx, note("joined")) }),
				note("statement")(ctx),
			)
		}, []string{"statement", "inner", "joined", "commit"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var ran []string
			note := func(what string) func(context.Context) error {
				return func(ctx context.Context) error {
					ran = append(ran, what)
					if outside := what == "after" || what == "undo"; db.InTx(ctx) == outside {
						t.Errorf("%s runs in a transaction: %v", what, !outside)
					}
					return nil
				}
			}
			s := db.NewStore(&scripted{Adapter: memory.New(), commits: tc.commits, note: func(what string) { ran = append(ran, what) }}, nil, nil)
			err := s.Within(t.Context(), func(ctx context.Context) error { return tc.fn(ctx, s, note) })
			if !errors.Is(err, tc.err) || !slices.Equal(ran, tc.want) {
				t.Errorf("%q ran, want %q; the error is %v", ran, tc.want, err)
			}
		})
	}
}

func TestAnInnerTransactionThatPanicsLeavesNothing(t *testing.T) {
	s := newStore(nil)
	var ran []string
	err := s.Tx(t.Context(), func(ctx context.Context) error {
		func() {
			defer func() { _ = recover() }()
			_ = s.Tx(ctx, func(ctx context.Context) error {
				_ = db.BeforeCommit(ctx, func(context.Context) error { ran = append(ran, "before"); return nil })
				_ = db.AfterCommit(ctx, func(context.Context) error { ran = append(ran, "after"); return nil })
				panic("boom")
			})
		}()
		return nil
	})
	if err != nil || len(ran) != 0 {
		t.Errorf("%q ran; the error is %v", ran, err)
	}
}

func TestNothingGoesAheadOfACommitWithoutATransaction(t *testing.T) {
	ran := false
	err := db.BeforeCommit(t.Context(), func(context.Context) error { ran = true; return nil })
	db.AfterRollback(t.Context(), func(context.Context) { ran = true })
	if !errors.Is(err, db.ErrNoTx) || ran {
		t.Errorf("the error is %v; it ran: %v", err, ran)
	}
}
