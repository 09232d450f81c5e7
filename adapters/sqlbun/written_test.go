package sqlbun_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestARowThatWasWrittenAndCannotBeReadIsNotCommitted(t *testing.T) {
	t.Parallel()
	pool, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	a := sqlbun.New(sqlite.Dialect{}, pool, pool)
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	table := &db.Table{Model: "t", Fields: []*db.Field{{Name: "v", Type: db.String}, {Name: "at", Type: db.Date, Nullable: true}}}
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Apply(t.Context(), []*db.Table{table}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.ExecContext(t.Context(), `insert into t (id, v, at) values ('1', 'x', 'no date')`); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(ctx context.Context) error{
		"update": func(ctx context.Context) error {
			_, err := a.Update(ctx, db.Change{Table: table, Set: db.Row{"v": "y"}, Returning: true})
			return err
		},
		"delete": func(ctx context.Context) error {
			_, err := a.Delete(ctx, db.Removal{Table: table, Returning: true})
			return err
		},
	} {
		err := a.Tx(t.Context(), func(ctx context.Context) error {
			if write(ctx) == nil {
				t.Errorf("%s: the date was read", name)
			}
			return nil // as if nothing had happened
		})
		if n, countErr := a.Count(t.Context(), table, db.Where{db.By("v", "x")}); err == nil || n != 1 || countErr != nil {
			t.Errorf("%s: the transaction reports %v, %d rows are as before (%v)", name, err, n, countErr)
		}
	}
}
