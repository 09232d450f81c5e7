package routes_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

// The calls of this database exclude each other, as those of one connection.
func TestNothingWaitsForItself(t *testing.T) {
	routestest.RunOnOneConnection(t, func(*testing.T) db.Adapter { return memory.New() })
}
