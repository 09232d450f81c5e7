// Package racetest runs races: many requests at once, through the real handler,
// that must not get more out of a server together than one by one. The same race
// runs on one server, on two that share their storages, and on two processes. It
// serves the tests of Gatehouse and those of plugin authors.
package racetest

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Racers is how many requests usually start at once.
const Racers = 50

// Race is one race and the configuration that it is about.
type Race struct {
	Name string // no other race of the same list has it
	// Configure is called for each server of the race, in whichever process, and
	// may be nil. A plugin in it is a new value each time. Servers of one process
	// share their database, their secondary storage and their clock, of which the
	// first server's count; anything else that they shall share stands outside of
	// Configure, in the function that lists the races: it is called for every race
	// anew.
	Configure func(*core.Options)
	// Run is one round. It is repeated on the same servers: see Round for what
	// tells one round from another.
	Run func(*Round)
	// Actions are the calls in process that Run makes.
	Actions []Callable

	Alone   bool // is about what one server keeps to itself: not run on two
	IDFirst bool // needs ids that are made before the row is written
	Empty   bool // every round begins on servers of its own, with a database that has no tables yet
}

// Races lists the races of servers for one application. It returns the same list
// whenever it is called.
type Races = func(*Application) []Race

// RunRaces runs every race on one server, with storage of its own. open returns
// an empty adapter, which it closes with the test; one that is a db.Migrator is
// brought to the server's tables here.
func RunRaces(t *testing.T, open func(t *testing.T) db.Adapter, races Races) {
	t.Helper()
	each(t, "", races, func(Race) bool { return true }, func(t *testing.T, race Race, app *Application) {
		t.Helper()
		race.runHere(t, app, 1, func(t *testing.T) storages { return storages{database: open(t)} })
	})
}

// RunOnTwoServers runs the races that the storages can decide: the requests go to
// two servers in turn, which share nothing else. It does so with each of the kinds
// of ids: with those that are not the default, nothing is unique by its id alone.
// open is that of RunRaces.
func RunOnTwoServers(t *testing.T, open func(t *testing.T) db.Adapter, kinds []db.IDKind, races Races) {
	t.Helper()
	names := map[db.IDKind]string{db.IDText: "texts", db.IDUUID: "UUIDs", db.IDSerial: "numbers"}
	for _, ids := range kinds {
		wanted := func(race Race) bool { return !race.Alone && race.runsWith(ids) }
		each(t, "two servers with "+names[ids]+": ", races, wanted, func(t *testing.T, race Race, app *Application) {
			t.Helper()
			race.runHere(t, app, 2, func(t *testing.T) storages { return storages{database: open(t), ids: ids} })
		})
	}
}

// each runs the races that are wanted, each for an application of its own.
func each(t *testing.T, prefix string, races Races, wanted func(Race) bool, run func(*testing.T, Race, *Application)) {
	t.Helper()
	names, ran := map[string]bool{}, 0
	for _, listed := range races(&Application{}) {
		if listed.Name == "" || names[listed.Name] {
			t.Fatalf("a race has no name of its own: %q", listed.Name)
		}
		names[listed.Name] = true
		if !wanted(listed) {
			continue
		}
		ran++
		t.Run(prefix+listed.Name, func(t *testing.T) {
			app := &Application{}
			race, again := find(races(app), listed.Name)
			if !again {
				t.Fatal("the list of the races is another one each time")
			}
			run(t, race, app)
		})
	}
	if ran == 0 {
		t.Error("none of the races is one to run here")
	}
}

// find finds a race by its name.
func find(races []Race, name string) (Race, bool) {
	for _, race := range races {
		if race.Name == name {
			return race, true
		}
	}
	return Race{}, false
}

// runsWith tells whether a race is one with ids of a kind. A database makes no
// id for a row that is not written, and that tells whoever looks at it.
func (race Race) runsWith(ids db.IDKind) bool { return !race.IDFirst || ids != db.IDSerial }

// runHere runs the rounds of a race on servers of this process.
func (race Race) runHere(t *testing.T, app *Application, servers int, open func(*testing.T) storages) {
	t.Helper()
	race.rounds(t, app, func() (*authtest.Server, []server, func()) {
		all := race.start(t, app, servers, open(t))
		return all[0], race.local(t, all...), func() {}
	})
}

// rounds runs the rounds of a race. begin starts its servers, of which the first
// is in this process; end stops what would go on after the round.
func (race Race) rounds(t *testing.T, app *Application, begin func() (first *authtest.Server, all []server, end func())) {
	t.Helper()
	round := Round{T: t, app: app}
	var end func()
	for n := range Rounds(t) {
		if round.N = n; n == 0 || race.Empty {
			round.Server, round.servers, end = begin()
		}
		this := round
		race.Run(&this)
		if t.Failed() {
			t.Fatalf("in round %d", n+1)
		}
		if race.Empty {
			end()
		}
	}
}
