package main

import (
	"fmt"
	"slices"
	"strings"
)

// Suites and storages, in the order of the table.
const (
	conformance = "adapter conformance"
	secondaries = "secondary-storage conformance"
	races       = "races in one process"
	twoRaces    = "races in two processes"
	faults      = "failing calls"
	replays     = "replay of 1.6.9"

	inMemory = "memory"
	sqlite   = "SQLite"
	postgres = "PostgreSQL"
	mysql    = "MySQL/MariaDB"
	redis    = "Redis"
)

var (
	suites   = []string{conformance, secondaries, races, twoRaces, faults, replays}
	storages = []string{inMemory, sqlite, postgres, mysql, redis}
)

// cell says which tests stand in a cell of the table: those of a folder whose
// name is test, or lies below it after a slash.
type cell struct{ suite, storage, folder, test string }

// cells is all that is run. A cell may have several lines. What a storage has
// anew gets a line here.
var cells = []cell{
	{conformance, inMemory, "core/db/memory", "TestConformance"},
	{conformance, sqlite, "adapters/sqlbun/sqlite", "TestConformanceInMemory"},
	{conformance, sqlite, "adapters/sqlbun/sqlite", "TestConformanceOfAFile"},
	{conformance, postgres, "adapters/sqlbun/postgres", "TestConformance"},
	{conformance, mysql, "adapters/sqlbun/mysql", "TestConformance"},

	{secondaries, inMemory, "core/secondary", "TestConformance"},
	{secondaries, redis, "adapters/redis", "TestConformanceOnRedis"},

	{races, inMemory, "core/routes", "TestRaces"},
	{races, sqlite, "adapters/sqlbun/sqlite", "TestRacesOfTheCoreRoutes"},
	{races, postgres, "adapters/sqlbun/postgres", "TestRacesOfTheCoreRoutes"},
	{races, mysql, "adapters/sqlbun/mysql", "TestRacesOfTheCoreRoutes"},
	{races, redis, "adapters/redis", "TestRacesOfTheCoreRoutes"},
	{races, inMemory, "plugins/plugintest", "TestRacesOfThePluginsInMemory"},
	{races, sqlite, "facade/database", "TestRacesOfThePluginsOnSQLite"},
	{races, postgres, "facade/database", "TestRacesOfThePluginsOnPostgres"},
	{races, mysql, "facade/database", "TestRacesOfThePluginsOnMySQL"},

	{twoRaces, sqlite, "adapters/sqlbun/sqlite", "TestRacesOfTwoProcesses"},
	{twoRaces, postgres, "adapters/sqlbun/postgres", "TestRacesOfTwoProcesses"},
	{twoRaces, mysql, "adapters/sqlbun/mysql", "TestRacesOfTwoProcesses"},
	{twoRaces, redis, "facade/database", "TestRacesOfTwoProcesses"}, // with PostgreSQL
	{twoRaces, sqlite, "facade/database", "TestRacesOfThePluginsInTwoProcessesOnSQLite"},
	{twoRaces, postgres, "facade/database", "TestRacesOfThePluginsInTwoProcessesOnPostgres"},
	{twoRaces, mysql, "facade/database", "TestRacesOfThePluginsInTwoProcessesOnMySQL"},
	{twoRaces, redis, "facade/database", "TestRacesOfThePluginsInTwoProcessesOnRedis"}, // with PostgreSQL

	{faults, inMemory, "core/routes", "TestFailures"},
	{faults, sqlite, "adapters/sqlbun/sqlite", "TestFailuresUnderTheCoreRoutes"},
	{faults, postgres, "adapters/sqlbun/postgres", "TestFailuresUnderTheCoreRoutes"},
	{faults, mysql, "adapters/sqlbun/mysql", "TestFailuresUnderTheCoreRoutes"},

	{replays, inMemory, "reference/replay", "TestGatehouseAnswersAsRecorded/memory"},
	{replays, sqlite, "reference/replay", "TestGatehouseAnswersAsRecorded/sqlite"},
	{replays, postgres, "reference/replay", "TestGatehouseAnswersAsRecorded/postgres"},
	{replays, mysql, "reference/replay", "TestGatehouseAnswersAsRecorded/mysql"},
	{replays, redis, "reference/replay", "TestGatehouseAnswersAsRecorded/redis"},
}

const module = "github.com/gatehouse-auth/gatehouse/"

// has tells whether a test stands in the cell.
func (c cell) has(pkg, test string) bool {
	return pkg == module+c.folder && (test == c.test || strings.HasPrefix(test, c.test+"/"))
}

func (c cell) String() string { return c.suite + " on " + c.storage }

// choose returns the cells of the suites whose name contains a text.
func choose(all []cell, only string) ([]cell, error) {
	chosen := slices.DeleteFunc(slices.Clone(all), func(c cell) bool { return !strings.Contains(c.suite, only) })
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-only %s: no suite is called so; there are %s", only, strings.Join(suites, ", "))
	}
	return chosen, nil
}

// tests lists the test functions and the folders of some cells, each once.
func tests(chosen []cell) (names, folders []string) {
	for _, c := range chosen {
		name, _, _ := strings.Cut(c.test, "/")
		names, folders = append(names, name), append(folders, "./"+c.folder)
	}
	slices.Sort(names)
	slices.Sort(folders)
	return slices.Compact(names), slices.Compact(folders)
}
