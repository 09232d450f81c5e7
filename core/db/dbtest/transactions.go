package dbtest

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

var errUndo = errors.New("undo")

func transactionTests(t *testing.T, s subject) {
	t.Run("a transaction that ends well keeps its writes", func(t *testing.T) {
		f := s.begin(t)
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			f.insertIn(ctx, "user", nil)
			if n := f.countIn(ctx, "user"); n != 1 {
				t.Errorf("inside: %d rows, want 1", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "user")
	})
	t.Run("an error undoes inserts, updates and removals and is returned", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", db.Row{"email": "kept@example.com"})
		f.insert("session", db.Row{"userId": u[db.ID], "token": "kept"})
		f.insert("user", db.Row{"email": "second@example.com"})
		before := f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: "email"}}})
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			f.insertIn(ctx, "user", nil)
			if _, err := f.a.Update(ctx, db.Change{Table: f.tables["user"], Set: db.Row{"name": "Changed"}}); err != nil {
				return err
			}
			if _, err := f.a.Delete(ctx, db.Removal{Table: f.tables["user"]}); err != nil {
				return err
			}
			f.insertIn(ctx, "user", db.Row{"email": "kept@example.com"})
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatalf("the error is %v", err)
		}
		f.same(before, f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: "email"}}}))
		f.same(u, f.one("user", db.By("email", "kept@example.com")))
		f.wantCount(1, "session", db.By("token", "kept"), db.By("userId", u[db.ID]))
		_, err = f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{"email": "kept@example.com"}))
		f.wantUnique(err, "user", "email")
	})
	t.Run("a statement that fails in a transaction inside leaves the outer one usable", func(t *testing.T) {
		f := s.begin(t)
		f.insert("user", db.Row{"email": "taken@example.com"})
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			f.insertIn(ctx, "user", nil)
			err := f.a.Tx(ctx, func(ctx context.Context) error {
				_, err := f.a.Insert(ctx, f.tables["user"], f.row("user", db.Row{"email": "taken@example.com"}))
				return err
			})
			f.wantUnique(err, "user", "email")
			f.insertIn(ctx, "user", nil)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.wantCount(3, "user")
	})
	t.Run("a transaction inside undoes its own part only", func(t *testing.T) {
		f := s.begin(t)
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			f.insertIn(ctx, "sample", db.Row{"text": "outer"})
			err := f.a.Tx(ctx, func(ctx context.Context) error {
				f.insertIn(ctx, "sample", db.Row{"text": "kept"})
				err := f.a.Tx(ctx, func(ctx context.Context) error {
					f.insertIn(ctx, "sample", db.Row{"text": "undone"})
					return errUndo
				})
				if !errors.Is(err, errUndo) {
					t.Errorf("innermost: %v", err)
				}
				return nil
			})
			if err != nil {
				return err
			}
			err = f.a.Tx(ctx, func(ctx context.Context) error {
				if _, err := f.a.Delete(ctx, db.Removal{Table: f.tables["sample"]}); err != nil {
					return err
				}
				return f.a.Tx(ctx, func(ctx context.Context) error {
					f.insertIn(ctx, "sample", db.Row{"text": "undone too"})
					return errUndo
				})
			})
			if !errors.Is(err, errUndo) {
				t.Errorf("second inner: %v", err)
			}
			f.insertIn(ctx, "sample", db.Row{"text": "after"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.same([]string{"after", "kept", "outer"}, f.labels(f.selectAll(db.Query{Table: f.tables["sample"]})))
	})
	t.Run("what a transaction inside kept goes when the outer one is undone", func(t *testing.T) {
		f := s.begin(t)
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			if err := f.a.Tx(ctx, func(ctx context.Context) error { f.insertIn(ctx, "user", nil); return nil }); err != nil {
				return err
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
		f.wantCount(0, "user")
	})
	t.Run("a panic undoes and goes on", func(t *testing.T) {
		f := s.begin(t)
		func() {
			defer func() { f.same("at the disco", recover()) }()
			_ = f.a.Tx(f.ctx, func(ctx context.Context) error {
				f.insertIn(ctx, "user", nil)
				panic("at the disco")
			})
		}()
		f.wantCount(0, "user")
		f.insert("user", nil)
	})
	t.Run("a panic inside undoes the inner part if the outer recovers", func(t *testing.T) {
		f := s.begin(t)
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			f.insertIn(ctx, "sample", db.Row{"text": "outer"})
			func() {
				defer func() { f.same("inner", recover()) }()
				_ = f.a.Tx(ctx, func(ctx context.Context) error {
					f.insertIn(ctx, "sample", db.Row{"text": "inner"})
					panic("inner")
				})
			}()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.same([]string{"outer"}, f.labels(f.selectAll(db.Query{Table: f.tables["sample"]})))
	})
	t.Run("a lock outside a transaction is refused", func(t *testing.T) {
		f := s.begin(t)
		if err := f.a.Lock(f.ctx, "x"); !errors.Is(err, db.ErrNoTx) {
			t.Fatalf("the error is %v, want db.ErrNoTx", err)
		}
	})
	t.Run("a lock can be taken twice, and again by the next transaction", func(t *testing.T) {
		f := s.begin(t)
		for range 2 {
			err := f.a.Tx(f.ctx, func(ctx context.Context) error {
				return errors.Join(f.a.Lock(ctx, "it's \"x\""), f.a.Lock(ctx, "it's \"x\""),
					f.a.Tx(ctx, func(ctx context.Context) error { return f.a.Lock(ctx, "y") }))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("the context of a transaction that has ended is refused", func(t *testing.T) {
		f := s.begin(t)
		//nolint:fatcontext // it is kept to be misused
		var kept context.Context
		if err := f.a.Tx(f.ctx, func(ctx context.Context) error { kept = ctx; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := f.a.Insert(kept, f.tables["user"], f.row("user", nil)); err == nil {
			t.Error("inserted")
		}
		if err := f.a.Tx(kept, func(context.Context) error { return nil }); err == nil {
			t.Error("began")
		}
		f.wantCount(0, "user")
	})
	t.Run("rows read for update can be changed in the same transaction", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			q := db.Query{Table: f.tables["user"], Where: db.Where{db.By(db.ID, u[db.ID])}, ForUpdate: true}
			rows, err := f.a.Select(ctx, q)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			_, err = f.a.Update(ctx, db.Change{Table: f.tables["user"], Set: db.Row{"name": "New"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		f.wantCount(1, "user", db.By("name", "New"))
	})
	t.Run("rows read for update with a join that can find several need a transaction", func(t *testing.T) {
		f := s.begin(t)
		u := f.insert("user", nil)
		f.insert("session", db.Row{"userId": u[db.ID]})
		user, session := f.tables["user"], f.tables["session"]
		for name, c := range map[string]struct {
			table *db.Table
			join  db.Join
			want  error // outside
		}{
			"of many rows":                  {user, db.Join{Table: session, Local: db.ID, Foreign: "userId", Many: true}, db.ErrNoTx},
			"of many, by a unique field":    {session, db.Join{Table: user, Local: "userId", Foreign: db.ID, Many: true}, db.ErrNoTx},
			"of one row out of several":     {user, db.Join{Table: session, Local: db.ID, Foreign: "userId"}, db.ErrNoTx},
			"of the only row there can be":  {session, db.Join{Table: user, Local: "userId", Foreign: db.ID}, nil},
			"of one row, by a unique field": {user, db.Join{Table: f.tables["client"], Local: "email", Foreign: "key"}, nil},
		} {
			q := db.Query{Table: c.table, ForUpdate: true, Joins: []db.Join{c.join}}
			if _, err := f.a.Select(f.ctx, q); !errors.Is(err, c.want) {
				t.Errorf("%s: outside the error is %v, want %v", name, err, c.want)
			}
			err := f.a.Tx(f.ctx, func(ctx context.Context) error {
				rows, err := f.a.Select(ctx, q)
				if err == nil && len(rows) != 1 {
					t.Errorf("%s: inside there are %d rows, want 1", name, len(rows))
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: inside: %v", name, err)
			}
		}
	})
}
