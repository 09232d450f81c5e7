package core_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// probing is a server whose endpoint /probe does what a test says.
type probing struct {
	*authtest.Server
	asked  int // questions for sessions that reach the database
	handle func(c *core.Ctx) error
}

func newProbing(t *testing.T, middleware core.Middleware, configure ...func(*core.Options)) *probing {
	p := &probing{}
	database := dbtest.Watched{Adapter: memory.New(), Before: func(_ context.Context, call dbtest.Call) error {
		if call.Of(session.ModelName, "select") {
			p.asked++
		}
		return nil
	}}
	var use []core.Middleware
	if middleware != nil {
		use = append(use, middleware)
	}
	configure = append([]func(*core.Options){func(o *core.Options) { o.Database = database }}, configure...)
	p.Server = authtest.New(t, append(configure, with(plugin{"probe", func(s *core.Setup) {
		core.Route(s, core.Endpoint[echoInput, echoOutput]{
			Method: http.MethodPost, Path: "/probe", OperationID: "probe", Use: use,
			Handle: func(c *core.Ctx, in echoInput) (*echoOutput, error) { return &echoOutput{in.Text}, p.handle(c) },
		})
	}}))...)
	return p
}

func (p *probing) probe(c *authtest.Client) *authtest.Answer {
	p.asked = 0
	return c.Post("/probe", map[string]any{"text": "x"})
}

func cacheOn(o *core.Options) { o.Session.CookieCache.Enabled = new(true) }

var (
	plainQuery     = core.SessionQuery{}
	sensitiveQuery = core.SessionQuery{DisableCookieCache: true}
	readOnlyQuery  = core.SessionQuery{ReadOnly: true}
	restingQuery   = core.SessionQuery{DisableRefresh: true}
)

func TestACallAsksForItsSessionOnce(t *testing.T) {
	for _, tc := range []struct {
		name       string
		middleware core.Middleware
		cache      bool
		queries    []core.SessionQuery
		asked      int
	}{
		{"without middleware", nil, false, []core.SessionQuery{plainQuery}, 1},
		{"behind middleware", core.RequireSession, false, []core.SessionQuery{plainQuery}, 1},
		{"behind middleware, and again", core.RequireSession, false, []core.SessionQuery{plainQuery, sensitiveQuery, plainQuery}, 1},
		{"behind sensitive middleware", core.RequireSensitiveSession, true, []core.SessionQuery{plainQuery, sensitiveQuery}, 1},
		{"out of the cache", core.RequireSession, true, []core.SessionQuery{plainQuery, restingQuery, readOnlyQuery}, 0},
		{"past the cache after the cache", core.RequireSession, true, []core.SessionQuery{sensitiveQuery, plainQuery, sensitiveQuery}, 1},
		{"in every way", nil, false, []core.SessionQuery{restingQuery, readOnlyQuery, plainQuery, sensitiveQuery}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newProbing(t, tc.middleware, func(o *core.Options) { o.Session.CookieCache.Enabled = &tc.cache })
			p.handle = func(c *core.Ctx) error {
				for i, q := range tc.queries {
					found, err := c.FindSession(q)
					if err != nil || found == nil || found.User.Email != "a@b.co" {
						t.Errorf("query %d: %v %v", i, found, err)
						continue
					}
					found.User.Email = "changed by the caller"
				}
				return nil
			}
			c := p.Client()
			c.SignUp("a@b.co", "password123")
			if a := p.probe(c); a.Status != http.StatusOK || p.asked != tc.asked {
				t.Errorf("%d %s, the database was asked %d times, want %d", a.Status, a.Body, p.asked, tc.asked)
			}
		})
	}
}

