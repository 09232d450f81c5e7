package dbtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

func TestWhatAWatchedRefusesDoesNotHappen(t *testing.T) {
	table := &db.Table{Model: "note", Fields: []*db.Field{{Name: "text", Type: db.String}}}
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	refused := "" // a call, or none
	var seen []string
	a := dbtest.Watched{Adapter: memory.New(), Before: func(_ context.Context, call dbtest.Call) error {
		seen = append(seen, call.String())
		if call.String() == refused {
			return boom
		}
		return nil
	}}
	ctx, where := t.Context(), db.Where{db.By(db.ID, "1")}
	work := func() error {
		return a.Tx(ctx, func(ctx context.Context) error {
			_, inserted := a.Insert(ctx, table, db.Row{db.ID: "1", "text": "a"})
			_, changed := a.Update(ctx, db.Change{Table: table, Where: where, Set: db.Row{"text": "b"}})
			_, read := a.Select(ctx, db.Query{Table: table, Where: where})
			_, counted := a.Count(ctx, table, where)
			_, deleted := a.Delete(ctx, db.Removal{Table: table, Where: db.Where{db.By("text", "a")}})
			return errors.Join(a.Lock(ctx, "notes"), inserted, changed, read, counted, deleted)
		})
	}
	if err := work(); err != nil {
		t.Fatal(err)
	}
	all := []string{"begin", "insert note", "update note", "select note", "count note", "delete note", "lock", "commit"}
	if diff := cmp.Diff(all, seen); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
	if _, err := a.Adapter.Delete(ctx, db.Removal{Table: table}); err != nil {
		t.Fatal(err)
	}
	for _, refused = range all {
		if err := work(); !errors.Is(err, boom) {
			t.Errorf("%s: %v", refused, err)
		}
		if n, err := a.Adapter.Count(ctx, table, nil); n != 0 || err != nil {
			t.Errorf("%s: %d rows are left, %v", refused, n, err)
		}
	}
}

func TestWhichCallsAreOfAModel(t *testing.T) {
	insert := dbtest.Call{Op: "insert", Table: &db.Table{Model: "note"}}
	for _, c := range []struct {
		call  dbtest.Call
		model string
		ops   []string
		want  bool
	}{
		{insert, "note", nil, true},
		{insert, "note", []string{"update", "insert"}, true},
		{insert, "note", []string{"update"}, false},
		{insert, "user", nil, false},
		{dbtest.Call{Op: "begin"}, "", nil, false},
	} {
		if got := c.call.Of(c.model, c.ops...); got != c.want {
			t.Errorf("%s of %q, %q: %v", c.call, c.model, c.ops, got)
		}
	}
}
