package routes_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestPanicsOfTheApplication(t *testing.T) {
	routestest.RunPanics(t, func(*testing.T) db.Adapter { return memory.New() })
}
