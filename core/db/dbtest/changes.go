package dbtest

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// wantUnique checks that err is a *db.UniqueError for the field.
func (f *fixture) wantUnique(err error, model, field string) {
	f.Helper()
	var unique *db.UniqueError
	if !errors.As(err, &unique) || !errors.Is(err, db.ErrUnique) {
		f.Fatalf("the error is %v, want a *db.UniqueError", err)
	}
	f.same(db.UniqueError{Model: model, Field: field}, *unique)
}

func changeTests(t *testing.T, s subject) {
	t.Run("a change sets what it names and leaves the rest", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"text": "a", "note": "n", "count": 1})
		f.insert("sample", db.Row{"text": "b", "note": "n"})
		res, err := f.a.Update(f.ctx, db.Change{
			Table: f.tables["sample"], Where: db.Where{db.By("text", "a")}, Set: db.Row{"note": nil, "on": true}, Returning: true,
		})
		if err != nil || res.Count != 1 {
			t.Fatalf("update: %+v, %v", res, err)
		}
		row := f.one("sample", db.By("text", "a"))
		f.same([]db.Row{row}, res.Rows)
		f.same([]any{nil, true, int64(1)}, []any{row["note"], row["on"], row["count"]})
		f.same("n", f.one("sample", db.By("text", "b"))["note"])
	})
	t.Run("without Returning only the number of rows comes back", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", nil)
		f.insert("sample", nil)
		res, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: db.Row{"note": "x"}})
		if err != nil || res.Count != 2 || res.Rows != nil {
			t.Fatalf("update: %+v, %v", res, err)
		}
	})
	t.Run("a row that already has the new values counts as changed", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"note": "same"})
		res, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: db.Row{"note": "same"}})
		if err != nil || res.Count != 1 {
			t.Fatalf("update: %+v, %v", res, err)
		}
	})
	t.Run("a change may set the field that it is conditional on", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"kind": "pending", "count": 1})
		change := db.Change{
			Table: f.tables["sample"], Where: db.Where{db.By("kind", "pending")},
			Set: db.Row{"kind": "done", "count": db.Increment(1)}, Returning: true,
		}
		res, err := f.a.Update(f.ctx, change)
		if err != nil || len(res.Rows) != 1 {
			t.Fatalf("first: %+v, %v", res, err)
		}
		f.same([]any{"done", int64(2)}, []any{res.Rows[0]["kind"], res.Rows[0]["count"]})
		if res, err = f.a.Update(f.ctx, change); err != nil || res.Count != 0 || len(res.Rows) != 0 {
			t.Fatalf("second: %+v, %v", res, err)
		}
	})
	t.Run("an increment adds, subtracts, and leaves NULL alone", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"text": "a", "count": 5})
		f.insert("sample", db.Row{"text": "b"})
		for _, by := range []db.Increment{3, -10} {
			if _, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: db.Row{"count": by}}); err != nil {
				t.Fatal(err)
			}
		}
		f.same(int64(-2), f.one("sample", db.By("text", "a"))["count"])
		f.same(nil, f.one("sample", db.By("text", "b"))["count"])
	})
	t.Run("a guarded increment stops at its bound", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"count": 2})
		won := 0
		for range 4 {
			res, err := f.a.Update(f.ctx, db.Change{
				Table: f.tables["sample"], Where: db.Where{{Field: "count", Op: db.Gt, Value: 0}}, Set: db.Row{"count": db.Increment(-1)},
			})
			if err != nil {
				t.Fatal(err)
			}
			won += int(res.Count)
		}
		f.same(2, won)
	})
	t.Run("only a number field can be incremented, the id cannot be set, and something must be", func(t *testing.T) {
		f := s.begin(t)
		row := f.insert("sample", nil)
		for name, set := range map[string]db.Row{
			"text incremented": {"note": db.Increment(1)},
			"id set":           {db.ID: row[db.ID]},
			"nothing set":      {},
		} {
			if _, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: set}); err == nil {
				t.Error(name)
			}
		}
	})
	t.Run("a change by a list takes all of its rows and leaves the others", func(t *testing.T) {
		f := s.begin(t)
		for _, label := range []string{"a", "b", "c", "d"} {
			f.insert("sample", db.Row{"text": label, "count": 1})
		}
		f.insert("sample", db.Row{"text": "a", "count": 2})
		res, err := f.a.Update(f.ctx, db.Change{
			Table: f.tables["sample"], Where: db.Where{{Field: "text", Op: db.In, Value: []any{"a", "c", "x"}}, db.By("count", 1)},
			Set: db.Row{"count": db.Increment(10)}, Returning: true,
		})
		if err != nil || res.Count != 2 {
			t.Fatalf("update: %+v, %v", res, err)
		}
		f.same([]string{"a", "c"}, f.labels(res.Rows))
		f.same([]int64{11, 11}, column[int64](f, res.Rows, "count"))
		f.wantCount(2, "sample", db.By("count", 11))
	})
	t.Run("consuming by a list gives all of its rows and leaves the others", func(t *testing.T) {
		f := s.begin(t)
		for _, label := range []string{"a", "b", "b", "c"} {
			f.insert("sample", db.Row{"text": label})
		}
		f.insert("sample", db.Row{"text": "b", "note": "kept"})
		r := db.Removal{
			Table: f.tables["sample"], Where: db.Where{{Field: "text", Op: db.In, Value: []any{"a", "b", "x"}}, db.By("note", nil)}, Returning: true,
		}
		res, err := f.a.Delete(f.ctx, r)
		if err != nil || res.Count != 3 {
			t.Fatalf("first: %+v, %v", res, err)
		}
		f.same([]string{"a", "b", "b"}, f.labels(res.Rows))
		if res, err = f.a.Delete(f.ctx, r); err != nil || res.Count != 0 || len(res.Rows) != 0 {
			t.Fatalf("second: %+v, %v", res, err)
		}
		f.same([]string{"b", "c"}, f.labels(f.selectAll(db.Query{Table: f.tables["sample"]})))
	})
	t.Run("by an empty list nothing is changed or consumed", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", nil)
		none := db.Where{{Field: "text", Op: db.In, Value: []any{}}}
		changed, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Where: none, Set: db.Row{"note": "x"}, Returning: true})
		if err != nil || changed.Count != 0 || len(changed.Rows) != 0 {
			t.Errorf("update: %+v, %v", changed, err)
		}
		removed, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["sample"], Where: none, Returning: true})
		if err != nil || removed.Count != 0 || len(removed.Rows) != 0 {
			t.Errorf("delete: %+v, %v", removed, err)
		}
		f.wantCount(1, "sample", db.By("note", nil))
	})
	t.Run("consuming gives the row once", func(t *testing.T) {
		f := s.begin(t)
		row := f.insert("sample", db.Row{"kind": "single-use", "data": object("k", "v")})
		r := db.Removal{Table: f.tables["sample"], Where: db.Where{db.By("kind", "single-use")}, Returning: true}
		res, err := f.a.Delete(f.ctx, r)
		if err != nil || res.Count != 1 {
			t.Fatalf("first: %+v, %v", res, err)
		}
		f.same([]db.Row{row}, res.Rows)
		if res, err = f.a.Delete(f.ctx, r); err != nil || res.Count != 0 || len(res.Rows) != 0 {
			t.Fatalf("second: %+v, %v", res, err)
		}
	})
}
