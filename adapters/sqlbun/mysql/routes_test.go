package mysql_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTheCoreRoutes(t *testing.T) {
	t.Parallel()
	routestest.RunRaces(t, fresh(t, mysql.Options{}))
}

func TestFailuresUnderTheCoreRoutes(t *testing.T) {
	t.Parallel()
	routestest.RunSomeFailures(t, fresh(t, mysql.Options{}))
}

// A second connection that a request asks for while it holds the first would
// never come.
func TestOneConnectionIsEnoughForTheCoreRoutes(t *testing.T) {
	t.Parallel()
	routestest.RunOnOneConnection(t, fresh(t, mysql.Options{Connections: 1}))
}

func fresh(parent *testing.T, opts mysql.Options) func(t *testing.T) db.Adapter {
	parent.Helper()
	databases := sqltest.ReusedMySQL(parent)
	return func(t *testing.T) db.Adapter {
		t.Helper()
		dsn := databases(t)
		return remade{open(t, dsn, opts), t, dsn}
	}
}

// remade is an Adapter of a reused database: tables that another test made with
// ids of another kind, which a migration must refuse, are dropped first.
type remade struct {
	*sqlbun.Adapter
	t   *testing.T
	dsn string
}

func (r remade) Apply(ctx context.Context, tables []*db.Table, progress func(db.Step)) (*db.Plan, error) {
	p, err := r.Adapter.Apply(ctx, tables, progress)
	if _, conflict := errors.AsType[*db.ConflictError](err); !conflict {
		return p, err
	}
	drops := []string{"SET foreign_key_checks = 0"}
	for _, table := range tables {
		drops = append(drops, "DROP TABLE IF EXISTS `"+table.Name+"`")
	}
	sqltest.MySQLExec(r.t, r.dsn, drops...)
	return r.Adapter.Apply(ctx, tables, progress)
}
