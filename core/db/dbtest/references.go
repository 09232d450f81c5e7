package dbtest

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func referenceTests(t *testing.T, s subject) {
	remove := func(f *fixture, model string, w ...db.Cond) error {
		_, err := f.a.Delete(f.ctx, db.Removal{Table: f.tables[model], Where: w})
		return err
	}
	t.Run("rows of a removed user go with it, and others stay", func(t *testing.T) {
		f := s.begin(t)
		ann, bob := f.insert("user", nil), f.insert("user", nil)
		for _, u := range []db.Row{ann, bob} {
			f.insert("session", db.Row{"userId": u[db.ID]})
			f.insert("account", db.Row{"userId": u[db.ID]})
			f.insert("thing", db.Row{"label": u["email"], "ownerId": u[db.ID]})
		}
		if err := remove(f, "user", db.By(db.ID, ann[db.ID])); err != nil {
			t.Fatal(err)
		}
		for _, model := range []string{"user", "session", "account", "thing"} {
			f.wantCount(1, model)
		}
		f.wantCount(1, "session", db.By("userId", bob[db.ID]))
	})
	t.Run("what refers with set null forgets a removed user", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		f.insert("memo", db.Row{"authorId": u[db.ID]})
		if err := remove(f, "user"); err != nil {
			t.Fatal(err)
		}
		f.same(nil, f.one("memo")["authorId"])
	})
	t.Run("what refers with restrict keeps a user, and everything that would go with it", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		f.insert("session", db.Row{"userId": u[db.ID]})
		f.insert("memo", db.Row{"authorId": u[db.ID]})
		bond := f.insert("bond", db.Row{"holderId": u[db.ID]})
		if err := remove(f, "user"); !errors.Is(err, db.ErrReference) {
			t.Fatalf("the error is %v, want db.ErrReference", err)
		}
		f.wantCount(1, "user")
		f.wantCount(1, "session")
		f.wantCount(1, "memo", db.By("authorId", u[db.ID]))
		if err := remove(f, "bond", db.By(db.ID, bond[db.ID])); err != nil {
			t.Fatal(err)
		}
		if err := remove(f, "user"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a reference to nothing is refused", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		nobody := map[db.IDKind]string{db.IDText: "nobody", db.IDUUID: "018f0000-0000-7000-8000-ffffffffffff", db.IDSerial: "999"}[s.ids]
		if _, err := f.a.Insert(f.ctx, f.tables["session"], f.row("session", db.Row{"userId": nobody})); !errors.Is(err, db.ErrReference) {
			t.Errorf("insert: %v, want db.ErrReference", err)
		}
		f.insert("session", db.Row{"userId": u[db.ID]})
		_, err := f.a.Update(f.ctx, db.Change{Table: f.tables["session"], Set: db.Row{"userId": nobody}})
		if !errors.Is(err, db.ErrReference) {
			t.Errorf("update: %v, want db.ErrReference", err)
		}
		f.wantCount(1, "session", db.By("userId", u[db.ID]))
	})
	t.Run("a reference may be to a unique field, which then cannot change", func(t *testing.T) {
		f := s.begin(t)
		f.insert("client", db.Row{"key": "k1"})
		f.insert("grant", db.Row{"clientKey": "k1"})
		_, err := f.a.Update(f.ctx, db.Change{Table: f.tables["client"], Set: db.Row{"key": "k2"}})
		if !errors.Is(err, db.ErrReference) {
			t.Errorf("update: %v, want db.ErrReference", err)
		}
		if err := remove(f, "client"); err != nil {
			t.Fatal(err)
		}
		f.wantCount(0, "grant")
	})
}
