package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

func (k *kept) insert(t testing.TB, key string, count, last int64) {
	t.Helper()
	if _, err := k.database.Insert(t.Context(), k.table, db.Row{db.ID: "id of " + key, "key": key, "count": count, "lastRequest": last}); err != nil {
		t.Fatal(err)
	}
}

func TestTheTableOfCountersIsUpstreams(t *testing.T) {
	table := ratelimit.NewTable(func() time.Time { return start })
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	f := table.Field
	if table.Name != "rateLimit" || !f("key").Unique || f("key").Type != db.String || f("count").Type != db.Number || f("lastRequest").Type != db.Number || !f("lastRequest").BigInt {
		t.Errorf("%+v", table)
	}
	if got := f("lastRequest").Default(); got != start.UnixMilli() {
		t.Errorf("a last request is %v unless it is given", got)
	}
	for _, field := range table.Fields {
		if field.Nullable {
			t.Errorf("%s may be NULL", field.Name)
		}
	}
}

func TestARowOfUpstreamIsGoneOnWith(t *testing.T) {
	for _, c := range []struct {
		name  string
		count int64
		ago   time.Duration
		left  int // requests that still pass
	}{
		{"below its limit", 2, time.Second, 1},
		{"at its limit", 3, time.Second, 0},
		{"beyond its limit, as 1.6.9 can leave it", 50, time.Second, 0},
		{"of a window before", 50, 11 * time.Second, 3},
		{"from the future", 1, -time.Hour, 2},
		{"of no request", 0, time.Second, 3},
		{"of a negative count", -2, time.Second, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := inDatabase(t, memory.New(), nil)
			k.insert(t, "k", c.count, start.Add(-c.ago).UnixMilli())
			passed := 0
			for consume(t, k.store, "k", three, start).Allowed {
				if passed++; passed > 10 {
					break
				}
			}
			if passed != c.left {
				t.Errorf("%d requests passed, want %d", passed, c.left)
			}
		})
	}
}

// A blocked client costs a read, and nothing is written for it.
func TestABlockedRequestWritesNothing(t *testing.T) {
	a := &counting{Adapter: memory.New()}
	k := inDatabase(t, a, nil)
	for range 20 {
		consume(t, k.store, "k", three, start)
	}
	if a.selects != 20 || a.writes != 3 {
		t.Errorf("%d reads and %d writes", a.selects, a.writes)
	}
}

// counting counts statements, and fails or loses where it is told to.
type counting struct {
	db.Adapter
	selects, writes     int
	read, insert, write error
	lose                func(n int) bool // whether somebody else was faster than the nth write
	between             func()           // runs once before a row is changed or removed
}

func (a *counting) meanwhile() {
	if f := a.between; f != nil {
		a.between = nil
		f()
	}
}

func (a *counting) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	a.meanwhile()
	return a.Adapter.Delete(ctx, r)
}

func (a *counting) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	a.selects++
	if a.read != nil {
		return nil, a.read
	}
	return a.Adapter.Select(ctx, q)
}

func (a *counting) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	a.writes++
	if a.insert != nil {
		return nil, a.insert
	}
	if a.lose != nil && a.lose(a.writes) {
		other := maps.Clone(row)
		other[db.ID] = "id of another"
		if _, err := a.Adapter.Insert(ctx, t, other); err != nil {
			return nil, err
		}
	}
	return a.Adapter.Insert(ctx, t, row)
}

func (a *counting) Update(ctx context.Context, c db.Change) (db.Result, error) {
	a.writes++
	if a.write != nil {
		return db.Result{Count: 1}, a.write
	}
	if a.lose != nil && a.lose(a.writes) {
		return db.Result{}, nil
	}
	a.meanwhile()
	return a.Adapter.Update(ctx, c)
}

