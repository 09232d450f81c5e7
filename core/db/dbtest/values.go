package dbtest

import (
	"math"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (o Options) valueTests(t *testing.T, s subject) {
	zone := time.FixedZone("", 5*3600+1800)
	cases := []struct {
		name, field string
		in, want    any
		fraction    bool
		early       bool // before 1970
	}{
		{name: "empty text stays empty and is not NULL", field: "note", in: "", want: ""},
		{name: "a whole number is an int64", field: "count", in: int64(42), want: int64(42)},
		{name: "an int is taken", field: "count", in: -7, want: int64(-7)},
		{name: "zero is not NULL", field: "count", in: 0, want: int64(0)},
		{name: "a float without a fraction is an int64", field: "count", in: 3.0, want: int64(3)},
		{name: "a fraction is a float64", field: "count", in: 2.5, want: 2.5, fraction: true},
		{name: "a big number keeps every digit", field: "big", in: int64(math.MaxInt64), want: int64(math.MaxInt64)},
		{name: "the smallest number keeps every digit", field: "big", in: int64(math.MinInt64), want: int64(math.MinInt64)},
		{name: "true", field: "on", in: true, want: true},
		{name: "false is not NULL", field: "on", in: false, want: false},
		{name: "a date keeps its milliseconds", field: "at", in: noon, want: noon},
		{name: "a date loses what is below milliseconds", field: "at", in: noon.Add(999_999), want: noon},
		{name: "a date of another zone is the same instant in UTC", field: "at", in: noon.In(zone), want: noon},
		{name: "a date without milliseconds", field: "at", in: noon.Truncate(time.Second), want: noon.Truncate(time.Second)},
		{name: "a date before 1970", early: true, field: "at", in: time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC), want: time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC)},
		{
			name: "a JSON object", field: "data", in: map[string]any{"a": []any{1, "x", nil, true, 1.5, map[string]any{}}},
			want: object("a", []any{1.0, "x", nil, true, 1.5, wire.NewObject()}),
		},
		{name: "an ordered JSON object", field: "data", in: object("a", object("b", []any{})), want: object("a", object("b", []any{}))},
		{name: "a date in JSON is an ISO string", field: "data", in: []any{noon}, want: []any{"2026-11-21T12:30:45.024Z"}},
		{name: "JSON text that looks like JSON stays text", field: "data", in: `{"a":1}`, want: `{"a":1}`},
		{name: "a JSON list", field: "data", in: []any{}, want: []any{}},
		{name: "JSON false", field: "data", in: false, want: false},
		{name: "a JSON number", field: "data", in: 7, want: 7.0},
		{name: "a list of text", field: "tags", in: []string{"b", "", `a,"b`}, want: []string{"b", "", `a,"b`}},
		{name: "an empty list is not NULL", field: "tags", in: []string{}, want: []string{}},
		{name: "a list of numbers", field: "scores", in: []float64{1, 2.5, -3}, want: []float64{1, 2.5, -3}},
		{name: "NULL text", field: "note"},
		{name: "NULL number", field: "count"},
		{name: "NULL boolean", field: "on"},
		{name: "NULL date", field: "at"},
		{name: "NULL JSON", field: "data"},
		{name: "NULL list", field: "tags"},
	}
	f := s.begin(t)
	sample := f.tables["sample"]
	for _, c := range cases {
		if c.fraction && o.WholeNumbers || c.early && o.Timestamps {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{T: t, a: f.a, ctx: f.ctx, tables: f.tables, ids: f.ids}
			f.made.Store(1000)
			if _, err := f.a.Delete(f.ctx, db.Removal{Table: sample}); err != nil {
				t.Fatal(err)
			}
			f.same(c.want, f.insert("sample", db.Row{c.field: c.in, "text": "inserted"})[c.field])
			f.same(c.want, f.one("sample", db.By("text", "inserted"))[c.field])

			f.insert("sample", db.Row{"text": "updated"})
			change := db.Change{Table: sample, Where: db.Where{db.By("text", "updated")}, Set: db.Row{c.field: c.in}, Returning: true}
			res, err := f.a.Update(f.ctx, change)
			if err != nil || len(res.Rows) != 1 {
				t.Fatalf("update: %+v, %v", res, err)
			}
			f.same(c.want, res.Rows[0][c.field])
			f.same(c.want, f.one("sample", db.By("text", "updated"))[c.field])

			gone, err := f.a.Delete(f.ctx, db.Removal{Table: sample, Where: db.Where{db.By("text", "updated")}, Returning: true})
			if err != nil || len(gone.Rows) != 1 {
				t.Fatalf("delete: %+v, %v", gone, err)
			}
			f.same(c.want, gone.Rows[0][c.field])
		})
	}
	t.Run("a value of another type is refused", func(t *testing.T) {
		f := s.begin(t)
		for field, v := range map[string]any{
			"note": 1, "count": "1", "on": 1, "at": "2026-11-21T12:00:00.000Z", "tags": []any{"a"}, "scores": []string{"1"},
			"big": math.NaN(), "code": []byte("x"), "data": make(chan int), "kind": db.Increment(1),
		} {
			if _, err := f.a.Insert(f.ctx, f.tables["sample"], f.row("sample", db.Row{field: v})); err == nil {
				t.Errorf("%s took a %T", field, v)
			}
			if _, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: db.Row{field: v}}); err == nil {
				t.Errorf("%s was set to a %T", field, v)
			}
		}
		f.wantCount(0, "sample")
	})
	t.Run("a caller who changes what went in or came out does not change the store", func(t *testing.T) {
		f := s.begin(t)
		tags, data := []string{"a"}, object("list", []any{"x"})
		spoil := func(tags []string, data *wire.Object) {
			tags[0] = "spoilt"
			list, _ := data.Get("list")
			list.([]any)[0] = "spoilt"
			data.Set("more", true)
		}
		out := f.insert("sample", db.Row{"tags": tags, "data": data})
		spoil(tags, data)
		spoil(out["tags"].([]string), out["data"].(*wire.Object))
		read := f.one("sample")
		spoil(read["tags"].([]string), read["data"].(*wire.Object))
		read["text"] = "spoilt"
		row := f.one("sample")
		f.same([]string{"a"}, row["tags"])
		f.same(object("list", []any{"x"}), row["data"])
		f.same("text", row["text"])
	})
}
