package ratelimit_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

// clock is moved by one goroutine at a time.
type clock struct{ now time.Time }

func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// kept is a store with what stands behind it.
type kept struct {
	store ratelimit.Store
	clock *clock // of the storage; the store gets its time from the caller

	database db.Adapter // nil unless the counters are there
	table    *db.Table

	values *secondary.Memory // nil unless the counters are there
	mu     sync.Mutex
	ttl    time.Duration // of the last value written
}

// stores are all that there are.
var stores = map[string]func(t testing.TB) *kept{
	"memory": func(testing.TB) *kept {
		return &kept{store: ratelimit.NewMemory(0), clock: &clock{start}}
	},
	"database": func(t testing.TB) *kept { return inDatabase(t, yieldingDatabase(), nil) },
	"secondary storage": func(testing.TB) *kept {
		k := &kept{clock: &clock{start}}
		k.values = secondary.NewMemory(func() time.Time { return k.clock.now })
		k.store = ratelimit.NewSecondary(timed{yieldingStorage(k.values), k})
		return k
	},
}

// inDatabase counts in an adapter. background may be nil.
func inDatabase(t testing.TB, a db.Adapter, background func(string, func(context.Context) error)) *kept {
	t.Helper()
	k := &kept{clock: &clock{start}, database: a, table: ratelimit.NewTable(func() time.Time { return start })}
	if err := k.table.Init(); err != nil {
		t.Fatal(err)
	}
	var ids atomic.Int64
	refuse := func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
	s := db.NewStore(a, func(string) (string, error) { return fmt.Sprintf("id%d", ids.Add(1)), nil }, map[string][]db.Hooks{
		ratelimit.ModelName: {{BeforeCreate: refuse, BeforeUpdate: refuse, BeforeDelete: func(context.Context, db.Row) error { return db.ErrStopped }}},
	})
	k.store = ratelimit.NewDatabase(s, k.table, ratelimit.DatabaseConfig{LongestWindow: time.Minute, Background: background})
	return k
}

// yieldingDatabase lets others go on between reading and writing, as a database
// behind a network does.
func yieldingDatabase() db.Adapter {
	return dbtest.Watched{Adapter: memory.New(), Before: func(context.Context, dbtest.Call) error {
		runtime.Gosched()
		return nil
	}}
}

// yieldingStorage does so, too.
func yieldingStorage(s secondary.Storage) secondary.Storage {
	return secondarytest.Watched{Storage: s, Before: func(context.Context, string) error {
		runtime.Gosched()
		return nil
	}}
}

// timed remembers the lifetime of the last value.
type timed struct {
	secondary.Storage
	k *kept
}

func (s timed) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	done, err := s.Storage.CompareAndSet(ctx, key, old, value, ttl)
	if done {
		s.k.mu.Lock()
		defer s.k.mu.Unlock()
		s.k.ttl = ttl
	}
	return done, err
}

// rows are the stored counters, without their ids.
func (k *kept) rows(t testing.TB) []db.Row {
	t.Helper()
	rows, err := k.database.Select(t.Context(), db.Query{Table: k.table, Order: []db.Order{{Field: "key"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if id, ok := row[db.ID].(string); !ok || !strings.HasPrefix(id, "id") {
			t.Errorf("a row has the id %v", row[db.ID])
		}
		delete(row, db.ID)
	}
	return rows
}

// everywhere runs a test on each store.
func everywhere(t *testing.T, run func(t *testing.T, k *kept)) {
	t.Helper()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) { run(t, open(t)) })
	}
}

// together counts how many of fifty requests at once pass. The clock of each is
// off by a few milliseconds when it drifts.
func together(t *testing.T, k *kept, key string, rule ratelimit.Rule, now time.Time, drift bool) int {
	t.Helper()
	var allowed atomic.Int32
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range 50 {
		at := now
		if drift {
			at = at.Add(time.Duration(i*7%13) * time.Millisecond)
		}
		wg.Go(func() {
			<-gate
			if d, err := k.store.Consume(t.Context(), key, rule, at); err != nil {
				t.Errorf("a request was not judged: %v", err)
			} else if d.Allowed {
				allowed.Add(1)
			}
		})
	}
	close(gate)
	wg.Wait()
	return int(allowed.Load())
}

