package database_test

import (
	"context"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

// Servers over one database and one Redis behave as one. The races over a
// database alone are in its adapter's package.
func TestRacesOfTwoProcesses(t *testing.T) {
	routestest.RunProcesses(t, onPostgresAndRedis)
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
