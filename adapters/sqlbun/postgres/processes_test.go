package postgres_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTwoProcesses(t *testing.T) {
	routestest.RunProcesses(t, racetest.Processes{
		New: func(t *testing.T) racetest.Shared { return racetest.Shared{Database: sqltest.Postgres(t)} },
		Database: func(t *testing.T, at racetest.Shared) db.Adapter {
			t.Helper()
			return open(t, at.Database, postgres.Options{})
		},
		IDs: db.IDUUID,
	})
}
