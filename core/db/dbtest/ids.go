package dbtest

import (
	"strconv"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func idTests(t *testing.T, s subject) {
	t.Run("an id that cannot exist matches nothing and breaks nothing", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		f.insert("session", db.Row{"userId": u[db.ID]})
		for _, id := range []string{"", "nope", "01", "+1", " 1", "1 ", "1.0", "1e0", "-1", "0", "0x1", "99999999999999999999", "1;", "' OR 1=1"} {
			for model, field := range map[string]string{"user": db.ID, "session": "userId"} {
				f.wantCount(0, model, db.By(field, id))
				f.wantCount(0, model, db.Cond{Field: field, Op: db.In, Value: []any{id, id}})
				f.wantCount(1, model, db.Cond{Field: field, Op: db.In, Value: []any{id, u[db.ID]}})
				f.wantCount(1, model, db.Cond{Field: field, Op: db.Ne, Value: id})
				f.wantCount(1, model, db.Cond{Field: field, Op: db.NotIn, Value: []any{id}})
			}
		}
		f.wantCount(1, "user", db.By(db.ID, u[db.ID]))
		f.wantCount(1, "session", db.By("userId", u[db.ID]))
	})
	t.Run("a nil id matches nothing", func(t *testing.T) {
		f := s.begin(t)
		f.insert("user", nil)
		f.wantCount(0, "user", db.By(db.ID, nil))
	})
	if s.ids != db.IDSerial {
		t.Run("an absent or empty id is refused", func(t *testing.T) {
			f := s.begin(t)
			for _, id := range []any{nil, ""} {
				if _, err := f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{db.ID: id})); err == nil {
					t.Errorf("inserted with %#v", id)
				}
			}
			f.wantCount(0, "user")
		})
		return
	}
	t.Run("the database numbers rows upwards, also after an id that was given", func(t *testing.T) {
		f := s.begin(t)
		first, err := strconv.Atoi(f.insert("user", nil)[db.ID].(string))
		if err != nil {
			t.Fatal(err)
		}
		second := f.insert("user", nil)
		f.same(strconv.Itoa(first+1), second[db.ID])
		f.same("100", f.insert("sample", db.Row{db.ID: "100"})[db.ID])
	})
	t.Run("an id is not given out again when its row is gone", func(t *testing.T) {
		// Whatever still names the row that is gone would name the new one.
		f := s.begin(t)
		f.insert("user", nil)
		last := f.insert("user", nil)[db.ID].(string)
		if _, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables["user"], Where: db.Where{db.By(db.ID, last)}}); err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(last)
		if err != nil {
			t.Fatal(err)
		}
		f.same(strconv.Itoa(n+1), f.insert("user", nil)[db.ID])
	})
	t.Run("numbered ids sort as numbers", func(t *testing.T) {
		f := s.begin(t)
		for _, id := range []string{"10", "9", "101"} {
			f.insert("user", db.Row{db.ID: id})
		}
		rows := f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: db.ID}}})
		f.same([]string{"9", "10", "101"}, column[string](f, rows, db.ID))
		f.wantCount(2, "user", db.Cond{Field: db.ID, Op: db.Gt, Value: "9"})
	})
	t.Run("an id that is not a number is refused", func(t *testing.T) {
		f := s.begin(t)
		for _, id := range []string{"abc", "", "0", "-1", "01", "99999999999999999999"} {
			if _, err := f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{db.ID: id})); err == nil {
				t.Errorf("inserted with %q", id)
			}
		}
	})
}
