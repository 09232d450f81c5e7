package db

import (
	"context"
	"errors"
	"time"
)

// settling is how long what belongs to a write may take once it stands.
const settling = 10 * time.Second

type pendingKey struct{}

// pending collects what belongs to the outermost transaction and is not a
// statement of it.
type pending struct {
	before []func(context.Context) error // ahead of the commit
	after  []func(context.Context) error // when it has committed
	undo   []func(context.Context)       // of before, when it has not

	committing bool                    // whether there was nothing left but to commit
	undoRuns   []func(context.Context) // undo of runs that were followed by another
}

// Tx runs fn in a transaction that travels in the context. After hooks of
// everything that fn wrote run when the outermost transaction has committed;
// their errors are joined and returned, though the writes stand. They run also
// when ctx has ended meanwhile, and when one of them panics.
func (s *Store) Tx(ctx context.Context, fn func(context.Context) error) error {
	if p, nested := ctx.Value(pendingKey{}).(*pending); nested {
		return s.savepoint(ctx, p, fn)
	}
	p := &pending{}
	returned := false
	defer func() {
		if !returned { // fn has panicked
			p.takeBack(ctx, p.undo)
		}
	}()
	err := s.adapter.Tx(context.WithValue(ctx, pendingKey{}, p), func(ctx context.Context) error {
		// A rerun after a serialization failure starts over.
		p.undoRuns = append(p.undoRuns, p.undo...)
		p.before, p.after, p.undo, p.committing = nil, nil, nil, false
		if err := fn(ctx); err != nil {
			return err
		}
		for i := 0; i < len(p.before); i++ { // what runs may add more
			if err := p.before[i](ctx); err != nil {
				return err
			}
		}
		p.committing = true
		return nil
	})
	returned = true
	switch {
	case err == nil:
		p.takeBack(ctx, nil)
	case p.committing && unknown(err):
		p.takeBack(ctx, nil)
		return err
	default:
		p.takeBack(ctx, p.undo)
		return err
	}
	ctx, done := settle(ctx)
	defer done()
	return p.run(ctx, 0)
}

// savepoint is Tx inside another one.
func (s *Store) savepoint(ctx context.Context, p *pending, fn func(context.Context) error) error {
	before, after := len(p.before), len(p.after)
	kept := false
	defer func() { // also when fn panics
		if !kept {
			p.before, p.after = p.before[:before], p.after[:after]
		}
	}()
	err := s.adapter.Tx(ctx, fn)
	kept = err == nil
	return err
}

// unknown tells whether a commit that failed so may have happened all the same, or
// may yet happen.
func unknown(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// takeBack runs what makes up for runs that did not commit, and for the last one
// if that did not either.
func (p *pending) takeBack(ctx context.Context, last []func(context.Context)) {
	all := append(p.undoRuns, last...)
	if len(all) == 0 {
		return
	}
	ctx, done := settle(ctx)
	defer done()
	for _, fn := range all {
		fn(ctx)
	}
}

// Within runs fn in the transaction of ctx, or in one of its own if there is none.
func (s *Store) Within(ctx context.Context, fn func(context.Context) error) error {
	if InTx(ctx) {
		return fn(ctx)
	}
	return s.Tx(ctx, fn)
}

// run runs what is pending, from i on.
func (p *pending) run(ctx context.Context, i int) error {
	var errs []error
	for ; i < len(p.after); i++ { // what runs may add more
		errs = append(errs, p.step(ctx, i))
	}
	return errors.Join(errs...)
}

// step runs one of them, and when it panics the rest: a session that ends with
// a password must not live on because of the application's own callback.
func (p *pending) step(ctx context.Context, i int) error {
	returned := false
	defer func() {
		if !returned {
			_ = p.run(ctx, i+1) // the panic is what is told
		}
	}()
	err := p.after[i](ctx)
	returned = true
	return err
}

// settle is the context of what belongs to a write that stands: whoever asked
// for it may have gone.
func settle(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settling)
}

// Lock takes an advisory lock until the surrounding transaction ends.
func (s *Store) Lock(ctx context.Context, name string) error { return s.adapter.Lock(ctx, name) }

// InTx tells whether ctx carries a transaction.
func InTx(ctx context.Context) bool {
	_, in := ctx.Value(pendingKey{}).(*pending)
	return in
}

// AfterCommit runs fn when the transaction of ctx has committed, or at once
// when there is none. A rollback drops it. fn is not interrupted by the end of
// ctx; it has ten seconds.
func AfterCommit(ctx context.Context, fn func(context.Context) error) error {
	if p, ok := ctx.Value(pendingKey{}).(*pending); ok {
		p.after = append(p.after, fn)
		return nil
	}
	ctx, done := settle(ctx)
	defer done()
	return fn(ctx)
}

// BeforeCommit runs fn in the transaction of ctx as the last thing ahead of its
// commit, or ErrNoTx when there is none. An error rolls back; a rollback
// that comes earlier drops fn. It is for what must have happened somewhere else by
// the time that others see the writes, and may run for a commit that then fails:
// see AfterRollback.
func BeforeCommit(ctx context.Context, fn func(context.Context) error) error {
	p, ok := ctx.Value(pendingKey{}).(*pending)
	if !ok {
		return ErrNoTx
	}
	p.before = append(p.before, fn)
	return nil
}

// AfterRollback runs fn outside the transaction of ctx when it is over and has not
// committed; of one that is run again, once for each run. Where nobody can tell,
// as with a commit whose answer was lost, fn does not run. It is for a function of
// BeforeCommit. Without a transaction there is nothing to do. fn has ten seconds, as
// with AfterCommit.
func AfterRollback(ctx context.Context, fn func(context.Context)) {
	if p, ok := ctx.Value(pendingKey{}).(*pending); ok {
		p.undo = append(p.undo, fn)
	}
}

func afterCommit(ctx context.Context, fn func(context.Context) error) {
	// The Store's own writes with hooks always run inside Tx: fn is queued, never run here.
	_ = AfterCommit(ctx, fn)
}
