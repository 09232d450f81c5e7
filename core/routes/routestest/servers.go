package routestest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// runServers runs the races that only the storages can decide: the requests go
// to two servers in turn, which share nothing else. Ids are of each kind that is
// not the default, so that nothing is unique by its id alone.
func runServers(t *testing.T, open func(t *testing.T) db.Adapter) {
	app := &application{}
	mail, resets, leaving := &emails{app}, &passwords{app}, &departures{app}
	for _, ids := range []struct {
		name string
		kind db.IDKind
	}{
		{"UUIDs", db.IDUUID},
		{"numbers", db.IDSerial},
	} {
		for _, tc := range []raceCase{
			{name: "sign-ups with one address make one user", run: signUps},
			{name: "sign-ups with one address make one user where duplicates look like success", configure: hideDuplicates, run: hiddenSignUps, idFirst: true},
			{name: "a session that is due is extended once and signs nobody out", configure: alwaysDue, run: refreshes},
			{name: "a session that is revoked while in use is over", configure: alwaysDue, run: revocations},
			{name: "one reset token resets one password", configure: resets.listen, run: resets.oneReset},
			{name: "many reset tokens of one user make one account", configure: resets.listen, run: resets.manyResets},
			{name: "of the changes of one password that end all sessions one wins", run: revokingChanges},
			{name: "of the first passwords of one user one wins", run: firstPasswords},
			{name: "nobody is signed in with a password that was changed", run: aChangeAmongSignIns},
			{name: "one link verifies an address once", configure: mail.answer, run: mail.verifications},
			{name: "links that change an address change it once", configure: mail.listen, run: mail.changes},
			{name: "requests that change an address at once change it once", configure: mail.skip, run: mail.changesAtOnce},
			{name: "one mailed token deletes a user once", configure: leaving.mail, run: leaving.byToken},
			{name: "a user who asks many times is deleted once", configure: leaving.listen, run: leaving.bySession},
			{name: "nobody is signed in as a user who is deleted", configure: leaving.listen, run: leaving.whileSigningIn},
			{name: "of a user's last two accounts one stays", run: lastAccounts},
			{name: "one of many redeems a proof", run: redemptions},
			{name: "one of many redeems a proof from the secondary storage", configure: useSecondary, run: redemptions},
			{name: "sessions that begin while all are revoked are over or listed, in the secondary storage", configure: useSecondary, run: signInsDuringRevocation},
		} {
			if !tc.runsWith(ids.kind) {
				continue
			}
			t.Run("two servers with "+ids.name+": "+tc.name, func(t *testing.T) {
				runOn(t, 2, open, func(o *core.Options) {
					o.Advanced.Database.GenerateID = ids.kind
					if tc.configure != nil {
						tc.configure(o)
					}
				}, tc.run)
			})
		}
	}
}

// runsWith tells whether a race is one with ids of a kind. A database makes no
// id for a user that is not written, and that tells whoever looks at it.
func (tc raceCase) runsWith(ids db.IDKind) bool { return !tc.idFirst || ids != db.IDSerial }

// runOn runs the rounds of one race on servers that share their storages.
func runOn(t *testing.T, servers int, open func(t *testing.T) db.Adapter, configure func(*core.Options), round func(*race)) {
	t.Helper()
	list := start(t, servers, open, configure)
	all := make([]server, servers)
	for i, s := range list {
		all[i] = local{s, t.Context()}
	}
	runRounds(t, list[0], all, round)
}

// runRounds runs the rounds of one race. s is among the servers.
func runRounds(t *testing.T, s *authtest.Server, servers []server, round func(*race)) {
	t.Helper()
	for n := range rounds(t) {
		round(&race{t: t, s: s, servers: servers, round: n})
		if t.Failed() {
			t.Fatalf("in round %d", n+1)
		}
	}
}

// start starts servers on one database.
func start(t *testing.T, servers int, open func(t *testing.T) db.Adapter, configure func(*core.Options)) (list []*authtest.Server) {
	t.Helper()
	var shared core.Options
	list = append(list, authtest.New(t, func(o *core.Options) {
		o.Database = open(t)
		if configure != nil {
			configure(o)
		}
		shared = *o
	}))
	for len(list) < servers {
		list = append(list, authtest.New(t, func(o *core.Options) { *o = shared }))
	}
	migrate(t, list[0], shared.Database)
	return list
}

// server is one of the servers of a race, in this process or in another.
type server interface {
	http.Handler
	// redeem redeems a proof, and returns its value.
	redeem(redemption) (value string, ok bool, err error)
	// setPassword gives the user of a request a first password, and returns the
	// code of the error if there is one to answer with.
	setPassword(r *http.Request, password string) (code string, err error)
	// settle waits until the work in the background is done.
	settle() error
	// collect passes on what the application has heard from this server, if that
	// does not happen by itself.
	collect() error
}

// server is one of the servers.
func (r *race) server(i int) server { return r.servers[i%len(r.servers)] }

// local is a server in this process.
type local struct {
	*authtest.Server
	ctx context.Context
}

func (s local) redeem(asked redemption) (string, bool, error) {
	p := proof
	if asked.Bare {
		p = bare
	}
	if asked.Of != nil {
		rec, ok, err := s.Verifications().RedeemOf(s.ctx, p, asked.Key, *asked.Of)
		return rec.Value, ok, err
	}
	rec, ok, err := s.Verifications().Redeem(s.ctx, p, asked.Key)
	return rec.Value, ok, err
}

func (s local) setPassword(r *http.Request, password string) (string, error) {
	_, err := s.Routes.SetPassword.Call(s.ctx, routes.SetPasswordInput{NewPassword: password}, core.FromRequest(r))
	if e, worded := errors.AsType[*core.Error](err); worded {
		return e.Code(), nil
	}
	return "", err
}

func (s local) settle() error { return s.Idle(s.ctx) }

func (s local) collect() error { return nil }
