package plugintest_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/plugins/plugintest"
)

func TestRacesOfThePluginsInMemory(t *testing.T) {
	racetest.RunRaces(t, func(*testing.T) db.Adapter { return memory.New() }, plugintest.Races)
}
