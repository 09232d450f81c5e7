package routestest

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// patience ends a request that would wait for ever. Nothing waits that long
// unless something is broken.
const patience = 10 * time.Second

// RunOnOneConnection sends requests to every route of a server whose database
// has one connection for everything: whatever asks it for a second one while it
// holds the first waits for ever. The application asks it too, in every
// callback. open is that of RunRaces, for such a database.
func RunOnOneConnection(t *testing.T, open func(t *testing.T) db.Adapter) {
	for _, storage := range []struct {
		name string
		use  func(*core.Options)
	}{
		{"the database", func(o *core.Options) { o.RateLimit.Storage = "database" }},
		{"the secondary storage", racetest.UseSecondary},
		{"both", func(o *core.Options) {
			racetest.UseSecondary(o)
			o.Session.StoreSessionInDatabase, o.Verification.StoreInDatabase = true, true
		}},
	} {
		for _, strategy := range []string{cookies.StrategyJWT, ""} {
			for _, tc := range failures() {
				t.Run(storage.name+", cache "+strategy+"/"+tc.name, func(t *testing.T) {
					var app curious
					configure := tc.configure
					tc.configure = func(o *core.Options, outbox *authtest.Outbox) {
						if configure != nil {
							configure(o, outbox)
						}
						on, cached := true, strategy != ""
						o.RateLimit.Enabled, o.RateLimit.CustomRules = &on, generous
						o.Session.CookieCache = core.CookieCache{Enabled: &cached, Strategy: strategy}
						storage.use(o)
						app.use(o)
					}
					f := startFailure(t, tc, &faults{Adapter: open(t)})
					app.s = f.s
					f.alone(&app)
				})
			}
		}
	}
}

// alone sends the request of a case, twice and among others, all at once.
func (f *failure) alone(app *curious) {
	f.t.Helper()
	want := f.tc.status
	if want == 0 {
		want = http.StatusOK
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	const others = 8
	requests := make([]*http.Request, 0, others+2)
	for len(requests) < others {
		requests = append(requests, f.client.Request(http.MethodGet, "/get-session?disableCookieCache=true", nil).WithContext(ctx))
	}
	for range 2 {
		requests = append(requests, f.client.Request(f.method, f.path, f.body).WithContext(ctx))
	}
	answers := racetest.Together(f.t, requests, f.s)
	if seen := racetest.Tally(answers[others:]); seen[want] == 0 {
		f.t.Errorf("answers by status: %v, want a %d", seen, want)
	}
	f.s.Settle()
	if ctx.Err() != nil {
		f.t.Error("a request waited for what it held itself")
	}
	if n := app.failed.Load(); n > 0 || app.asked.Load() == 0 {
		f.t.Errorf("%d of %d questions of the application failed", n, app.asked.Load())
	}
	f.check()
}

// generous counts all requests and blocks none.
var generous = []ratelimit.CustomRule{{Path: "/**", Rule: ratelimit.Rule{Window: time.Minute, Max: 1 << 20}}}

// curious is an application that looks into the database wherever it can.
type curious struct {
	s             *authtest.Server // nil until it may look
	asked, failed atomic.Int64
}

func (a *curious) look(ctx context.Context) error {
	if a.s == nil {
		return nil
	}
	a.asked.Add(1)
	_, err := a.s.Store().Count(ctx, a.s.Users().Table(), nil)
	if err != nil {
		a.failed.Add(1)
	}
	return err
}

func (a *curious) use(o *core.Options) {
	before := func(ctx context.Context, _ db.Row) (db.Row, error) { return nil, a.look(ctx) }
	after := func(ctx context.Context, _ db.Row) error { return a.look(ctx) }
	hooks := db.Hooks{BeforeCreate: before, AfterCreate: after, BeforeUpdate: before, AfterUpdate: after, BeforeDelete: after, AfterDelete: after}
	o.DatabaseHooks = core.DatabaseHooks{User: hooks, Session: hooks, Account: hooks, Verification: hooks}
	call := func(c *core.Ctx) error { return a.look(c.Context()) }
	o.Hooks = core.Hooks{Before: call, After: call}
	told := func(ctx context.Context, _ user.User) error { return a.look(ctx) }
	o.EmailAndPassword.OnPasswordReset, o.EmailAndPassword.OnExistingUserSignUp = told, told
	o.EmailVerification.BeforeEmailVerification, o.EmailVerification.AfterEmailVerification = told, told
	o.User.DeleteUser.BeforeDelete, o.User.DeleteUser.AfterDelete = told, told
}
