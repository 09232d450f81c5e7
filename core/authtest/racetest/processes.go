package racetest

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// Processes are the storages on which two processes race: that of the test, and
// a peer, which is the same test binary once more.
type Processes struct {
	// New makes empty storages, says where they are, and removes them with the
	// test.
	New func(t *testing.T) Shared
	// Database opens the database, in either process, and closes it with the test.
	Database func(t *testing.T, at Shared) db.Adapter
	// Secondary does so for the secondary storage. With one, the races about it
	// run; without one, all others.
	Secondary func(t *testing.T, at Shared) secondary.Storage
	// IDs is the kind of the ids in the database.
	IDs db.IDKind
}

// Shared says where storages are, in words that the one who opens them
// understands. The peer hears it through a pipe: passwords are welcome.
type Shared struct {
	Database, Secondary string
}

// RunProcesses runs every race on two processes that share their storages and
// nothing else: every second request goes to the peer. What the application
// hears counts, in whichever process.
//
// The peer is started with the name of the calling test and comes here again:
// before the call, a test may only skip, and it calls once.
func RunProcesses(t *testing.T, p Processes, races Races) {
	t.Helper()
	if isPeer() {
		p.serve(t, races)
		return
	}
	test := t.Name()
	each(t, "", races, p.wants, func(t *testing.T, race Race, app *Application) {
		t.Helper()
		race.rounds(t, app, func() (*authtest.Server, []server, func()) {
			at := p.New(t)
			s := race.start(t, app, 1, p.open(t, at))[0]
			other := startPeer(t, test, order{Race: race.Name, At: at}, s, app)
			return s, append(race.local(t, s), other), other.stop
		})
	})
}

// wants tells whether a race is one for these storages. Where there are no
// tables yet, it does not matter what else there is.
func (p Processes) wants(race Race) bool {
	if race.Alone || !race.runsWith(p.IDs) {
		return false
	}
	return race.Empty || race.usesSecondary() == (p.Secondary != nil)
}

// open opens the storages in one of the processes.
func (p Processes) open(t *testing.T, at Shared) storages {
	t.Helper()
	on := storages{database: p.Database(t, at), ids: p.IDs}
	if p.Secondary != nil {
		on.secondary = p.Secondary(t, at)
	}
	return on
}
