package routestest

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

const signInLimit = 3 // upstream's, in ten seconds

func limitRequests(o *core.Options) {
	enabled := true
	o.RateLimit.Enabled = &enabled
}

// Right and wrong passwords count the same.
func limitedSignIns(r *race) {
	owner := r.Server.Client()
	owner.RemoteAddr = "198.51.100.1:1234"
	r.Server.Clock.Advance(time.Minute) // the owner's own limit
	owner.SignUp(r.Email(), password)
	requests := make([]*http.Request, racers)
	for i := range requests {
		given := password
		if i%2 == 0 {
			given = "wrong-password"
		}
		requests[i] = r.Client().Request(http.MethodPost, "/sign-in/email", map[string]any{"email": r.Email(), "password": given})
	}
	statuses := racetest.Tally(r.Together(requests))
	passed := statuses[http.StatusOK] + statuses[http.StatusUnauthorized]
	if passed != signInLimit || statuses[http.StatusTooManyRequests] != racers-signInLimit {
		r.T.Errorf("answers by status: %v, want %d of 200 and 401 and the rest 429", statuses, signInLimit)
	}
	id := r.Row("user", "email", r.Email())[db.ID]
	r.WantRows(int64(1+statuses[http.StatusOK]), "session", "userId", id)
}

// alwaysDue extends a session at each use.
func alwaysDue(o *core.Options) {
	updateAge := time.Duration(0)
	o.Session.UpdateAge = &updateAge
}

// signedIn is a client of this round's user with a session that is due.
func (r *race) signedIn() (c *authtest.Client, token string) {
	r.T.Helper()
	c = r.Client()
	token = c.SignUp(r.Email(), password).Text(r.T, "token")
	r.Server.Clock.Advance(time.Minute)
	return c, token
}

// session is the session of a token, wherever it is kept.
func (r *race) session(token string) (found session.WithUser, alive bool) {
	r.T.Helper()
	found, alive, err := r.Server.Sessions().ByToken(r.T.Context(), token)
	if err != nil {
		r.T.Fatalf("find the session: %v", err)
	}
	return found, alive
}

func refreshes(r *race) {
	c, token := r.signedIn()
	before, _ := r.session(token)
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodGet, "/get-session", nil)
	}
	for _, a := range r.Together(requests) {
		if a.Status != http.StatusOK || a.Body == "null" {
			r.T.Errorf("an answer is %d %s", a.Status, a.Body)
		}
	}
	if after, _ := r.session(token); !after.Session.ExpiresAt.Equal(before.Session.ExpiresAt.Add(time.Minute)) {
		r.T.Errorf("the session ended at %v and now does at %v", before.Session.ExpiresAt, after.Session.ExpiresAt)
	}
}

func revocations(r *race) {
	c, token := r.signedIn()
	other := r.Client()
	other.Post("/sign-in/email", map[string]any{"email": r.Email(), "password": password})
	r.endedInUse(c, token, func() *http.Request {
		return other.Request(http.MethodPost, "/revoke-session", map[string]any{"token": token})
	})
}

func signOuts(r *race) {
	c, token := r.signedIn()
	r.endedInUse(c, token, func() *http.Request { return c.Request(http.MethodPost, "/sign-out", nil) })
}

func revocationsOfAll(r *race) {
	c, token := r.signedIn()
	other := r.Client()
	other.Post("/sign-in/email", map[string]any{"email": r.Email(), "password": password})
	r.endedInUse(c, token, func() *http.Request { return other.Request(http.MethodPost, "/revoke-other-sessions", nil) })
}

// endedInUse ends a session a few times among many uses that extend it. Every
// use finds it or does not; afterwards it is gone and stays gone.
func (r *race) endedInUse(c *authtest.Client, token string, end func() *http.Request) {
	r.T.Helper()
	requests := make([]*http.Request, racers)
	for i := range requests {
		if requests[i] = c.Request(http.MethodGet, "/get-session", nil); i%10 == 5 {
			requests[i] = end()
		}
	}
	for i, a := range r.Together(requests) {
		ended := i%10 == 5
		switch {
		case a.Status == http.StatusOK:
		case !ended && a.Status == http.StatusUnauthorized: // it went away during the refresh
		default:
			r.T.Errorf("%s gets %d %s", requests[i].URL.Path, a.Status, a.Body)
		}
	}
	if _, alive := r.session(token); alive {
		r.T.Error("the session lives on")
	}
	if a := c.Get("/get-session"); a.Status != http.StatusOK || a.Body != "null" {
		r.T.Errorf("the session is back: %d %s", a.Status, a.Body)
	}
}
