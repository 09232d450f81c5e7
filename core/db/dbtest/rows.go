package dbtest

import (
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func rowTests(t *testing.T, s subject) {
	t.Run("an inserted row comes back complete, with NULL as nil", func(t *testing.T) {
		f := s.begin(t)
		in := f.row("user", db.Row{"name": "Ann", "email": "ann@example.com", "emailVerified": true})
		row, err := f.a.Insert(f.ctx, f.tables["user"], in)
		if err != nil {
			t.Fatal(err)
		}
		id, ok := row[db.ID].(string)
		if !ok || id == "" {
			t.Fatalf("the id is %#v", row[db.ID])
		}
		if s.ids != db.IDSerial && id != in[db.ID] {
			t.Errorf("the id is %q, want %q", id, in[db.ID])
		}
		want := db.Row{db.ID: id, "name": "Ann", "email": "ann@example.com", "emailVerified": true, "image": nil, "createdAt": noon}
		f.same(want, row)
		f.same(want, f.one("user", db.By(db.ID, id)))
	})
	t.Run("the given row is not changed", func(t *testing.T) {
		f := s.begin(t)
		in := f.row("user", nil)
		n := len(in)
		if _, err := f.a.Insert(f.ctx, f.tables["user"], in); err != nil {
			t.Fatal(err)
		}
		if len(in) != n {
			t.Errorf("the given row now has %d fields, had %d", len(in), n)
		}
	})
	t.Run("a required field that is absent or nil is refused", func(t *testing.T) {
		f := s.begin(t)
		for _, row := range []db.Row{f.row("user", db.Row{"name": nil}), {"email": "a@b.co"}} {
			if _, err := f.a.Insert(f.ctx, f.tables["user"], row); err == nil {
				t.Error("inserted")
			}
		}
		u := f.insert("user", nil)
		set := db.Change{Table: f.tables["user"], Where: db.Where{db.By(db.ID, u[db.ID])}, Set: db.Row{"name": nil}}
		if _, err := f.a.Update(f.ctx, set); err == nil {
			t.Error("updated")
		}
		f.wantCount(1, "user", db.By("name", "Ann"))
	})
	t.Run("renamed tables and columns are invisible in rows", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		row := f.insert("thing", db.Row{"label": "lamp", "ownerId": u[db.ID], "size": int64(3)})
		want := db.Row{db.ID: row[db.ID], "label": "lamp", "ownerId": u[db.ID], "size": int64(3)}
		f.same(want, row)
		f.same(want, f.one("thing", db.By("label", "lamp"), db.By("ownerId", u[db.ID]), db.By("size", 3)))
		res, err := f.a.Update(f.ctx, db.Change{
			Table: f.tables["thing"], Where: db.Where{db.By("label", "lamp")},
			Set: db.Row{"label": "desk", "size": db.Increment(2)}, Returning: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		want["label"], want["size"] = "desk", int64(5)
		f.same([]db.Row{want}, res.Rows)
		gone, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["thing"], Where: db.Where{db.By("label", "desk")}, Returning: true})
		if err != nil {
			t.Fatal(err)
		}
		f.same([]db.Row{want}, gone.Rows)
	})
	t.Run("Fields restricts what is read", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", db.Row{"email": "x@example.com"})
		rows := f.selectAll(db.Query{Table: f.tables["user"], Fields: []string{"email", db.ID}, Order: []db.Order{{Field: "name"}}})
		f.same([]db.Row{{"email": "x@example.com", db.ID: u[db.ID]}}, rows)
	})
	t.Run("nothing found is an empty result", func(t *testing.T) {
		f := s.begin(t)
		if rows := f.selectAll(db.Query{Table: f.tables["user"]}); len(rows) != 0 {
			t.Errorf("%d rows", len(rows))
		}
		f.wantCount(0, "user")
		res, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["user"], Returning: true})
		if err != nil || res.Count != 0 || len(res.Rows) != 0 {
			t.Errorf("delete: %+v, %v", res, err)
		}
	})
	t.Run("a removal takes what matches and nothing else", func(t *testing.T) {
		f := s.begin(t)
		for _, kind := range []string{"a", "a", "b"} {
			f.insert("sample", db.Row{"kind": kind, "text": kind})
		}
		res, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["sample"], Where: db.Where{db.By("kind", "a")}})
		if err != nil || res.Count != 2 || res.Rows != nil {
			t.Fatalf("delete: %+v, %v", res, err)
		}
		f.same([]string{"b"}, f.labels(f.selectAll(db.Query{Table: f.tables["sample"]})))
	})
	t.Run("a unique field refuses a second row and names the field", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", db.Row{"email": "one@example.com"})
		_, err := f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{"email": "one@example.com"}))
		f.wantUnique(err, "user", "email")
		f.wantCount(1, "user")

		f.insert("thing", db.Row{"label": "lamp"})
		_, err = f.a.Insert(f.ctx, f.tables["thing"], f.row("thing", db.Row{"label": "lamp"}))
		f.wantUnique(err, "thing", "label")

		_, err = f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{db.ID: u[db.ID]}))
		f.wantUnique(err, "user", db.ID)

		two := f.insert("user", db.Row{"email": "two@example.com"})
		_, err = f.a.Update(f.ctx, db.Change{
			Table: f.tables["user"], Where: db.Where{db.By(db.ID, two[db.ID])}, Set: db.Row{"email": "one@example.com"},
		})
		f.wantUnique(err, "user", "email")
		f.wantCount(1, "user", db.By("email", "two@example.com"))
	})
	t.Run("a change that a unique field refuses half way changes nothing", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", db.Row{"text": "a", "code": "A"})
		f.insert("sample", db.Row{"text": "b", "code": "B"})
		_, err := f.a.Update(f.ctx, db.Change{Table: f.tables["sample"], Set: db.Row{"code": "C"}})
		f.wantUnique(err, "sample", "code")
		got := column[string](f, f.selectAll(db.Query{Table: f.tables["sample"]}), "code")
		slices.Sort(got)
		f.same([]string{"A", "B"}, got)
	})
	t.Run("many rows have NULL in a unique field, and a value is free again after a removal", func(t *testing.T) {
		f := s.begin(t)
		f.insert("sample", nil)
		f.insert("sample", nil)
		f.insert("sample", db.Row{"code": "A"})
		if _, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["sample"], Where: db.Where{db.By("code", "A")}}); err != nil {
			t.Fatal(err)
		}
		f.insert("sample", db.Row{"code": "A"})
		f.wantCount(3, "sample")
	})
}
