package routestest

import (
	"context"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// RunFailures sends requests to every route while one call of the database, or
// of the secondary storage, fails: the first, then the second, and so on until
// the request needs no more of them. Of the secondary storage also every call from
// one on. Each time the answer has to be success or a documented error, nothing
// half done may be left behind, no session may be other than the database has it,
// and the same request has to succeed when the storage is well again. open is that
// of RunRaces.
func RunFailures(t *testing.T, open func(t *testing.T) db.Adapter) {
	runFailures(t, open, kinds, len(failureStorages))
}

// RunSomeFailures is RunFailures for databases that take long to begin anew: with
// one kind of fault and everything in the database, unless $GATEHOUSE_TEST_ROUNDS
// asks for a full run.
func RunSomeFailures(t *testing.T, open func(t *testing.T) db.Adapter) {
	if os.Getenv(racetest.RoundsVariable) != "" {
		RunFailures(t, open)
		return
	}
	runFailures(t, open, 1, 1)
}

// failureStorages are where sessions and verifications are.
var failureStorages = []struct {
	name string
	use  func(*core.Options)
}{
	{"", func(*core.Options) {}},
	{", in the secondary storage", racetest.UseSecondary},
	{", in both", inBoth},
}

func runFailures(t *testing.T, open func(t *testing.T) db.Adapter, kinds, storages int) {
	t.Helper()
	var seen routesSeen
	for _, storage := range failureStorages[:storages] {
		for _, tc := range failures() {
			tc = tc.with(storage.use)
			for _, fault := range []struct {
				name   string
				err    error
				status int
				lost   bool
			}{
				{"away", errAway, http.StatusServiceUnavailable, false},
				{"broken", errBroken, http.StatusInternalServerError, false},
				{"lost", errAway, http.StatusServiceUnavailable, true},
			}[:kinds] {
				if fault.lost && storage.name == "" {
					continue
				}
				t.Run(tc.name+storage.name+"/"+fault.name, func(t *testing.T) {
					for k := 1; ; k++ {
						faults := &faults{Adapter: open(t), err: fault.err, lost: fault.lost}
						f := startFailure(t, tc, faults)
						seen.add(f)
						faults.arm(k)
						if f.run(fault.status); !faults.hit() {
							if k == 1 && !fault.lost {
								t.Fatal("the request did not touch a storage")
							}
							return
						}
						if t.Failed() {
							t.Fatalf("when call %d failed: %s", k, faults.what())
						}
					}
				})
			}
		}
	}
	seen.check(t)
}

func inBoth(o *core.Options) {
	racetest.UseSecondary(o)
	o.Session.StoreSessionInDatabase, o.Verification.StoreInDatabase = true, true
}

// with is the case of a server that is configured further.
func (tc failureCase) with(more func(*core.Options)) failureCase {
	configure := tc.configure
	tc.configure = func(o *core.Options, outbox *authtest.Outbox) {
		if configure != nil {
			configure(o, outbox)
		}
		more(o)
	}
	return tc
}

// routesSeen are the routes that a request has been sent to.
type routesSeen struct {
	all  []core.Registered
	seen map[string]bool
}

func (s *routesSeen) add(f *failure) {
	if s.seen == nil {
		s.all, s.seen = f.s.Endpoints(), map[string]bool{}
	}
	path, _, _ := strings.Cut(f.path, "?")
	if strings.HasPrefix(path, "/reset-password/") {
		path = "/reset-password/:token"
	}
	s.seen[f.method+" "+path] = true
}

// check looks for routes that nothing was sent to.
func (s *routesSeen) check(t *testing.T) {
	t.Helper()
	for _, e := range s.all {
		if e.ServerOnly || e.Path == "/ok" || e.Path == "/error" { // these need no storage
			continue
		}
		for _, method := range e.Methods {
			if !s.seen[method+" "+e.Path] {
				t.Errorf("nothing is sent to %s %s", method, e.Path)
			}
		}
	}
}

// failureCase is a request of somebody who has signed up, and what it leads to.
type failureCase struct {
	name      string
	configure func(*core.Options, *authtest.Outbox)
	// prepare does what comes first and returns the request.
	prepare func(f *failure) (method, path string, body any)
	// status is that of success; 200 when zero.
	status int
	// again is the answer to the same request when it has done its work although
	// an error was told, as one after the commit is; zero when it is done again.
	again int
	// token tells that the request spends a token before it does something else.
	token bool
	// background tells that success may be told although something else fails that
	// the answer does not depend on: work in the background, the copy of a session.
	background bool
	// ends tells that every session is over after success that began before but,
	// with keepsOwn, the client's own.
	ends, keepsOwn bool
}

// failure is one server with one fault.
type failure struct {
	t      *testing.T
	s      *authtest.Server
	tc     failureCase
	faults *faults
	outbox *authtest.Outbox
	client *authtest.Client // Ann's, signed in

	inDatabase bool // whether the database decides which sessions live

	own, other string // tokens of the client's session, and of another one of Ann's

	method, path string
	body         any
}

const (
	annEmail    = "ann@example.com"
	newPassword = "another password"
)

func startFailure(t *testing.T, tc failureCase, faults *faults) *failure {
	t.Helper()
	outbox := &authtest.Outbox{}
	f := &failure{t: t, tc: tc, faults: faults, outbox: outbox, inDatabase: true}
	f.s = authtest.New(t, func(o *core.Options) {
		o.Database = faults
		o.EmailVerification.SendVerificationEmail = authtest.Keep[core.VerificationEmail](outbox)
		if tc.configure != nil {
			tc.configure(o, outbox)
		}
		if o.SecondaryStorage != nil {
			faults.copies, f.inDatabase = true, o.Session.StoreSessionInDatabase
			o.SecondaryStorage = secondarytest.Watched{Storage: o.SecondaryStorage, Before: func(_ context.Context, op string) error { return faults.call(op, true) }}
		}
	})
	racetest.Migrate(t, f.s, faults.Adapter)
	f.client = f.s.Client()
	f.own = f.client.SignUp(annEmail, password).Text(t, "token")
	f.other = f.s.Client().Post("/sign-in/email", object{"email": annEmail, "password": password}).Text(t, "token")
	f.method, f.path, f.body = tc.prepare(f)
	f.s.Settle()
	return f
}

// run sends the request with the fault, and then without.
func (f *failure) run(faulty int) {
	f.t.Helper()
	want := f.tc.status
	if want == 0 {
		want = http.StatusOK
	}
	before := *f.client
	before.Cookies = maps.Clone(f.client.Cookies)
	a := f.client.Do(f.method, f.path, f.body)
	f.s.Settle()
	hit := f.faults.hit()
	f.faults.disarm()
	switch {
	case a.Status == want && (!hit || f.tc.background || f.faults.harmless()):
		f.wantEnded()
	case a.Status == faulty && hit:
	default:
		f.t.Errorf("the answer is %d %s", a.Status, a.Body)
	}
	f.check()
	for _, token := range []string{f.own, f.other} {
		f.compare(token)
	}
	if !hit || a.Status == want {
		return
	}
	retry := before.Do(f.method, f.path, f.body)
	f.s.Settle()
	// One that was spent where nothing else is cannot be given back.
	gone := f.tc.token && f.faults.lost && retry.Status == http.StatusNotFound
	if retry.Status != want && (f.tc.again == 0 || retry.Status != f.tc.again) && !gone {
		f.t.Errorf("again, without a fault: %d %s", retry.Status, retry.Body)
	}
	if retry.Status == want || f.passwordIsNew() {
		f.wantEnded()
	}
	f.check()
}

// passwordIsNew tells whether an error was told of a change that has been made.
func (f *failure) passwordIsNew() bool {
	f.t.Helper()
	return f.s.Client().Post("/sign-in/email", object{"email": annEmail, "password": newPassword}).Status == http.StatusOK
}

// wantEnded looks for sessions that should be over.
func (f *failure) wantEnded() {
	f.t.Helper()
	if !f.tc.ends {
		return
	}
	for _, token := range []string{f.own, f.other} {
		if token == "" || token == f.own && f.tc.keepsOwn {
			continue
		}
		if _, alive, err := f.s.Sessions().ByToken(f.t.Context(), token); alive || err != nil {
			f.t.Errorf("a session lives on (own: %v, error: %v)", token == f.own, err)
		}
	}
}

// compare looks for a session that is found other than the database has it.
func (f *failure) compare(token string) {
	f.t.Helper()
	found, alive, err := f.s.Sessions().ByToken(f.t.Context(), token)
	if err != nil {
		f.t.Errorf("a session cannot be read: %v", err)
	}
	rows := f.all(session.ModelName)
	i := slices.IndexFunc(rows, func(row db.Row) bool { return row["token"] == token })
	if f.inDatabase && alive != (i >= 0) {
		f.t.Errorf("a session is found: %v, in the database: %v", alive, i >= 0)
	}
	if !alive {
		return
	}
	if u, ok, err := f.s.Users().ByID(f.t.Context(), found.User.ID); err != nil || !ok || u.Email != found.User.Email || u.Name != found.User.Name {
		f.t.Errorf("a session shows %s %s, the database has %s %s (%v, %v)", found.User.Name, found.User.Email, u.Name, u.Email, ok, err)
	}
	if f.inDatabase && i >= 0 && found.Session.Extra["theme"] != rows[i]["theme"] {
		f.t.Errorf("a session shows %v, the database has %v", found.Session.Extra["theme"], rows[i]["theme"])
	}
}

// check looks for what was done by half.
func (f *failure) check() {
	f.t.Helper()
	users := map[any]bool{}
	withAccount := map[any]bool{}
	for _, row := range f.all(user.ModelName) {
		users[row[db.ID]] = true
	}
	for _, row := range f.all(account.ModelName) {
		if withAccount[row["userId"]] = true; !users[row["userId"]] {
			f.t.Error("an account is left without its user")
		}
	}
	for _, row := range f.all(session.ModelName) {
		if !users[row["userId"]] {
			f.t.Error("a session is left without its user")
		}
	}
	for id := range users {
		if !withAccount[id] {
			f.t.Error("a user is left who cannot sign in")
		}
	}
}

func (f *failure) all(model string) []db.Row {
	f.t.Helper()
	tables := f.s.Tables()
	i := slices.IndexFunc(tables, func(t *db.Table) bool { return t.Model == model })
	rows, err := f.s.Store().Select(f.t.Context(), db.Query{Table: tables[i]})
	if err != nil {
		f.t.Fatalf("read the rows of %s: %v", model, err)
	}
	return rows
}
