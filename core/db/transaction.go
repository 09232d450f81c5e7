package db

import (
	"context"
	"errors"
)

type pendingKey struct{}

// pending collects what runs after the outermost transaction has committed.
type pending struct{ after []func(context.Context) error }

// Tx runs fn in a transaction that travels in the context. After hooks of
// everything that fn wrote run when the outermost transaction has committed;
// their errors are joined and returned, though the writes stand.
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
	var errs []error
	for i := 0; i < len(p.after); i++ { // what runs may add more
		errs = append(errs, p.after[i](ctx))
	}
	return errors.Join(errs...)
}

// Lock takes an advisory lock until the surrounding transaction ends.
func (s *Store) Lock(ctx context.Context, name string) error { return s.adapter.Lock(ctx, name) }

// AfterCommit runs fn when the transaction of ctx has committed, or at once
// when there is none. A rollback drops it.
func AfterCommit(ctx context.Context, fn func(context.Context) error) error {
	if p, ok := ctx.Value(pendingKey{}).(*pending); ok {
		p.after = append(p.after, fn)
		return nil
	}
	return fn(ctx)
}

func afterCommit(ctx context.Context, fn func(context.Context) error) {
	// The Store's own writes with hooks always run inside Tx: fn is queued, never run here.
	_ = AfterCommit(ctx, fn)
}
