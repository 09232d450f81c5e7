package routestest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// faults is an adapter of which one call fails.
type faults struct {
	db.Adapter

	err error

	mu    sync.Mutex
	armed int // calls until the one that fails; 0 when none will
	done  string

	lost      bool // whether the secondary storage fails from that call on, and nothing else
	copies    bool // whether there is a secondary storage
	committed bool // whether the last transaction has
	doneAfter bool // whether it had when the call failed
}

var (
	errBroken = errors.New("a fault of the test")
	errAway   = fmt.Errorf("%w: a fault of the test", db.ErrUnavailable)
)

func (f *faults) arm(k int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed, f.done, f.committed = k, "", false
}

func (f *faults) disarm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = 0
}

func (f *faults) hit() bool { return f.what() != "" }

func (f *faults) what() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.done
}

// harmless is true of what a request can do without: a clean-up, a copy in the
// secondary storage, and what is read after a commit to renew one.
func (f *faults) harmless() bool {
	what := f.what()
	f.mu.Lock()
	defer f.mu.Unlock()
	return what == "delete verification" || slices.Contains([]string{"get", "set", "delete", "compare and set"}, what) ||
		f.copies && f.doneAfter && slices.Contains([]string{"select session", "select user"}, what)
}

func (f *faults) at(what string) error { return f.call(what, false) }

func (f *faults) call(what string, secondary bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.armed == 0 || f.lost && !secondary {
		return nil
	}
	if f.armed > 1 {
		f.armed--
		return nil
	}
	if f.done != "" {
		return f.err
	}
	if !f.lost {
		f.armed = 0
	}
	f.done, f.doneAfter = what, f.committed
	return f.err
}

// Insert implements db.Adapter.
func (f *faults) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	if err := f.at("insert " + t.Model); err != nil {
		return nil, err
	}
	return f.Adapter.Insert(ctx, t, row)
}

// Select implements db.Adapter.
func (f *faults) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if err := f.at("select " + q.Table.Model); err != nil {
		return nil, err
	}
	return f.Adapter.Select(ctx, q)
}

// Update implements db.Adapter.
func (f *faults) Update(ctx context.Context, c db.Change) (db.Result, error) {
	if err := f.at("update " + c.Table.Model); err != nil {
		return db.Result{}, err
	}
	return f.Adapter.Update(ctx, c)
}

// Delete implements db.Adapter.
func (f *faults) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	if err := f.at("delete " + r.Table.Model); err != nil {
		return db.Result{}, err
	}
	return f.Adapter.Delete(ctx, r)
}

// Count implements db.Adapter.
func (f *faults) Count(ctx context.Context, t *db.Table, w db.Where) (int64, error) {
	if err := f.at("count " + t.Model); err != nil {
		return 0, err
	}
	return f.Adapter.Count(ctx, t, w)
}

// Tx implements db.Adapter. Its begin is one call, and its commit another.
func (f *faults) Tx(ctx context.Context, fn func(context.Context) error) error {
	if err := f.at("begin"); err != nil {
		return err
	}
	f.ended(false)
	err := f.Adapter.Tx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return f.at("commit")
	})
	f.ended(err == nil)
	return err
}

func (f *faults) ended(committed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.committed = committed
}

// Lock implements db.Adapter.
func (f *faults) Lock(ctx context.Context, name string) error {
	if err := f.at("lock"); err != nil {
		return err
	}
	return f.Adapter.Lock(ctx, name)
}
