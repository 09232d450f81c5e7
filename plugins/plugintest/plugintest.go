// Package plugintest holds the races that the plugins must win on every storage.
// Tests of the storages run them, and those of each plugin its own on memory.
package plugintest

import (
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
)

// Races are those of all plugins. Each has them in files named after it.
func Races(app *racetest.Application) []racetest.Race {
	var all []racetest.Race
	for _, of := range []racetest.Races{JWT, Organization, Rotation, TwoFactor} {
		all = slices.Concat(all, of(app))
	}
	return all
}