func TestParallelRequestsCannotSlipThroughTogether(t *testing.T) {
	for _, c := range []struct {
		name   string
		before int           // requests one after the other
		quiet  time.Duration // between them and those at once
		limit  int
		drift  bool
		want   int
	}{
		{"of a client never seen", 0, 0, 3, false, 3},
		{"of a client never seen, on clocks that differ", 0, 0, 3, true, 3},
		{"of a client with one request left", 2, time.Second, 3, false, 1},
		{"of a client with one request left, on clocks that differ", 2, time.Second, 3, true, 1},
		{"of a client who is blocked", 3, time.Second, 3, false, 0},
		{"after a quiet window", 3, 11 * time.Second, 3, false, 3},
		{"after a quiet window, on clocks that differ", 3, 11 * time.Second, 3, true, 3},
		{"of a limit that is almost theirs", 0, 0, 49, true, 49},
		{"of a limit that is more than theirs", 0, 0, 60, true, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, k *kept) {
				rule := ratelimit.Rule{Window: 10 * time.Second, Max: c.limit}
				for round := range 20 {
					key, now := fmt.Sprintf("%d|/sign-in/email", round), start
					for range c.before {
						consume(t, k.store, key, rule, now)
					}
					if n := together(t, k, key, rule, now.Add(c.quiet), c.drift); n != c.want {
						t.Fatalf("round %d: %d of 50 passed, want %d", round, n, c.want)
					}
				}
			})
		})
	}
}

func TestABlockedRequestDoesNotProlongTheBlock(t *testing.T) {
	everywhere(t, func(t *testing.T, k *kept) {
		for range 3 {
			consume(t, k.store, "k", three, start)
		}
		for s := range 10 {
			d := consume(t, k.store, "k", three, start.Add(time.Duration(s)*time.Second))
			if want := time.Duration(10-s) * time.Second; d.Allowed || d.RetryAfter != want {
				t.Errorf("after %d s: %+v, want a block of %v", s, d, want)
			}
		}
		if d := consume(t, k.store, "k", three, start.Add(10*time.Second)); !d.Allowed {
			t.Errorf("after the window: %+v", d)
		}
	})
}

func TestNoBlockOutlastsAWindowWhenTheClockIsSetBack(t *testing.T) {
	everywhere(t, func(t *testing.T, k *kept) {
		for range 3 {
			consume(t, k.store, "k", three, start)
		}
		back := start.Add(-time.Hour)
		if d := consume(t, k.store, "k", three, back); d.Allowed || d.RetryAfter != three.Window {
			t.Errorf("right after: %+v", d)
		}
		if d := consume(t, k.store, "k", three, back.Add(5*time.Second)); d.Allowed || d.RetryAfter != 5*time.Second {
			t.Errorf("in between: %+v", d)
		}
		for range 3 {
			k.clock.advance(three.Window + time.Millisecond)
			if d := consume(t, k.store, "k", three, back.Add(three.Window+time.Millisecond)); !d.Allowed {
				t.Errorf("a window later: %+v", d)
			}
		}
	})
}

func TestEveryKeyHasACounterOfItsOwn(t *testing.T) {
	long := "203.0.113.7|/" + strings.Repeat("x", 100_000)
	keys := []string{
		"a", "A", "a ", "203.0.113.7|/x", "203.0.113.7|/x/y", "2001:0db8:0000:0000:0000:0000:0000:0000|/x", "no-ip|/*",
		"ä|/x", "*", "%", "a\x00", "a\xff", "a\xfe", long + "a", long + "b", strings.Repeat("k", 255), strings.Repeat("k", 256), strings.Repeat("k", 257),
	}
	everywhere(t, func(t *testing.T, k *kept) {
		for _, key := range keys {
			for n := range 3 {
				if !consume(t, k.store, key, three, start).Allowed {
					t.Fatalf("request %d of the key %.40q is blocked", n, key)
				}
			}
		}
		for _, key := range keys {
			if consume(t, k.store, key, three, start).Allowed {
				t.Errorf("the limit does not hold for the key %.40q", key)
			}
		}
		if k.values != nil && len(k.values.All()) != len(keys) {
			t.Errorf("%d values for %d keys", len(k.values.All()), len(keys))
		}
		if k.database != nil && len(k.rows(t)) != len(keys) {
			t.Errorf("%d rows for %d keys", len(k.rows(t)), len(keys))
		}
	})
}

// The rule of a path may change: it can be a function of the request.
func TestARuleMayChange(t *testing.T) {
	everywhere(t, func(t *testing.T, k *kept) {
		for range 5 {
			consume(t, k.store, "k", ratelimit.Rule{Window: time.Minute, Max: 10}, start)
		}
		if d := consume(t, k.store, "k", ratelimit.Rule{Window: 30 * time.Second, Max: 3}, start.Add(10*time.Second)); d.Allowed || d.RetryAfter != 20*time.Second {
			t.Errorf("under a stricter rule: %+v", d)
		}
		if d := consume(t, k.store, "k", ratelimit.Rule{Window: time.Minute, Max: 6}, start.Add(10*time.Second)); !d.Allowed {
			t.Errorf("under one that leaves a request: %+v", d)
		}
	})
}
