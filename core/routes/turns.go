package routes

import (
	"context"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// turns lets one call for a key go on at a time: of many sign-ups for an address
// the first one hashes and the others find its user, the application is asked
// once about a verification, and one call deletes a user. It saves work and
// decides nothing: between processes the database does.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{}
}

// take waits for the key, or for the end of ctx. The caller must call done. A
// call inside a transaction does not wait: whoever has the turn may need what
// the transaction holds.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	if db.InTx(ctx) {
		return func() {}, nil
	}
	for {
		t.mu.Lock()
		other, busy := t.taken[key]
		if !busy {
			if t.taken == nil {
				t.taken = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			t.taken[key] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.taken, key)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
