package routes

import (
	"context"
	"sync"
)

// turns lets one sign-up for an address go on at a time, so that of many at
// once the first one hashes and the others find its user. It saves work and
// decides nothing: between processes the unique index does.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{}
}

// take waits for the address, or for the end of ctx. The caller must call done.
func (t *turns) take(ctx context.Context, address string) (done func(), err error) {
	for {
		t.mu.Lock()
		other, busy := t.taken[address]
		if !busy {
			if t.taken == nil {
				t.taken = map[string]chan struct{}{}
			}
			mine := make(chan struct{})
			t.taken[address] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.taken, address)
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
