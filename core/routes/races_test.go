package routes_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRaces(t *testing.T) {
	routestest.RunRaces(t, func(*testing.T) db.Adapter { return memory.New() })
}
