package routes_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

const (
	notFresh = `{"message":"Session is not fresh","code":"SESSION_NOT_FRESH"}`
	internal = `{"message":"Internal Server Error","code":"INTERNAL_SERVER_ERROR"}`
)

// house is Ann with two sessions and Bob with one.
type house struct {
	*authtest.Server
	ann, annToo, bob *authtest.Client
}

func newHouse(t *testing.T, configure ...func(*core.Options)) house {
	s := authtest.New(t, configure...)
	h := house{Server: s, ann: signUpAnn(t, s, nil), annToo: s.Client(), bob: s.Client()}
	h.annToo.Post("/sign-in/email", credentials(nil))
	h.bob.SignUp("bob@example.com", password)
	return h
}

func tokenOf(c *authtest.Client) string { return c.Cookies[sessionCookie][:32] }

// alive tells who is still signed in.
func (h house) alive() string {
	var who []string
	for _, c := range []struct {
		name   string
		client *authtest.Client
	}{{"ann", h.ann}, {"annToo", h.annToo}, {"bob", h.bob}} {
		if a := c.client.Get("/get-session"); a.Body != "null" {
			who = append(who, c.name)
		}
	}
	return strings.Join(who, " ")
}

func TestListSessions(t *testing.T) {
	h := newHouse(t)
	h.annToo.Post("/sign-in/email", credentials(map[string]any{"rememberMe": false}))
	a := h.ann.Get("/list-sessions")
	list, _ := a.JSON(t).([]any)
	if a.Status != http.StatusOK || len(list) != 3 {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if strings.Contains(a.Body, tokenOf(h.bob)) {
		t.Error("the list holds somebody else's session")
	}
	t.Run("shows one session as upstream does", func(t *testing.T) {
		n := names{}
		n.in(tokenOf(h.bob))
		a := h.bob.Get("/list-sessions")
		answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK,
			`[{"expiresAt":"`+weekEnd+`","token":"<1>","createdAt":"`+start+`","updatedAt":"`+start+`","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>","id":"<3>"}]`)
	})
	t.Run("leaves out what has expired", func(t *testing.T) {
		h := newHouse(t, func(o *core.Options) { o.Session.FreshAge = new(time.Duration(0)) })
		h.annToo.Post("/sign-in/email", credentials(map[string]any{"rememberMe": false}))
		h.Clock.Advance(day - millisecond)
		if got := len(h.ann.Get("/list-sessions").JSON(t).([]any)); got != 3 {
			t.Errorf("%d sessions just before the end of one", got)
		}
		h.Clock.Advance(millisecond)
		if got := len(h.ann.Get("/list-sessions").JSON(t).([]any)); got != 2 {
			t.Errorf("%d sessions at the end of one", got)
		}
	})
}

// 1.6.9 shows the list to every session; 1.6.15 and later do as Gatehouse does.
func TestListSessionsNeedsAFreshSession(t *testing.T) {
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		age       time.Duration
		fresh     bool
	}{
		{"just before a day", func(*core.Options) {}, day - millisecond, true},
		{"at a day", func(*core.Options) {}, day, false},
		{"just before a freshAge of its own", func(o *core.Options) { o.Session.FreshAge = new(time.Minute) }, time.Minute - millisecond, true},
		{"at a freshAge of its own", func(o *core.Options) { o.Session.FreshAge = new(time.Minute) }, time.Minute, false},
		{"any age with a freshAge of zero", func(o *core.Options) { o.Session.FreshAge = new(time.Duration(0)) }, 5 * day, true},
		{"any age as in 1.6.9", func(o *core.Options) { o.Compat.ListSessionsWithStaleSession = true }, 5 * day, true},
		{"a refresh does not make it fresh", func(o *core.Options) { o.Session.UpdateAge = new(time.Duration(0)) }, day, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, tc.configure)
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(tc.age)
			a := c.Get("/list-sessions")
			if tc.fresh {
				if a.Status != http.StatusOK || len(a.JSON(t).([]any)) != 1 {
					t.Errorf("got %d %s", a.Status, a.Body)
				}
				return
			}
			answers(t, a, http.StatusForbidden, notFresh)
		})
	}
}

func TestRevokeSession(t *testing.T) {
	for _, tc := range []struct {
		name  string
		token func(h house) string
		alive string
	}{
		{"another one of the user's", func(h house) string { return tokenOf(h.annToo) }, "ann bob"},
		{"the own", func(h house) string { return tokenOf(h.ann) }, "annToo bob"},
		{"somebody else's stays, and the answer does not tell", func(h house) string { return tokenOf(h.bob) }, "ann annToo bob"},
		{"an unknown one is the same", func(house) string { return "nope" }, "ann annToo bob"},
		{"an empty one is the same", func(house) string { return "" }, "ann annToo bob"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHouse(t)
			a := h.ann.Post("/revoke-session", map[string]any{"token": tc.token(h)})
			answers(t, a, http.StatusOK, done)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			same(t, "who is signed in", tc.alive, h.alive())
		})
	}
}

