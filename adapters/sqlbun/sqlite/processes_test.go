package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTwoProcesses(t *testing.T) {
	routestest.RunProcesses(t, routestest.Processes{
		New: func(t *testing.T) routestest.Shared {
			return routestest.Shared{Database: filepath.Join(t.TempDir(), "shared.db")}
		},
		Database: func(t *testing.T, at routestest.Shared) db.Adapter {
			return open(t, at.Database, sqlite.Options{SkipSync: true})
		},
		IDs: db.IDSerial,
	})
}
