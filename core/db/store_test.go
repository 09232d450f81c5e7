package db_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

func note() *db.Table {
	t := &db.Table{Model: "note", Fields: []*db.Field{
		{Name: "text", Type: db.String},
		{Name: "hits", Type: db.Number, Default: func() any { return int64(0) }},
		{Name: "tag", Type: db.String, Nullable: true, OnUpdate: func() any { return "updated" }},
		{
			Name: "shout", Type: db.String, Nullable: true,
			TransformInput:  func(v any) (any, error) { return strings.ToUpper(v.(string)), nil },
			TransformOutput: func(v any) (any, error) { return fmt.Sprint(v, "!"), nil },
		},
	}}
	if err := t.Init(); err != nil {
		panic(err)
	}
	return t
}

func newStore(hooks map[string][]db.Hooks) *db.Store {
	n := 0
	return db.NewStore(memory.New(), func(model string) (string, error) {
		n++
		return fmt.Sprint(model, n), nil
	}, hooks)
}

func TestAStoreMakesIDsAndAppliesDefaults(t *testing.T) {
	s, table := newStore(nil), note()
	row, err := s.Create(t.Context(), table, db.Row{"text": "a", "shout": "hey"})
	if err != nil {
		t.Fatal(err)
	}
	if want := (db.Row{"id": "note1", "text": "a", "hits": int64(0), "tag": nil, "shout": "HEY!"}); !reflect.DeepEqual(row, want) {
		t.Errorf("got  %v\nwant %v", row, want)
	}
	res, err := s.Update(t.Context(), db.Change{Table: table, Where: db.Where{db.By("id", "note1")}, Set: db.Row{"hits": db.Increment(2)}, Returning: true})
	if err != nil || res.Rows[0]["hits"] != int64(2) || res.Rows[0]["tag"] != "updated" {
		t.Errorf("update: %v, %v", res, err)
	}
}

func TestAStoreRefusesWhatTheTableDoesNotHave(t *testing.T) {
	s, table := newStore(nil), note()
	if _, err := s.Create(t.Context(), table, db.Row{"text": "a", "other": 1}); err == nil {
		t.Error("an unknown field was written")
	}
	if _, err := s.Create(t.Context(), table, db.Row{}); err == nil {
		t.Error("a missing field was written")
	}
	if _, err := s.Update(t.Context(), db.Change{Table: table, Set: db.Row{"id": "x"}}); err == nil {
		t.Error("an id was changed")
	}
	if _, err := s.Update(t.Context(), db.Change{Table: table, Set: db.Row{"text": nil}}); err == nil {
		t.Error("a required field was set to null")
	}
}

func TestHooksRunAroundWrites(t *testing.T) {
	var log []string
	hook := func(name string) db.Hooks {
		return db.Hooks{
			Source: name,
			BeforeCreate: func(_ context.Context, row db.Row) (db.Row, error) {
				log = append(log, name+" before create "+row["text"].(string))
				return db.Row{"text": row["text"].(string) + "+"}, nil
			},
			AfterCreate: func(_ context.Context, row db.Row) error {
				log = append(log, name+" after create "+row["text"].(string))
				return nil
			},
			BeforeUpdate: func(_ context.Context, set db.Row) (db.Row, error) {
				log = append(log, name+" before update")
				return nil, nil
			},
			AfterUpdate:  func(context.Context, db.Row) error { log = append(log, name+" after update"); return nil },
			BeforeDelete: func(context.Context, db.Row) error { log = append(log, name+" before delete"); return nil },
			AfterDelete:  func(context.Context, db.Row) error { log = append(log, name+" after delete"); return nil },
		}
	}
	s, table := newStore(map[string][]db.Hooks{"note": {hook("a"), hook("b")}}), note()
	if _, err := s.Create(t.Context(), table, db.Row{"text": "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), db.Change{Table: table, Set: db.Row{"text": "y"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(t.Context(), db.Removal{Table: table}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a before create x", "b before create x+", "a after create x++", "b after create x++",
		"a before update", "b before update", "a after update", "b after update",
		"a before delete", "b before delete", "a after delete", "b after delete",
	}
	if !reflect.DeepEqual(log, want) {
		t.Errorf("got  %q\nwant %q", log, want)
	}
}

func TestAStoppedWriteChangesNothing(t *testing.T) {
	stop := db.Hooks{
		Source:       "user",
		BeforeUpdate: func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped },
		BeforeDelete: func(context.Context, db.Row) error { return db.ErrStopped },
		AfterUpdate:  func(context.Context, db.Row) error { t.Error("an after hook ran"); return nil },
		AfterDelete:  func(context.Context, db.Row) error { t.Error("an after hook ran"); return nil },
	}
	s, table := newStore(map[string][]db.Hooks{"note": {stop}}), note()
	if _, err := s.Create(t.Context(), table, db.Row{"text": "x"}); err != nil {
		t.Fatal(err)
	}
	_, updated := s.Update(t.Context(), db.Change{Table: table, Set: db.Row{"text": "y"}})
	_, deleted := s.Delete(t.Context(), db.Removal{Table: table})
	if !errors.Is(updated, db.ErrStopped) || !errors.Is(updated, db.ErrHook) || !errors.Is(deleted, db.ErrStopped) {
		t.Errorf("errors %v, %v", updated, deleted)
	}
	rows, err := s.Select(t.Context(), db.Query{Table: table})
	if err != nil || len(rows) != 1 || rows[0]["text"] != "x" {
		t.Errorf("rows %v, %v", rows, err)
	}
}

func TestWhatRunsAfterTheCommit(t *testing.T) {
	boom := errors.New("boom")
	for _, tc := range []struct {
		name  string
		inner error
		outer error
		want  []string
	}{
		{"everything when all commits", nil, nil, []string{"outer", "inner", "last"}},
		{"not what a savepoint has rolled back", boom, nil, []string{"outer", "last"}},
		{"nothing after a rollback", nil, boom, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log []string
			s := newStore(nil)
			after := func(ctx context.Context, what string) {
				if err := db.AfterCommit(ctx, func(context.Context) error { log = append(log, what); return nil }); err != nil {
					t.Error(err)
				}
				if len(log) > 0 {
					t.Errorf("%s ran before the commit", log)
				}
			}
			err := s.Tx(t.Context(), func(ctx context.Context) error {
				after(ctx, "outer")
				err := s.Tx(ctx, func(ctx context.Context) error { after(ctx, "inner"); return tc.inner })
				if !errors.Is(err, tc.inner) {
					t.Errorf("inner: %v", err)
				}
				after(ctx, "last")
				return tc.outer
			})
			if !errors.Is(err, tc.outer) || !reflect.DeepEqual(log, tc.want) {
				t.Errorf("ran %v, error %v", log, err)
			}
		})
	}
	ran := false
	if err := db.AfterCommit(t.Context(), func(context.Context) error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("without a transaction: ran %v, %v", ran, err)
	}
}
