package routestest

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
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
// hears counts, in whichever process. Then both bring an empty database to the
// server's tables at once.
//
// The peer is started with the name of the calling test and comes here again:
// before the call, a test may only skip, and it calls once.
func RunProcesses(t *testing.T, p Processes) {
	t.Helper()
	if isPeer() {
		p.serve(t)
		return
	}
	test, app := t.Name(), &application{}
	for _, tc := range races(app) {
		if tc.alone || !tc.runsWith(p.IDs) || tc.usesSecondary() != (p.Secondary != nil) {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			at := p.New(t)
			s := p.start(t, tc, at)
			migrate(t, s, s.Options().Database)
			other := startPeer(t, test, order{Race: tc.name, At: at}, s, app)
			runRounds(t, s, []server{local{s, t.Context()}, other}, tc.run)
		})
	}
	t.Run("one of two processes creates the tables", func(t *testing.T) { p.runMigrations(t, test) })
}

// start starts one of the servers.
func (p Processes) start(t *testing.T, tc raceCase, at Shared) *authtest.Server {
	t.Helper()
	return authtest.New(t, func(o *core.Options) {
		o.Database, o.Advanced.Database.GenerateID = p.Database(t, at), p.IDs
		if tc.configure != nil {
			tc.configure(o)
		}
		if o.SecondaryStorage != nil {
			o.SecondaryStorage = p.Secondary(t, at)
		}
	})
}

// runMigrations has both processes create the tables of an empty database: one
// does and the other finds nothing to do, and both serve.
func (p Processes) runMigrations(t *testing.T, test string) {
	for n := range rounds(t) {
		at := p.New(t)
		s := p.start(t, raceCase{}, at)
		m, ok := s.Options().Database.(db.Migrator)
		if !ok {
			t.Skip("the database needs no tables")
		}
		other := startPeer(t, test, order{At: at}, s, &application{})
		var mine, theirs int
		var myErr, theirErr error
		var both sync.WaitGroup
		both.Go(func() { theirErr = other.call(migratePath, nil, &theirs) })
		both.Go(func() {
			var plan *db.Plan
			if plan, myErr = m.Apply(t.Context(), s.Tables(), nil); myErr == nil {
				mine = len(plan.Steps)
			}
		})
		both.Wait()
		if err := errors.Join(myErr, theirErr); err != nil {
			t.Fatalf("in round %d: %v", n+1, err)
		}
		if min(mine, theirs) != 0 || max(mine, theirs) == 0 {
			t.Fatalf("in round %d the processes ran %d and %d steps, want some and none", n+1, mine, theirs)
		}
		r := &race{t: t, s: s, servers: []server{local{s, t.Context()}, other}, round: n}
		requests := r.signUpRequests()
		r.wantTally(map[int]int{http.StatusOK: 1, http.StatusUnprocessableEntity: len(requests) - 1}, r.together(requests))
		other.stop()
	}
}
