package memory_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(*testing.T, []*db.Table) db.Adapter { return memory.New() })
}

func TestACallThatWaitsForATransactionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := &db.Table{Model: "t"}
		if err := table.Init(); err != nil {
			t.Fatal(err)
		}
		a := memory.New()
		err := a.Tx(t.Context(), func(context.Context) error {
			ctx, cancel := context.WithCancel(t.Context())
			waited := make(chan error, 2)
			go func() { _, err := a.Count(ctx, table, nil); waited <- err }()
			go func() { waited <- a.Tx(ctx, func(context.Context) error { return nil }) }()
			synctest.Wait() // both are waiting for this transaction
			cancel()
			for range 2 {
				if err := <-waited; !errors.Is(err, context.Canceled) {
					t.Errorf("the error is %v, want context.Canceled", err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestATableThatGainsAUniqueFieldIsIndexedAnew(t *testing.T) {
	t.Parallel()
	declare := func(unique bool) *db.Table {
		table := &db.Table{Model: "t", Fields: []*db.Field{{Name: "code", Type: db.String, Unique: unique}}}
		if err := table.Init(); err != nil {
			t.Fatal(err)
		}
		return table
	}
	a, loose, strict := memory.New(), declare(false), declare(true)
	for _, id := range []string{"1", "2"} {
		if _, err := a.Insert(t.Context(), loose, db.Row{db.ID: id, "code": "same"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Count(t.Context(), strict, nil); err == nil {
		t.Error("rows of the same value became unique")
	}
	if _, err := a.Delete(t.Context(), db.Removal{Table: loose, Where: db.Where{db.By(db.ID, "2")}}); err != nil {
		t.Fatal(err)
	}
	var unique *db.UniqueError
	if _, err := a.Insert(t.Context(), strict, db.Row{db.ID: "3", "code": "same"}); !errors.As(err, &unique) || unique.Field != "code" {
		t.Errorf("the error is %v, want a *db.UniqueError for code", err)
	}
}
