package dbtest

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func contextTests(t *testing.T, s subject) {
	t.Run("a context that has ended stops every call", func(t *testing.T) {
		f := s.begin(t)
		f.insert("user", nil)
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		user := f.tables["user"]
		calls := map[string]func() error{
			"insert": func() error { _, err := f.a.Insert(ctx, user, f.row("user", nil)); return err },
			"select": func() error { _, err := f.a.Select(ctx, db.Query{Table: user}); return err },
			"update": func() error {
				_, err := f.a.Update(ctx, db.Change{Table: user, Set: db.Row{"name": "x"}})
				return err
			},
			"delete": func() error { _, err := f.a.Delete(ctx, db.Removal{Table: user}); return err },
			"count":  func() error { _, err := f.a.Count(ctx, user, nil); return err },
			"tx": func() error {
				return f.a.Tx(ctx, func(context.Context) error { t.Error("the function ran"); return nil })
			},
		}
		for name, call := range calls {
			if err := call(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want context.Canceled", name, err)
			}
		}
		f.wantCount(1, "user", db.By("name", "Ann"))
	})
	t.Run("a context that ends inside a transaction undoes it", func(t *testing.T) {
		f := s.begin(t)
		ctx, cancel := context.WithCancel(f.ctx)
		err := f.a.Tx(ctx, func(ctx context.Context) error {
			f.insertIn(ctx, "user", nil)
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, want context.Canceled", err)
		}
		f.wantCount(0, "user")
		f.insert("user", nil)
	})
	t.Run("a context that ends inside a transaction inside undoes that part only", func(t *testing.T) {
		f := s.begin(t)
		err := f.a.Tx(f.ctx, func(outer context.Context) error {
			f.insertIn(outer, "sample", db.Row{"text": "outer"})
			inner, cancel := context.WithCancel(outer)
			err := f.a.Tx(inner, func(ctx context.Context) error {
				f.insertIn(ctx, "sample", db.Row{"text": "inner"})
				cancel()
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v, want context.Canceled", err)
			}
			f.insertIn(outer, "sample", db.Row{"text": "after"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.same([]string{"after", "outer"}, f.labels(f.selectAll(db.Query{Table: f.tables["sample"]})))
	})
	t.Run("who waits for a transaction stops waiting when its context ends", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"kind": "row"})
		touch := db.Change{Table: f.tables["sample"], Where: db.Where{db.By("kind", "row")}, Set: db.Row{"note": "touched"}}
		inside, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- f.a.Tx(f.ctx, func(ctx context.Context) error {
				_, err := f.a.Update(ctx, touch)
				close(inside)
				<-release
				return err
			})
		}()
		<-inside
		ctx, cancel := context.WithCancel(f.ctx)
		waited := make(chan error, 2)
		go func() { _, err := f.a.Update(ctx, touch); waited <- err }()
		go func() {
			waited <- f.a.Tx(ctx, func(ctx context.Context) error { _, err := f.a.Update(ctx, touch); return err })
		}()
		cancel()
		for range 2 {
			if err := <-waited; !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v, want context.Canceled", err)
			}
		}
		close(release)
		if err := <-ended; err != nil {
			t.Errorf("the transaction: %v", err)
		}
		f.wantCount(1, "sample", db.By("note", "touched"))
	})
	t.Run("a deadline is told from a cancellation", func(t *testing.T) {
		f := s.begin(t)
		ctx, cancel := context.WithTimeout(f.ctx, 0)
		defer cancel()
		if _, err := f.a.Count(ctx, f.tables["user"], nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v, want context.DeadlineExceeded", err)
		}
	})
}
