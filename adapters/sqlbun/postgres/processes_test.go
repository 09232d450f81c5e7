package postgres_test

import (
	"context"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRacesOfTwoProcesses(t *testing.T) {
	routestest.RunProcesses(t, routestest.Processes{
		New: func(t *testing.T) routestest.Shared { return routestest.Shared{Database: sqltest.Postgres(t)} },
		Database: func(t *testing.T, at routestest.Shared) db.Adapter {
			t.Helper()
			a, err := postgres.Open(t.Context(), at.Database, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			return a
		},
		IDs: db.IDUUID,
	})
}
