package dbtest

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func orderTests(t *testing.T, s subject) {
	f := s.begin(t)
	for _, r := range []db.Row{
		{"text": "B", "count": 10, "kind": "x", "at": noon.Add(time.Hour)},
		{"text": "a", "count": 9, "kind": "x", "at": noon},
		{"text": "b", "count": 2, "kind": "y", "at": noon.Add(time.Millisecond), "on": true},
		{"text": "c", "kind": "y", "on": false},
	} {
		f.insert("sample", r)
	}
	asc := func(fields ...string) []db.Order {
		out := make([]db.Order, len(fields))
		for i, name := range fields {
			out[i] = db.Order{Field: name}
		}
		return out
	}
	cases := []struct {
		name  string
		query db.Query
		want  []string
	}{
		{"text in byte order", db.Query{Order: asc("text")}, []string{"B", "a", "b", "c"}},
		{"descending", db.Query{Order: []db.Order{{Field: "text", Desc: true}}}, []string{"c", "b", "a", "B"}},
		{"numbers as numbers, NULL first", db.Query{Order: asc("count")}, []string{"c", "b", "a", "B"}},
		{"NULL last when descending", db.Query{Order: []db.Order{{Field: "count", Desc: true}}}, []string{"B", "a", "b", "c"}},
		{"dates", db.Query{Order: asc("at")}, []string{"c", "a", "b", "B"}},
		{"false before true, NULL first", db.Query{Order: asc("on", "text"), Where: db.Where{db.By("kind", "y")}}, []string{"c", "b"}},
		{"by two fields", db.Query{Order: []db.Order{{Field: "kind", Desc: true}, {Field: "text"}}}, []string{"b", "c", "B", "a"}},
		{"a limit", db.Query{Order: asc("text"), Limit: 2}, []string{"B", "a"}},
		{"an offset", db.Query{Order: asc("text"), Offset: 3}, []string{"c"}},
		{"a limit and an offset", db.Query{Order: asc("text"), Limit: 2, Offset: 1}, []string{"a", "b"}},
		{"an offset beyond the end", db.Query{Order: asc("text"), Offset: 9}, []string{}},
		{"a limit beyond the end", db.Query{Order: asc("text"), Limit: 9, Offset: 3}, []string{"c"}},
		{"order, condition and limit together", db.Query{Where: db.Where{db.By("kind", "x")}, Order: asc("count"), Limit: 1}, []string{"a"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{T: t, a: f.a, ctx: f.ctx, tables: f.tables}
			c.query.Table = f.tables["sample"]
			f.same(c.want, column[string](f, f.selectAll(c.query), "text"))
		})
	}
	t.Run("a limit without an order bounds the result", func(t *testing.T) {
		if rows, err := f.a.Select(f.ctx, db.Query{Table: f.tables["sample"], Limit: 3}); err != nil || len(rows) != 3 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
	for name, q := range map[string]db.Query{
		"a negative limit":  {Limit: -1},
		"a negative offset": {Offset: -1},
		"an order by JSON":  {Order: asc("data")},
		"an order by lists": {Order: asc("tags")},
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			q.Table = f.tables["sample"]
			if _, err := f.a.Select(f.ctx, q); err == nil {
				t.Error("selected")
			}
		})
	}
}
