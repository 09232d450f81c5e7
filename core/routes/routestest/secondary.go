package routestest

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
)

// storageRaces are the races of sessions wherever sessions can be kept.
func storageRaces() (cases []racetest.Race) {
	for _, storage := range []struct {
		name string
		use  func(*core.Options)
	}{
		{"in the database", func(*core.Options) {}},
		{"in the secondary storage", racetest.UseSecondary},
		{"in both", func(o *core.Options) {
			racetest.UseSecondary(o)
			o.Session.StoreSessionInDatabase = true
		}},
		{"in the secondary storage with a record of them", func(o *core.Options) {
			racetest.UseSecondary(o)
			o.Session.StoreSessionInDatabase, o.Session.PreserveSessionInDatabase = true, true
		}},
	} {
		due := func(o *core.Options) {
			storage.use(o)
			alwaysDue(o)
		}
		for _, tc := range []struct {
			name      string
			configure func(*core.Options)
			run       func(*race)
		}{
			{"a session that is due is extended once and signs nobody out", due, refreshes},
			{"a session that is revoked while in use is over", due, revocations},
			{"a session that is signed out while in use is over", due, signOuts},
			{"sessions that are all revoked while in use are over", due, revocationsOfAll},
			{"sessions that began at once end together", storage.use, signInsThenRevocation},
			{"sessions that begin while all are revoked are over or listed", storage.use, signInsDuringRevocation},
			{"sessions show the user as the last change left it", due, userChanges},
		} {
			cases = append(cases, racetest.Race{Name: "sessions " + storage.name + ": " + tc.name, Configure: tc.configure, Run: run(tc.run)})
		}
	}
	return cases
}

func (r *race) signIns(n int) []*http.Request {
	requests := make([]*http.Request, n)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodPost, "/sign-in/email", map[string]any{"email": r.Email(), "password": password})
	}
	return requests
}

func signInsThenRevocation(r *race) {
	owner := r.Client()
	tokens := []string{owner.SignUp(r.Email(), password).Text(r.T, "token")}
	for _, a := range r.Together(r.signIns(racers)) {
		tokens = append(tokens, a.Text(r.T, "token"))
	}
	r.wantListed(owner, tokens)
	r.revokeAll(owner)
	for _, token := range tokens {
		if _, alive := r.session(token); alive {
			r.T.Errorf("the session %s lives on", token)
		}
	}
}

// A session that begins while all are revoked may be one of them or a later
// one. It must not live without being listed, where nothing could revoke it.
func signInsDuringRevocation(r *race) {
	owner, other := r.Client(), r.Client()
	owner.SignUp(r.Email(), password)
	requests := r.signIns(racers)
	for i := 5; i < racers; i += 10 {
		requests[i] = owner.Request(http.MethodPost, "/revoke-other-sessions", nil)
	}
	var begun []string
	for i, a := range r.Together(requests) {
		if a.Status != http.StatusOK {
			r.T.Errorf("%s gets %d %s", requests[i].URL.Path, a.Status, a.Body)
		}
		if token := a.Text(r.T, "token"); token != "" {
			begun = append(begun, token)
		}
	}
	var alive []string
	for _, token := range begun {
		if _, ok := r.session(token); ok {
			alive = append(alive, token)
		}
	}
	other.Post("/sign-in/email", map[string]any{"email": r.Email(), "password": password})
	r.wantListed(other, alive)
	r.revokeAll(other)
	for _, token := range alive {
		if _, ok := r.session(token); ok {
			r.T.Errorf("the session %s lives on", token)
		}
	}
}

func (r *race) revokeAll(c *authtest.Client) {
	r.T.Helper()
	if a := c.Post("/revoke-sessions", nil); a.Status != http.StatusOK {
		r.T.Fatalf("revoke all sessions: %d %s", a.Status, a.Body)
	}
}

// wantListed looks for sessions in the list of their user.
func (r *race) wantListed(c *authtest.Client, tokens []string) {
	r.T.Helper()
	list, _ := c.Get("/list-sessions").JSON(r.T).([]any)
	listed := map[any]bool{}
	for _, entry := range list {
		if o, ok := entry.(interface{ Get(string) (any, bool) }); ok {
			token, _ := o.Get("token")
			listed[token] = true
		}
	}
	for _, token := range tokens {
		if !listed[token] {
			r.T.Errorf("the session %s is not among the %d that are listed", token, len(list))
		}
	}
}

func userChanges(r *race) {
	c, token := r.signedIn()
	phone := r.Client()
	other := phone.Post("/sign-in/email", map[string]any{"email": r.Email(), "password": password}).Text(r.T, "token")
	requests := make([]*http.Request, racers)
	for i := range requests {
		switch i % 5 {
		case 0:
			requests[i] = phone.Request(http.MethodGet, "/get-session", nil)
		case 1:
			requests[i] = r.signIns(1)[0]
		default:
			requests[i] = c.Request(http.MethodPost, "/update-user", map[string]any{"name": fmt.Sprintf("Name %d", i)})
		}
	}
	tokens := []string{token, other}
	for i, a := range r.Together(requests) {
		if a.Status != http.StatusOK {
			r.T.Errorf("%s gets %d %s", requests[i].URL.Path, a.Status, a.Body)
		}
		if i%5 == 1 {
			tokens = append(tokens, a.Text(r.T, "token"))
		}
	}
	want := r.Row("user", "email", r.Email())["name"]
	for _, token := range tokens {
		if found, alive := r.session(token); !alive || found.User.Name != want {
			r.T.Errorf("a session shows the user %q (alive: %v), want %q", found.User.Name, alive, want)
		}
	}
}
