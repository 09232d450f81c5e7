package mysql_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
)

// open opens a database and closes it with the test.
func open(t *testing.T, dsn string, opts mysql.Options) *sqlbun.Adapter {
	t.Helper()
	a, err := mysql.Open(t.Context(), dsn, opts)
	return sqltest.Closed(t, a, err)
}

// migrated opens a database and creates the tables.
func migrated(t *testing.T, dsn string, opts mysql.Options, tables []*db.Table) *sqlbun.Adapter {
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
	fresh := func(opts mysql.Options) dbtest.Open {
		databases := map[db.IDKind]func(testing.TB) string{}
		return func(t *testing.T, tables []*db.Table) db.Adapter {
			ids := tables[0].IDs
			if databases[ids] == nil {
				databases[ids] = sqltest.ReusedMySQL(parent)
			}
			return migrated(t, databases[ids](t), opts, tables)
		}
	}
	dbtest.Options{
		OneConnection: fresh(mysql.Options{Connections: 1}),
		WholeNumbers:  true,
		Timestamps:    true,
		ShortText:     true,
	}.Run(t, fresh(mysql.Options{}))
}