func TestASessionThatIsGoneIsLookedForOnce(t *testing.T) {
	p := newProbing(t, nil)
	p.handle = func(c *core.Ctx) error {
		for _, q := range []core.SessionQuery{plainQuery, sensitiveQuery, readOnlyQuery} {
			if found, err := c.FindSession(q); found != nil || err != nil {
				t.Errorf("found %v %v", found, err)
			}
		}
		return nil
	}
	c := p.Client()
	token := c.SignUp("a@b.co", "password123").Text(t, "token")
	if err := p.Sessions().Delete(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if p.probe(c); p.asked != 1 {
		t.Errorf("the database was asked %d times", p.asked)
	}
}

// A query that wants more than the one before gets it, without another question.
func TestAStricterQueryExtendsTheSession(t *testing.T) {
	p := newProbing(t, nil)
	p.handle = func(c *core.Ctx) error {
		first, err := c.FindSession(readOnlyQuery)
		if err != nil || !first.Deferred || !first.NeedsRefresh {
			t.Errorf("read only: %+v %v", first, err)
		}
		for range 2 {
			found, err := c.FindSession(plainQuery)
			if err != nil || found.Deferred || !found.Session.ExpiresAt.Equal(c.Now().Add(7*24*time.Hour)) {
				t.Errorf("extended: %+v %v", found, err)
			}
		}
		last, err := c.FindSession(readOnlyQuery)
		if err != nil || !last.Deferred || last.NeedsRefresh {
			t.Errorf("read only afterwards: %+v %v", last, err)
		}
		return nil
	}
	c := p.Client()
	c.SignUp("a@b.co", "password123")
	p.Clock.Advance(2 * 24 * time.Hour)
	if p.probe(c); p.asked != 1 {
		t.Errorf("the database was asked %d times", p.asked)
	}
}

// What the call itself has ended must not be found again.
func TestASessionThatTheCallEnds(t *testing.T) {
	p := newProbing(t, core.RequireSession)
	p.handle = func(c *core.Ctx) error {
		err := errors.Join(p.Sessions().Delete(c.Context(), c.Session().Session.Token), c.DeleteSessionCookies(false))
		found, e := c.FindSession(plainQuery)
		if found != nil {
			t.Error("the session is found")
		}
		return errors.Join(err, e)
	}
	c := p.Client()
	c.SignUp("a@b.co", "password123")
	if a := p.probe(c); a.Status != http.StatusOK || len(c.Cookies) != 0 {
		t.Errorf("%d %s, the client holds %v", a.Status, a.Body, c.Cookies)
	}
}

func TestTheCookiesOfAChangedSession(t *testing.T) {
	const lasting, ending = "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax", "; Path=/; HttpOnly; SameSite=Lax"
	for _, tc := range []struct {
		name     string
		remember bool
		want     map[string]string // attributes by cookie
	}{
		{"a session that is remembered", true, map[string]string{
			"session_token": lasting, "session_data": "; Max-Age=300; Path=/; HttpOnly; SameSite=Lax",
		}},
		{"a session that is not", false, map[string]string{"session_token": ending, "session_data": ending, "dont_remember": ending}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newProbing(t, core.RequireSensitiveSession, cacheOn)
			p.handle = func(c *core.Ctx) error {
				changed := *c.Session()
				changed.User.Name = "Changed"
				if err := c.RefreshSessionCookies(changed); err != nil {
					return err
				}
				for _, q := range []core.SessionQuery{plainQuery, sensitiveQuery} {
					if found, err := c.FindSession(q); err != nil || found.User.Name != "Changed" {
						t.Errorf("the call finds %+v %v", found, err)
					}
				}
				if c.NewSession() == nil || c.NewSession().User.Name != "Changed" {
					t.Error("hooks do not see the session")
				}
				return nil
			}
			c := p.Client()
			c.Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123", "rememberMe": tc.remember})
			a := p.probe(c)
			got := map[string]string{}
			for _, line := range a.Header["Set-Cookie"] {
				name, rest, _ := strings.Cut(line, "=")
				_, attributes, _ := strings.Cut(rest, ";")
				got[strings.TrimPrefix(name, "better-auth.")] = ";" + attributes
			}
			if a.Status != http.StatusOK || len(got) != len(tc.want) {
				t.Errorf("%d %s, cookies %v", a.Status, a.Body, got)
			}
			for name, want := range tc.want {
				if got[name] != want {
					t.Errorf("%s%s, want %s", name, got[name], want)
				}
			}
			if a := c.Get("/get-session"); !strings.Contains(a.Body, `"name":"Changed"`) {
				t.Errorf("the cache holds %s", a.Body)
			}
		})
	}
}

// A revoked session must not live on from one cache to the next.
func TestARevokedSessionGetsNoNewCache(t *testing.T) {
	p := newProbing(t, core.RequireSession, cacheOn)
	p.handle = func(c *core.Ctx) error { return c.RefreshSessionCookies(*c.Session()) }
	c := p.Client()
	token := c.SignUp("a@b.co", "password123").Text(t, "token")
	if a := p.probe(c); a.Status != http.StatusOK || p.asked != 1 {
		t.Errorf("%d %s, the database was asked %d times", a.Status, a.Body, p.asked)
	}
	if err := p.Sessions().Delete(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	a := p.probe(c)
	if a.Status != http.StatusUnauthorized || len(c.Cookies) != 0 {
		t.Errorf("%d %s, the client holds %v", a.Status, a.Body, c.Cookies)
	}
}

func TestASessionOfTheRequest(t *testing.T) {
	var seen string
	var bound core.Bound[echoInput, echoOutput]
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		bound = core.Route(s, core.Endpoint[echoInput, echoOutput]{
			Method: http.MethodPost, Path: "/own", OperationID: "own", Use: []core.Middleware{core.RequireRequestSession},
			Handle: func(c *core.Ctx, in echoInput) (*echoOutput, error) {
				if seen = "nobody"; c.Session() != nil {
					seen = c.Session().User.Email
				}
				return &echoOutput{in.Text}, nil
			},
		})
	}}))
	c := s.Client()
	const unauthorized = `{"message":"Unauthorized","code":"UNAUTHORIZED"}`
	if a := c.Post("/own", map[string]any{"text": "x"}); a.Status != http.StatusUnauthorized || a.Body != unauthorized {
		t.Errorf("a request without a session: %d %s", a.Status, a.Body)
	}
	if _, err := bound.Call(t.Context(), echoInput{"x"}, core.FromRequest(c.Request(http.MethodPost, "/own", nil))); !errors.Is(err, core.ErrUnauthorized) {
		t.Errorf("a call for a request without a session: %v", err)
	}
	if _, err := bound.Call(t.Context(), echoInput{"x"}); err != nil || seen != "nobody" {
		t.Errorf("a call of the application's own: %v, seen %s", err, seen)
	}
	c.SignUp("a@b.co", "password123")
	if a := c.Post("/own", map[string]any{"text": "x"}); a.Status != http.StatusOK || seen != "a@b.co" {
		t.Errorf("a request with a session: %d %s, seen %s", a.Status, a.Body, seen)
	}
}