func TestWhoeverComesSecondIsCountedToo(t *testing.T) {
	a := &counting{Adapter: memory.New(), lose: func(n int) bool { return n == 1 || n == 3 }}
	k := inDatabase(t, a, nil)
	consume(t, k.store, "k", three, start) // after the insertion of another
	consume(t, k.store, "k", three, start) // at the second attempt
	want := []db.Row{{"key": "k", "count": int64(3), "lastRequest": start.UnixMilli()}}
	if diff := cmp.Diff(want, k.rows(t)); diff != "" {
		t.Error(diff)
	}
	if consume(t, k.store, "k", three, start).Allowed {
		t.Error("the fourth request passed")
	}
}

// Whatever another server does between reading and writing, the request is
// judged by what is there when it is counted.
func TestARowThatChangesMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name           string
		count          int64
		ago            time.Duration
		thenCount      int64
		thenAgo        time.Duration
		allowed        bool
		want, wantLast int64 // the latter in seconds before
	}{
		{"one more was counted", 1, time.Second, 2, 0, true, 3, 0},
		{"the limit was reached", 1, time.Second, 3, 0, false, 3, 0},
		{"the window is over by another's clock", 2, time.Second, 2, time.Hour, true, 1, 0},
		{"somebody began a new window", 3, time.Minute, 1, 0, true, 2, 0},
		{"somebody filled a new window", 3, time.Minute, 3, time.Second, false, 3, 1},
		{"the row became worthless", 1, time.Second, -5, time.Second, true, -4, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &counting{Adapter: memory.New()}
			k := inDatabase(t, a, nil)
			k.insert(t, "k", c.count, start.Add(-c.ago).UnixMilli())
			a.between = func() {
				_, err := a.Adapter.Update(t.Context(), db.Change{Table: k.table, Set: db.Row{"count": c.thenCount, "lastRequest": start.Add(-c.thenAgo).UnixMilli()}})
				if err != nil {
					t.Error(err)
				}
			}
			d := consume(t, k.store, "k", three, start)
			want := []db.Row{{"key": "k", "count": c.want, "lastRequest": start.UnixMilli() - 1000*c.wantLast}}
			rows, err := a.Adapter.Select(t.Context(), db.Query{Table: k.table, Fields: []string{"key", "count", "lastRequest"}})
			if diff := cmp.Diff(want, rows); diff != "" || err != nil || d.Allowed != c.allowed {
				t.Errorf("allowed: %v, want %v; rows (-want +got):\n%s (%v)", d.Allowed, c.allowed, diff, err)
			}
		})
	}
}

func TestADatabaseThatFailsJudgesNothing(t *testing.T) {
	down := errors.New("connection refused")
	for name, c := range map[string]struct {
		there bool // a counter
		a     counting
	}{
		"reading":   {false, counting{read: down}},
		"inserting": {false, counting{insert: down}},
		"updating":  {true, counting{write: down}},
	} {
		t.Run(name, func(t *testing.T) {
			c.a.Adapter = memory.New()
			k := inDatabase(t, &c.a, nil)
			if c.there {
				k.insert(t, "k", 1, start.UnixMilli())
			}
			if d, err := k.store.Consume(t.Context(), "k", three, start); !errors.Is(err, down) || d != (ratelimit.Decision{}) {
				t.Errorf("Consume = %+v, %v", d, err)
			}
		})
	}
	t.Run("never letting a write through", func(t *testing.T) {
		k := inDatabase(t, &counting{Adapter: memory.New(), lose: func(n int) bool { return n > 1 }}, nil)
		consume(t, k.store, "k", three, start)
		if d, err := k.store.Consume(t.Context(), "k", three, start); err == nil || d.Allowed {
			t.Errorf("Consume = %+v, %v", d, err)
		}
	})
	t.Run("when the request is over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		k := inDatabase(t, memory.New(), nil)
		if d, err := k.store.Consume(ctx, "k", three, start); !errors.Is(err, context.Canceled) || d.Allowed {
			t.Errorf("Consume = %+v, %v", d, err)
		}
	})
}

// chores runs background work at once and counts it.
type chores struct {
	t testing.TB
	n int
}

