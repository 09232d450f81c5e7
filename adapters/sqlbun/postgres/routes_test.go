package postgres_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTheCoreRoutes(t *testing.T) {
	t.Parallel()
	// Not with schemas that are used again: the races are of several strategies of ids.
	routestest.RunRaces(t, func(t *testing.T) db.Adapter {
		t.Helper()
		return open(t, sqltest.Postgres(t), postgres.Options{})
	})
}

func TestFailuresUnderTheCoreRoutes(t *testing.T) {
	t.Parallel()
	routestest.RunSomeFailures(t, fresh(t, postgres.Options{}))
}

// A second connection that a request asks for while it holds the first would
// never come.
func TestOneConnectionIsEnoughForTheCoreRoutes(t *testing.T) {
	t.Parallel()
	routestest.RunOnOneConnection(t, fresh(t, postgres.Options{Connections: 1}))
}

// fresh opens databases for the tests of a suite.
func fresh(parent *testing.T, opts postgres.Options) func(t *testing.T) db.Adapter {
	parent.Helper()
	schemas := sqltest.ReusedPostgres(parent)
	return func(t *testing.T) db.Adapter {
		t.Helper()
		return open(t, schemas(t), opts)
	}
}
