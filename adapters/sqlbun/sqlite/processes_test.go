package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTwoProcesses(t *testing.T) {
	routestest.RunProcesses(t, racetest.Processes{
		New: func(t *testing.T) racetest.Shared {
			return racetest.Shared{Database: filepath.Join(t.TempDir(), "shared.db")}
		},
		Database: func(t *testing.T, at racetest.Shared) db.Adapter {
			return open(t, at.Database, sqlite.Options{SkipSync: true})
		},
		IDs: db.IDSerial,
	})
}
