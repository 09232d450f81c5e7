package memory

import (
	"context"
	"errors"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

var errEnded = errors.New("the transaction of this context has ended")

// txKey finds the transaction of one Adapter in a context.
type txKey struct{ a *Adapter }

// tx is the holder of the Adapter's turn. Its mutex orders the calls of
// goroutines that share the transaction's context.
type tx struct {
	mu    sync.Mutex
	ended bool
}

// Tx runs fn alone: every other call waits until it has ended, or until its
// own context has. fn runs exactly once.
func (a *Adapter) Tx(ctx context.Context, fn func(context.Context) error) error {
	if t, ok := ctx.Value(txKey{a}).(*tx); ok {
		return a.savepoint(ctx, t, fn)
	}
	if err := a.take(ctx); err != nil {
		return err
	}
	t := &tx{}
	committed := false
	defer func() {
		// Runs on a panic too, which then goes on.
		t.mu.Lock()
		defer t.mu.Unlock()
		t.ended = true
		a.end(committed)
	}()
	if err := fn(context.WithValue(ctx, txKey{a}, t)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	committed = true
	return nil
}

func (a *Adapter) savepoint(ctx context.Context, t *tx, fn func(context.Context) error) error {
	var mark int
	if err := t.do(ctx, func() error { mark = len(a.undo); return nil }); err != nil {
		return err
	}
	kept := false
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !kept && !t.ended {
			a.rollback(mark)
		}
	}()
	if err := fn(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	kept = true
	return nil
}

// Lock does nothing in a transaction, which is alone anyway; outside it is db.ErrNoTx.
func (a *Adapter) Lock(ctx context.Context, _ string) error {
	t, ok := ctx.Value(txKey{a}).(*tx)
	if !ok {
		return db.ErrNoTx
	}
	return t.do(ctx, func() error { return nil })
}

func (t *tx) do(ctx context.Context, fn func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return errEnded
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn()
}

// statement runs fn as one atomic step, in the transaction of ctx if there is one.
func (a *Adapter) statement(ctx context.Context, fn func() error) error {
	if t, ok := ctx.Value(txKey{a}).(*tx); ok {
		return t.do(ctx, func() error {
			mark := len(a.undo)
			err := fn()
			if err != nil {
				a.rollback(mark)
			}
			return err
		})
	}
	if err := a.take(ctx); err != nil {
		return err
	}
	done := false
	defer func() { a.end(done) }()
	if err := fn(); err != nil {
		return err
	}
	done = true
	return nil
}

func (a *Adapter) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-a.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end gives the turn back, keeping or undoing what was done with it.
func (a *Adapter) end(keep bool) {
	if !keep {
		a.rollback(0)
	}
	a.undo = nil
	a.turn <- struct{}{}
}

func (a *Adapter) rollback(mark int) {
	for len(a.undo) > mark {
		last := len(a.undo) - 1
		step := a.undo[last]
		a.undo = a.undo[:last]
		step()
	}
}
