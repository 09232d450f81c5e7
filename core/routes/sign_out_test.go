package routes_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

const success = `{"success":true}`

// deleted notes the tokens of the sessions that were deleted.
func deleted(tokens *[]string) func(context.Context, db.Row) error {
	return func(_ context.Context, row db.Row) error {
		token, _ := row["token"].(string)
		*tokens = append(*tokens, token)
		return nil
	}
}

func TestSignOut(t *testing.T) {
	for _, tc := range []struct {
		name string
		body any
	}{
		{"without a body, as the client of 1.6.9", nil},
		{"with an empty object, as that of 1.7", "{}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var ended []string
			s := authtest.New(t, func(o *core.Options) { o.DatabaseHooks.Session.AfterDelete = deleted(&ended) })
			c := signUpAnn(t, s, map[string]any{"rememberMe": false})
			token := tokenOf(c)
			a := c.Post("/sign-out", tc.body)
			answers(t, a, http.StatusOK, success)
			same(t, "cookies", signedOut, a.Header["Set-Cookie"])
			same(t, "deleted sessions", []string{token}, ended)
			count(t, s, "session", 0)
			count(t, s, "user", 1)
		})
	}
}

func TestSignOutEndsThisSessionOnly(t *testing.T) {
	h := newHouse(t)
	answers(t, h.ann.Post("/sign-out", nil), http.StatusOK, success)
	same(t, "who is signed in", "annToo bob", h.alive())
}

func TestSignOutWithNothingToEnd(t *testing.T) {
	h := newHouse(t)
	forged := h.Client()
	forged.Cookies[sessionCookie] = tokenOf(h.bob) + ".forged"
	for _, c := range []*authtest.Client{h.Client(), forged} {
		a := c.Post("/sign-out", nil)
		answers(t, a, http.StatusOK, success)
		same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	}
	same(t, "who is signed in", "ann annToo bob", h.alive())
}

func TestSignOutTakesTheCacheAlong(t *testing.T) {
	s, _ := cached(t, cookies.StrategyCompact)
	c := signUpAnn(t, s, nil)
	a := c.Post("/sign-out", nil)
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	answers(t, c.Get("/get-session"), http.StatusOK, "null")
}

func TestSignOutOfSecureCookies(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.BaseURL = "https://localhost:3000" })
	c := s.Client()
	c.Header.Set("Origin", "https://localhost:3000")
	c.SignUp(email, password)
	same(t, "cookies", []string{
		"__Secure-better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
		"__Secure-better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
		"__Secure-better-auth.dont_remember=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
	}, c.Post("/sign-out", nil).Header["Set-Cookie"])
}

// 1.6.9 reports success and leaves the session alive on the server.
func TestSignOutWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	p.count(1)
	a := c.Post("/sign-out", nil)
	p.count(0)
	answers(t, a, http.StatusInternalServerError, "")
	count(t, s, "session", 1)
	// This browser forgets the session all the same: whoever uses it next must
	// not find it.
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
}