func (c *chores) run(_ string, fn func(context.Context) error) {
	c.n++
	if err := fn(c.t.Context()); err != nil {
		c.t.Errorf("a chore failed: %v", err)
	}
}

func (k *kept) keys(t testing.TB) []string {
	t.Helper()
	rows := k.rows(t)
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i], _ = row["key"].(string)
	}
	return keys
}

func TestCountersThatAreLongOverAreRemoved(t *testing.T) {
	ago := func(d time.Duration) int64 { return start.Add(-d).UnixMilli() }
	for _, c := range []struct {
		name   string
		window time.Duration // of the rule that is used
		want   []string
	}{
		{"an hour after the last request", three.Window, []string{"id", "minutes", "new"}},
		{"later when a rule has a longer window", time.Hour, []string{"hour", "id", "minutes", "new"}},
		{"much later when a rule has a very long one", 24 * time.Hour, []string{"day", "hour", "id", "minutes", "new"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			work := &chores{t: t}
			k := inDatabase(t, memory.New(), work.run)
			for key, last := range map[string]int64{
				"old": 0, "day": ago(25 * time.Hour), "hour": ago(61 * time.Minute), "minutes": ago(59 * time.Minute), "id": ago(0),
			} {
				k.insert(t, key, 3, last)
			}
			consume(t, k.store, "new", ratelimit.Rule{Window: c.window, Max: 3}, start)
			if diff := cmp.Diff(c.want, k.keys(t)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountersAreLookedThroughOnceAMinute(t *testing.T) {
	work := &chores{t: t}
	k := inDatabase(t, memory.New(), work.run)
	for s := range 150 {
		consume(t, k.store, "k", three, start.Add(time.Duration(s)*time.Second))
	}
	if work.n != 3 {
		t.Errorf("%d times in 150 seconds", work.n)
	}
}

func TestManyCountersAreRemovedBitByBit(t *testing.T) {
	a, work := &counting{Adapter: memory.New()}, &chores{t: t}
	k := inDatabase(t, a, work.run)
	for i := range 1700 {
		k.insert(t, fmt.Sprintf("%04d", i), 1, start.Add(-2*time.Hour).UnixMilli())
	}
	k.insert(t, "live", 1, start.UnixMilli())
	a.selects = 0
	consume(t, k.store, "k", three, start)
	if diff := cmp.Diff([]string{"k", "live"}, k.keys(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if a.selects != 1+4+1 { // the request, four bits, and the test itself
		t.Errorf("%d reads", a.selects)
	}
}

func TestACounterThatIsUsedWhileItIsRemovedStays(t *testing.T) {
	a, work := &counting{Adapter: memory.New()}, &chores{t: t}
	k := inDatabase(t, a, work.run)
	for _, key := range []string{"old", "used"} {
		k.insert(t, key, 3, start.Add(-2*time.Hour).UnixMilli())
	}
	a.between = func() {
		used := db.Change{Table: k.table, Where: db.Where{db.By("key", "used")}, Set: db.Row{"lastRequest": start.UnixMilli()}}
		if _, err := a.Adapter.Update(t.Context(), used); err != nil {
			t.Error(err)
		}
	}
	consume(t, k.store, "new", three, start)
	if diff := cmp.Diff([]string{"new", "used"}, k.keys(t)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestTheLongestWindow(t *testing.T) {
	second := func(n int) ratelimit.Rule { return ratelimit.Rule{Window: time.Duration(n) * time.Second, Max: 1} }
	for name, c := range map[string]struct {
		cfg  ratelimit.Config
		want time.Duration
	}{
		"of upstream's own rules": {ratelimit.Config{}, time.Minute},
		"of the default":          {ratelimit.Config{Window: time.Hour}, time.Hour},
		"of a plugin":             {ratelimit.Config{PluginRules: []ratelimit.PathRule{{Rule: second(90)}, {Rule: second(80)}}}, 90 * time.Second},
		"of the operator":         {ratelimit.Config{Custom: []ratelimit.CustomRule{{Rule: second(70)}, {Rule: second(61)}}}, 70 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.cfg.LongestWindow(); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
