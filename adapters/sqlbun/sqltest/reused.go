package sqltest

import (
	"sync"
	"testing"
)

// reused lends databases to many tests of one, parent: it is tables that take
// time, and most of those tests make the same ones.
type reused struct {
	parent testing.TB
	create func(t testing.TB) (dsn string)
	// empty removes all rows, or ends the test.
	empty func(t testing.TB, dsn string)

	mu   sync.Mutex
	free []string
}

// lend gives a database that is empty, or has tables without rows, until the
// test has ended.
func (r *reused) lend(t testing.TB) (dsn string) {
	t.Helper()
	if dsn = r.pop(); dsn == "" {
		dsn = r.create(r.parent)
	}
	t.Cleanup(func() {
		r.empty(t, dsn)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.free = append(r.free, dsn)
	})
	return dsn
}

func (r *reused) pop() (dsn string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		dsn, r.free = r.free[n-1], r.free[:n-1]
	}
	return dsn
}
