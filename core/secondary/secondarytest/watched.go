package secondarytest

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// Watched is a Storage for tests that look at what reaches another one, hold it
// up, or let it fail.
type Watched struct {
	secondary.Storage
	// Before runs ahead of each call. op is "get", "set", "delete" or "compare
	// and set". An error of it is what the call returns; the storage does not see
	// the call then.
	Before func(ctx context.Context, op string) error
}

// Get implements [secondary.Storage].
func (w Watched) Get(ctx context.Context, key string) (string, error) {
	if err := w.Before(ctx, "get"); err != nil {
		return "", err
	}
	return w.Storage.Get(ctx, key)
}

// Set implements [secondary.Storage].
func (w Watched) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if err := w.Before(ctx, "set"); err != nil {
		return err
	}
	return w.Storage.Set(ctx, key, value, ttl)
}

// Delete implements [secondary.Storage].
func (w Watched) Delete(ctx context.Context, keys ...string) error {
	if err := w.Before(ctx, "delete"); err != nil {
		return err
	}
	return w.Storage.Delete(ctx, keys...)
}

// CompareAndSet implements [secondary.Storage]. Beside an error of Before it
// answers yes, to find out who does not look at the error.
func (w Watched) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	if err := w.Before(ctx, "compare and set"); err != nil {
		return true, err
	}
	return w.Storage.CompareAndSet(ctx, key, old, value, ttl)
}
