package ratelimit

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

const (
	// shortestStay is how long a counter is kept at least after its last request.
	// A row does not tell its window, and another server that shares the table
	// may have a longer one than any that is known here.
	shortestStay = time.Hour

	removedAtOnce = 500 // rows of one statement, so that it is short
	removals      = 200 // statements of one clean-up
)

// cleanUp removes counters whose window is long over, in the background.
func (d *Database) cleanUp(rule Rule, now time.Time) {
	for window := rule.Window.Milliseconds(); ; {
		longest := d.longest.Load()
		if window <= longest || d.longest.CompareAndSwap(longest, window) {
			break
		}
	}
	if d.background == nil || !d.cleanup.Due(now) {
		return
	}
	stay := max(shortestStay, 2*time.Duration(d.longest.Load())*time.Millisecond)
	before := now.Add(-stay).UnixMilli()
	d.background("removal of old rate limits", func(ctx context.Context) error { return d.remove(ctx, before) })
}

// remove takes away the counters whose last request was before an instant.
func (d *Database) remove(ctx context.Context, before int64) error {
	old := db.Cond{Field: "lastRequest", Op: db.Lt, Value: before}
	for range removals {
		rows, err := d.db.Adapter().Select(ctx, db.Query{
			Table: d.table, Where: db.Where{old}, Fields: []string{"key"}, Limit: removedAtOnce,
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		keys := make([]any, len(rows))
		for i, row := range rows {
			keys[i] = row["key"]
		}
		// One that was used again meanwhile is not old any more.
		_, err = d.db.Adapter().Delete(ctx, db.Removal{Table: d.table, Where: db.Where{{Field: "key", Op: db.In, Value: keys}, old}})
		if err != nil || len(rows) < removedAtOnce {
			return err
		}
	}
	return nil
}
