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
	undo   []func(context.Context)       // when it has not
	failed []func(context.Context)       // undo of reruns
}

// Tx runs fn in a transaction that travels in the context. After hooks of
// everything that fn wrote run when the outermost transaction has committed;
// their errors are joined and returned, though the writes stand. They run also
// when ctx has ended meanwhile, and when one of them panics.
func (s *Store) Tx(ctx context.Context, fn func(context.Context) error) error {
	if p, nested := ctx.Value(pendingKey{}).(*pending); nested {
		return s.adapter.Tx(ctx, func(ctx context.Context) error {
			before, after := len(p.before), len(p.after)
			err := fn(ctx)
			if err != nil {
				p.before, p.after = p.before[:before], p.after[:after]
			}
			return err
		})
	}
	p := &pending{}
	outer := ctx
	committed := false
	defer func() { // also when fn panics
		if !committed {
			p.failed = append(p.failed, p.undo...)
		}
		if len(p.failed) > 0 {
			ctx, done := settle(outer)
			defer done()
			for _, fn := range p.failed {
				fn(ctx)
			}
		}
	}()
	err := s.adapter.Tx(context.WithValue(ctx, pendingKey{}, p), func(ctx context.Context) error {
		// A rerun after a serialization failure starts over.
		p.before, p.after, p.failed, p.undo = nil, nil, append(p.failed, p.undo...), nil
		if err := fn(ctx); err != nil {
			return err
		}
		for i := 0; i < len(p.before); i++ { // what runs may add more
			if err := p.before[i](ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	committed = true
	ctx, done := settle(ctx)
	defer done()
	return p.run(ctx, 0)
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
// committed, or when nobody can tell; where it is run again, once for each
// run, at the very end. It is for a function of BeforeCommit. Without a
// transaction there is nothing to do. fn has ten seconds, as with AfterCommit.
func AfterRollback(ctx context.Context, fn func(context.Context)) {
	if p, ok := ctx.Value(pendingKey{}).(*pending); ok {
		p.undo = append(p.undo, fn)
	}
}

func afterCommit(ctx context.Context, fn func(context.Context) error) {
	// The Store's own writes with hooks always run inside Tx: fn is queued, never run here.
	_ = AfterCommit(ctx, fn)
}
