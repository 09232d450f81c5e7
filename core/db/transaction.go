package db

import (
	"context"
	"errors"
	"time"
)

// settling is how long what belongs to a write may take once it stands.
const settling = 10 * time.Second

type pendingKey struct{}

// pending collects what runs after the outermost transaction has committed.
type pending struct{ after []func(context.Context) error }

// Tx runs fn in a transaction that travels in the context. After hooks of
// everything that fn wrote run when the outermost transaction has committed;
// their errors are joined and returned, though the writes stand. They run also
// when ctx has ended meanwhile, and when one of them panics.
func (s *Store) Tx(ctx context.Context, fn func(context.Context) error) error {
	if p, nested := ctx.Value(pendingKey{}).(*pending); nested {
		return s.adapter.Tx(ctx, func(ctx context.Context) error {
			mark := len(p.after)
			err := fn(ctx)
			if err != nil {
				p.after = p.after[:mark]
			}
			return err
		})
	}
	p := &pending{}
	err := s.adapter.Tx(context.WithValue(ctx, pendingKey{}, p), func(ctx context.Context) error {
		p.after = nil // a rerun after a serialization failure starts over
		return fn(ctx)
	})
	if err != nil {
		return err
	}
	ctx, done := settle(ctx)
	defer done()
	return p.run(ctx, 0)
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

func afterCommit(ctx context.Context, fn func(context.Context) error) {
	// The Store's own writes with hooks always run inside Tx: fn is queued, never run here.
	_ = AfterCommit(ctx, fn)
}