func TestRevokeSessionRefusesInput(t *testing.T) {
	h := newHouse(t)
	for _, tc := range []struct {
		body    any
		message string
	}{
		{`{}`, "[body.token] Invalid input: expected string, received undefined"},
		{`{"token":5}`, "[body.token] Invalid input: expected string, received number"},
		{`{"token":["x"]}`, "[body.token] Invalid input: expected string, received array"},
		{nil, "[body] Invalid input: expected object, received undefined"},
	} {
		answers(t, h.ann.Post("/revoke-session", tc.body), http.StatusBadRequest, `{"message":"`+tc.message+`","code":"VALIDATION_ERROR"}`)
	}
	same(t, "who is signed in", "ann annToo bob", h.alive())
}

func TestRevokeManySessions(t *testing.T) {
	for _, tc := range []struct{ path, alive string }{
		{"/revoke-sessions", "bob"},
		{"/revoke-other-sessions", "ann bob"},
	} {
		for _, body := range []any{nil, "{}"} {
			t.Run(tc.path, func(t *testing.T) {
				h := newHouse(t)
				answers(t, h.ann.Post(tc.path, body), http.StatusOK, done)
				same(t, "who is signed in", tc.alive, h.alive())
			})
		}
	}
}

func TestTheSignedOutHaveNoSessionsToSee(t *testing.T) {
	h := newHouse(t)
	for _, c := range []*authtest.Client{h.Client(), {}} {
		if c.Cookies == nil { // a cookie that is not genuine
			c = h.Client()
			c.Cookies[sessionCookie] = tokenOf(h.ann) + ".forged"
		}
		answers(t, c.Get("/list-sessions"), http.StatusUnauthorized, unauthorized)
		for _, path := range []string{"/revoke-session", "/revoke-sessions", "/revoke-other-sessions"} {
			a := c.Post(path, map[string]any{"token": tokenOf(h.ann)})
			answers(t, a, http.StatusUnauthorized, unauthorized)
		}
		// As upstream, the body is looked at first.
		answers(t, c.Post("/revoke-session", "{}"), http.StatusBadRequest,
			`{"message":"[body.token] Invalid input: expected string, received undefined","code":"VALIDATION_ERROR"}`)
	}
	same(t, "who is signed in", "ann annToo bob", h.alive())
}

func TestSessionsAreGuardedAgainstOtherSites(t *testing.T) {
	for _, path := range []string{"/revoke-session", "/revoke-sessions", "/revoke-other-sessions", "/sign-out"} {
		h := newHouse(t)
		for origin, refusal := range map[string]string{
			"https://evil.com": `{"message":"Invalid origin","code":"INVALID_ORIGIN"}`,
			"null":             `{"message":"Missing or null Origin","code":"MISSING_OR_NULL_ORIGIN"}`,
			"":                 `{"message":"Missing or null Origin","code":"MISSING_OR_NULL_ORIGIN"}`,
		} {
			h.ann.Header = http.Header{}
			if origin != "" {
				h.ann.Header.Set("Origin", origin)
			}
			a := h.ann.Post(path, map[string]any{"token": tokenOf(h.annToo)})
			answers(t, a, http.StatusForbidden, refusal)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		}
		same(t, "who is signed in after "+path, "ann annToo bob", h.alive())
	}
}

// A failure is an answer of its own, and never "signed out".
func TestSessionsWhenTheDatabaseFails(t *testing.T) {
	for _, tc := range []struct {
		method, path string
		answers      []string // by the call that fails
	}{
		{http.MethodGet, "/list-sessions", []string{"", ""}},
		{http.MethodPost, "/revoke-session", []string{"", internal}},
		{http.MethodPost, "/revoke-sessions", []string{"", internal}},
		{http.MethodPost, "/revoke-other-sessions", []string{"", internal}},
	} {
		for k, answer := range tc.answers {
			t.Run(tc.path, func(t *testing.T) {
				p := newProbe(memory.New())
				h := newHouse(t, func(o *core.Options) { o.Database = p })
				p.count(int64(k + 1))
				var body any
				if tc.method == http.MethodPost {
					body = map[string]any{"token": tokenOf(h.annToo)}
				}
				a := h.ann.Do(tc.method, tc.path, body)
				p.count(0)
				answers(t, a, http.StatusInternalServerError, answer)
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
				same(t, "who is signed in", "ann annToo bob", h.alive())
			})
		}
	}
}

// With delete hooks the row is read, judged and removed in one transaction.
func TestRevokeRunsDatabaseHooks(t *testing.T) {
	var ended []string
	h := newHouse(t, func(o *core.Options) {
		o.DatabaseHooks.Session = db.Hooks{AfterDelete: deleted(&ended)}
	})
	h.ann.Post("/revoke-session", map[string]any{"token": tokenOf(h.bob)})
	same(t, "hooks for somebody else's session", []string(nil), ended)
	h.ann.Post("/revoke-session", map[string]any{"token": tokenOf(h.annToo)})
	same(t, "hooks", []string{tokenOf(h.annToo)}, ended)
}
