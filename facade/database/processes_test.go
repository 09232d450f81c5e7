package database_test

import (
	"context"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// Servers over one database and one Redis behave as one. The races over a
// database alone are in its adapter's package.
func TestRacesOfTwoProcesses(t *testing.T) {
	routestest.RunProcesses(t, routestest.Processes{
		New: func(t *testing.T) routestest.Shared {
			t.Helper()
			return routestest.Shared{Database: sqltest.Postgres(t), Secondary: redistest.New(t).Prefix}
		},
		Database: func(t *testing.T, at routestest.Shared) db.Adapter {
			t.Helper()
			a, err := postgres.Open(t.Context(), at.Database, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			closed(t, a.Close)
			return a
		},
		Secondary: func(t *testing.T, at routestest.Shared) secondary.Storage {
			t.Helper()
			// The clock of a race moves by leaps, and limits have to go with it.
			s, err := redis.Open(t.Context(), services.Redis(t), redis.Options{KeyPrefix: at.Secondary, SkipServerClock: true})
			if err != nil {
				t.Fatal(err)
			}
			closed(t, s.Close)
			return s
		},
	})
}

// closed closes with the test, whose own context has ended by then.
func closed(t *testing.T, end func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		if err := end(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}
