package postgres_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
)

// open opens a database and closes it with the test.
func open(t *testing.T, dsn string, opts postgres.Options) *sqlbun.Adapter {
	t.Helper()
	a, err := postgres.Open(t.Context(), dsn, opts)
	return sqltest.Closed(t, a, err)
}

// migrated opens a database and creates the tables.
func migrated(t *testing.T, dsn string, opts postgres.Options, tables []*db.Table) *sqlbun.Adapter {
	t.Helper()
	a := open(t, dsn, opts)
	if _, err := a.Apply(t.Context(), tables, nil); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestConformance(t *testing.T) {
	t.Parallel()
	parent := t
	with := func(opts postgres.Options) dbtest.Open {
		schemas := map[db.IDKind]func(testing.TB) string{}
		return func(t *testing.T, tables []*db.Table) db.Adapter {
			t.Helper()
			ids := tables[0].IDs
			if schemas[ids] == nil {
				schemas[ids] = sqltest.ReusedPostgres(parent)
			}
			return migrated(t, schemas[ids](t), opts, tables)
		}
	}
	dbtest.Options{WholeNumbers: true, OneConnection: with(postgres.Options{Connections: 1})}.Run(t, with(postgres.Options{}))
}
