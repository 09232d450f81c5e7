package dbtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// racers is how many goroutines start at once where exactly one, or few, may win.
const racers = 50

// noon is an instant with milliseconds that are not zero.
var noon = time.Date(2026, 11, 21, 12, 30, 45, 24_000_000, time.UTC)

// fixture is one opened storage and short forms of its calls.
type fixture struct {
	*testing.T
	a      db.Adapter
	ctx    context.Context //nolint:containedctx // the test's own context
	tables map[string]*db.Table
	ids    db.IDKind
	made   atomic.Int64
}

func (s subject) begin(t *testing.T) *fixture {
	t.Helper()
	list, byModel := mustTables(t, s.ids)
	// The limit turns a hang into a failure that says where.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return &fixture{T: t, a: s.open(t, list), ctx: ctx, tables: byModel, ids: s.ids}
}

// numbered makes an id as the strategy has it; empty where the database makes it.
func (f *fixture) numbered(n int64) string {
	switch f.ids {
	case db.IDUUID:
		return fmt.Sprintf("018f0000-0000-7000-8000-%012d", n)
	case db.IDSerial:
		return ""
	}
	return fmt.Sprintf("id%06d", n)
}

// row completes a row with an id and what its table requires.
func (f *fixture) row(model string, given db.Row) db.Row {
	row := db.Row{}
	n := f.made.Add(1)
	if id := f.numbered(n); id != "" {
		row[db.ID] = id
	}
	switch model {
	case "user":
		maps.Copy(row, db.Row{"name": "Ann", "email": fmt.Sprintf("u%d@example.com", n), "emailVerified": false, "createdAt": noon})
	case "session":
		maps.Copy(row, db.Row{"expiresAt": noon, "token": fmt.Sprintf("token%d", n)})
	case "account":
		maps.Copy(row, db.Row{"accountId": fmt.Sprint(n), "providerId": "credential"})
	case "sample", "memo":
		row["text"] = "text"
	}
	maps.Copy(row, given)
	return row
}

func (f *fixture) insert(model string, given db.Row) db.Row {
	f.Helper()
	return f.insertIn(f.ctx, model, given)
}

func (f *fixture) insertIn(ctx context.Context, model string, given db.Row) db.Row {
	f.Helper()
	row, err := f.a.Insert(ctx, f.tables[model], f.row(model, given))
	if err != nil {
		f.Fatalf("insert into %s: %v", model, err)
	}
	return row
}

func (f *fixture) selectAll(q db.Query) []db.Row {
	f.Helper()
	rows, err := f.a.Select(f.ctx, q)
	if err != nil {
		f.Fatalf("select from %s: %v", q.Table.Model, err)
	}
	return rows
}

// one reads the only row that matches.
func (f *fixture) one(model string, w ...db.Cond) db.Row {
	f.Helper()
	rows := f.selectAll(db.Query{Table: f.tables[model], Where: w})
	if len(rows) != 1 {
		f.Fatalf("%s: %d rows match, want 1", model, len(rows))
	}
	return rows[0]
}

func (f *fixture) count(model string, w ...db.Cond) int64 {
	f.Helper()
	return f.countIn(f.ctx, model, w...)
}

func (f *fixture) countIn(ctx context.Context, model string, w ...db.Cond) int64 {
	f.Helper()
	n, err := f.a.Count(ctx, f.tables[model], w)
	if err != nil {
		f.Fatalf("count %s: %v", model, err)
	}
	return n
}

func (f *fixture) wantCount(want int64, model string, w ...db.Cond) {
	f.Helper()
	if n := f.count(model, w...); n != want {
		f.Errorf("%s: %d rows, want %d", model, n, want)
	}
}

func (f *fixture) same(want, got any) {
	f.Helper()
	if diff := cmp.Diff(want, got, members); diff != "" {
		f.Errorf("(-want +got)\n%s", diff)
	}
}

// members compares JSON objects by what they hold: jsonb does not keep an order.
var members = cmp.Transformer("members", func(o *wire.Object) map[string]any { return maps.Collect(o.All()) })

// object makes a JSON object of one member.
func object(key string, v any) *wire.Object {
	o := wire.NewObject()
	o.Set(key, v)
	return o
}

// column collects one field of the rows, sorted when it is text.
func column[T any](f *fixture, rows []db.Row, field string) []T {
	f.Helper()
	out := make([]T, len(rows))
	for i, row := range rows {
		v, ok := row[field].(T)
		if !ok {
			f.Fatalf("%s is a %T", field, row[field])
		}
		out[i] = v
	}
	return out
}

// labels collects the text field of the rows, sorted, which is how the tests
// name rows where no order was asked for.
func (f *fixture) labels(rows []db.Row) []string {
	f.Helper()
	out := column[string](f, rows, "text")
	slices.Sort(out)
	return out
}

// race runs n calls that start together and returns their errors by number.
func race(n int, call func(i int) error) []error {
	start := make(chan struct{})
	errs := make([]error, n)
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	done.Wait()
	return errs
}

// noErrors fails on the first of errs that is not nil.
func (f *fixture) noErrors(errs []error) {
	f.Helper()
	for _, err := range errs {
		if err != nil {
			f.Fatalf("a racer failed: %v", err)
		}
	}
}
