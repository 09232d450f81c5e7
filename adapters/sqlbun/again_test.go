package sqlbun_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// counting counts the faults of a contended database.
type counting struct {
	contended
	faults *int
}

func (d counting) Fault(err error) sqlbun.Fault {
	*d.faults++
	return d.contended.Fault(err)
}

func TestAStatementThatMetATransactionRunsAgainByItself(t *testing.T) {
	t.Parallel()
	pool, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	faults := 0
	a := sqlbun.New(counting{faults: &faults}, pool, pool)
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	table := &db.Table{Model: "t", Fields: []*db.Field{{Name: "v", Type: db.String}}}
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Apply(t.Context(), []*db.Table{table}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Insert(t.Context(), table, db.Row{db.ID: "1", "v": "x"}); err != nil {
		t.Fatal(err)
	}
	for name, trigger := range map[string]string{
		"update": `create trigger u before update on t begin select raise(abort, ''); end`,
		"delete": `create trigger d before delete on t begin select raise(abort, ''); end`,
	} {
		if _, err := pool.ExecContext(t.Context(), trigger); err != nil {
			t.Fatal(err)
		}
		faults = 0
		if name == "update" {
			_, err = a.Update(t.Context(), db.Change{Table: table, Set: db.Row{"v": "y"}})
		} else {
			_, err = a.Delete(t.Context(), db.Removal{Table: table})
		}
		if err == nil || faults != 3 {
			t.Errorf("%s: %d runs, want 3 (%v)", name, faults, err)
		}
	}
}
