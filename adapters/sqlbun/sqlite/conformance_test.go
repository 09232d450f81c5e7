package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
)

// open opens a database and closes it with the test.
func open(t *testing.T, dsn string, opts sqlite.Options) *sqlbun.Adapter {
	t.Helper()
	a, err := sqlite.Open(t.Context(), dsn, opts)
	return sqltest.Closed(t, a, err)
}

// migrated opens a database and creates the tables.
func migrated(t *testing.T, dsn string, opts sqlite.Options, tables []*db.Table) *sqlbun.Adapter {
	t.Helper()
	a := open(t, dsn, opts)
	if _, err := a.Apply(t.Context(), tables, nil); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestConformanceOfAFile(t *testing.T) {
	t.Parallel()
	file := func(opts sqlite.Options) dbtest.Open {
		// Syncing is proved elsewhere; the suite makes hundreds of databases.
		opts.SkipSync = true
		return func(t *testing.T, tables []*db.Table) db.Adapter {
			return migrated(t, filepath.Join(t.TempDir(), "auth.db"), opts, tables)
		}
	}
	dbtest.Options{OneConnection: file(sqlite.Options{Connections: 1})}.Run(t, file(sqlite.Options{}))
}

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, tables []*db.Table) db.Adapter {
		return migrated(t, ":memory:", sqlite.Options{}, tables)
	})
}
