package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// ModelName is upstream's name of the model.
const ModelName = "rateLimit"

// NewTable declares upstream's table of counters: key is "<ip>|<path>",
// lastRequest in milliseconds since 1970.
func NewTable(now func() time.Time) *db.Table {
	return &db.Table{Model: ModelName, Fields: []*db.Field{
		{Name: "key", Type: db.String, Unique: true},
		{Name: "count", Type: db.Number},
		{Name: "lastRequest", Type: db.Number, BigInt: true, Default: func() any { return now().UnixMilli() }},
	}}
}

// DatabaseConfig says how a [Database] removes counters that are over.
type DatabaseConfig struct {
	// LongestWindow is the longest window of any rule; see
	// [Config.LongestWindow]. Longer ones are heeded once they have been used.
	LongestWindow time.Duration
	// Background runs the removal; nil leaves the rows, as upstream does.
	Background func(name string, fn func(context.Context) error)
}

// Database keeps the counters in a table, which it may share with upstream. A
// request costs one read, and one conditional write unless it is blocked.
// Database hooks do not see the rows. The clock is the caller's: servers that
// share the table need clocks that agree.
type Database struct {
	db         *db.Store
	table      *db.Table
	background func(name string, fn func(context.Context) error)
	cleanup    db.Cleanup
	longest    atomic.Int64 // window, in milliseconds
}

var _ Store = (*Database)(nil)

// NewDatabase returns a store that counts in a table of [NewTable].
func NewDatabase(s *db.Store, t *db.Table, cfg DatabaseConfig) *Database {
	d := &Database{db: s, table: t, background: cfg.Background}
	d.longest.Store(cfg.LongestWindow.Milliseconds())
	return d
}

// maxLaps bounds the attempts of one request. A lap is lost only to another
// request that was counted meanwhile, and the next read then sees a fuller
// counter, so that a handful is the most that occurs.
const maxLaps = 1000

var errRestless = errors.New("the counter did not hold still")

// Consume implements [Store]. The error is the database's.
func (d *Database) Consume(ctx context.Context, key string, rule Rule, now time.Time) (Decision, error) {
	key, now = KeptKey(key), db.Millis(now)
	d.cleanUp(rule, now)
	for range maxLaps {
		state, found, err := d.read(ctx, key)
		if err != nil {
			return Decision{}, err
		}
		next, decision := state.Next(rule, now)
		if next.sameAs(state) {
			return decision, nil
		}
		done := false
		if found {
			done, err = d.replace(ctx, key, rule, state, next)
		} else {
			done, err = d.insert(ctx, key, next)
		}
		if err != nil {
			return Decision{}, err
		}
		if done {
			return decision, nil
		}
	}
	return Decision{}, errRestless
}

func (d *Database) read(ctx context.Context, key string) (s State, found bool, err error) {
	rows, err := d.db.Adapter().Select(ctx, db.Query{Table: d.table, Where: db.Where{db.By("key", key)}, Limit: 1})
	if err != nil || len(rows) == 0 {
		return State{}, false, err
	}
	count, counted := rows[0]["count"].(int64)
	last, timed := rows[0]["lastRequest"].(int64)
	if !counted || !timed {
		return State{}, false, fmt.Errorf("a row of %s holds no whole numbers", ModelName)
	}
	return State{Count: int(count), LastRequest: time.UnixMilli(last).UTC()}, true, nil
}

// insert writes a counter that nobody had. done is false when somebody has
// written it meanwhile.
func (d *Database) insert(ctx context.Context, key string, s State) (done bool, err error) {
	row := db.Row{"key": key, "count": int64(s.Count), "lastRequest": s.LastRequest.UnixMilli()}
	if err := d.db.Identify(ModelName, row); err != nil {
		return false, err
	}
	_, err = d.db.Adapter().Insert(ctx, d.table, row)
	if errors.Is(err, db.ErrUnique) {
		return false, nil
	}
	return err == nil, err
}

// replace moves a counter from one state to the next, if it is still there.
// Where that is to count one more below the limit, any state will do from which
// that is right, so that requests at once need not wait for each other.
func (d *Database) replace(ctx context.Context, key string, rule Rule, from, to State) (done bool, err error) {
	last := to.LastRequest.UnixMilli()
	change := db.Change{
		Table: d.table,
		Where: db.Where{db.By("key", key), db.By("count", int64(from.Count)), db.By("lastRequest", from.LastRequest.UnixMilli())},
		Set:   db.Row{"count": int64(to.Count), "lastRequest": last},
	}
	if from.Count > 0 && from.Count < rule.Max && to.Count == from.Count+1 {
		change.Where = db.Where{
			db.By("key", key),
			{Field: "count", Op: db.Lt, Value: int64(rule.Max)},
			{Field: "lastRequest", Op: db.Gte, Value: last - rule.Window.Milliseconds()},
		}
		change.Set["count"] = db.Increment(1)
	}
	res, err := d.db.Adapter().Update(ctx, change)
	return res.Count > 0, err
}
