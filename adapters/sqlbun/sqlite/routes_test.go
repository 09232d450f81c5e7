package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTheCoreRoutes(t *testing.T) {
	routestest.RunRaces(t, fresh)
}

func TestFailuresUnderTheCoreRoutes(t *testing.T) {
	routestest.RunFailures(t, fresh)
}

func fresh(t *testing.T) db.Adapter {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "routes.db"), sqlite.Options{SkipSync: true})
}
