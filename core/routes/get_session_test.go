package routes_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

const (
	day = 24 * time.Hour

	sessionCookie = "better-auth.session_token"
	cacheCookie   = "better-auth.session_data"
)

// signedOut are the lines that take a session's cookies away.
var signedOut = []string{
	"better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
	"better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
	"better-auth.dont_remember=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
}

// sessionAnswer is the answer of /get-session about Ann, who signed up at the
// start, for a session that ends and was last changed at these times.
func sessionAnswer(expiresAt, updatedAt, more string) string {
	return `{"session":{"expiresAt":"` + expiresAt + `","token":"<1>","createdAt":"` + start + `","updatedAt":"` + updatedAt +
		`","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>","id":"<3>"},"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"` +
		start + `","updatedAt":"` + start + `","id":"<2>"}` + more + `}`
}

// weekEnd is when a session ends that began at the start.
const weekEnd = "2026-03-21T09:26:53.589Z"

var annsSession = sessionAnswer(weekEnd, start, "")

// signUpAnn signs up and returns the client that is signed in.
func signUpAnn(t *testing.T, s *authtest.Server, changes map[string]any) *authtest.Client {
	t.Helper()
	c := s.Client()
	if a := c.Post("/sign-up/email", body(changes)); a.Status != http.StatusOK {
		t.Fatalf("sign up: %d %s", a.Status, a.Body)
	}
	return c
}

func named(a *authtest.Answer) *authtest.Answer {
	return &authtest.Answer{Status: a.Status, Header: a.Header, Body: names{}.in(a.Body)}
}

func TestGetSession(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	a := c.Get("/get-session")
	answers(t, named(a), http.StatusOK, annsSession)
	same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	// As since 1.6.24; 1.6.9 sends neither.
	same(t, "Cache-Control", "no-store", a.Header.Get("Cache-Control"))
	same(t, "Pragma", "no-cache", a.Header.Get("Pragma"))

	t.Run("nobody is signed in without a cookie", func(t *testing.T) {
		a := s.Client().Get("/get-session")
		answers(t, a, http.StatusOK, "null")
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		same(t, "Cache-Control", "no-store", a.Header.Get("Cache-Control"))
	})
	t.Run("a cookie that was not URL-encoded is good too", func(t *testing.T) {
		plain, err := url.PathUnescape(c.Cookies[sessionCookie])
		if err != nil || plain == c.Cookies[sessionCookie] {
			t.Fatalf("%q is not encoded: %v", c.Cookies[sessionCookie], err)
		}
		r := c.Request(http.MethodGet, "/get-session", nil)
		r.Header.Set("Cookie", sessionCookie+"="+plain)
		answers(t, named(c.Send(r)), http.StatusOK, annsSession)
	})
	t.Run("another site may ask, and cannot read the answer", func(t *testing.T) {
		r := c.Request(http.MethodGet, "/get-session", nil)
		r.Header.Set("Origin", "https://evil.com")
		a := c.Send(r)
		answers(t, named(a), http.StatusOK, annsSession)
		if got := a.Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("it can: %s", got)
		}
	})
	t.Run("a user who is gone takes the session along", func(t *testing.T) {
		remove(t, s, "user")
		a := c.Get("/get-session")
		answers(t, a, http.StatusOK, "null")
		same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	})
}

func TestCookiesThatAreNotGenuine(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	good, err := url.PathUnescape(c.Cookies[sessionCookie])
	if err != nil {
		t.Fatal(err)
	}
	token, signature, _ := strings.Cut(good, ".")
	foreign, err := secret.NewKeys("another-secret-0123456789-abcdefghijklmnop", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"no cookie at all":              "",
		"garbage":                       "garbage",
		"a token without its signature": token,
		"a token and a dot":             token + ".",
		"a signature alone":             "." + signature,
		"a signature that lost its end": strings.TrimSuffix(good, "="),
		"a signature with more padding": good + "=",
		"a cookie that was cut":         good[:len(good)-10],
		"another token":                 strings.Repeat("a", 32) + "." + signature,
		"another case":                  strings.ToUpper(good),
		"a foreign secret":              foreign.Sign(token),
		"the mark of a transient one":   s.Keys().Sign("true"),
	}
	// Each of the 43 characters counts, down to its last bit.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(signature) - 1 {
		at := strings.IndexByte(alphabet, signature[i])
		for _, bit := range []int{1, 32} {
			bad["signature character "+signature[:i+1]+" with a flipped bit"+string(alphabet[bit])] = token + "." + signature[:i] + string(alphabet[at^bit]) + signature[i+1:]
		}
	}
	for name, value := range bad {
		for _, written := range []string{value, url.QueryEscape(value)} {
			r := c.Request(http.MethodGet, "/get-session", nil)
			r.Header.Set("Cookie", sessionCookie+"="+written)
			a := s.Client().Send(r)
			// The token that is genuine and not a session's is looked up.
			lines := []string(nil)
			if name == "the mark of a transient one" {
				lines = signedOut
			}
			if a.Status != http.StatusOK || a.Body != "null" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
			same(t, name, lines, a.Header["Set-Cookie"])
		}
	}
	answers(t, named(c.Get("/get-session")), http.StatusOK, annsSession)
}

func TestSecureCookies(t *testing.T) {
	const secure = "__Secure-" + sessionCookie
	s := authtest.New(t, func(o *core.Options) { o.BaseURL = "https://localhost:3000" })
	c := s.Client()
	c.Header.Set("Origin", "https://localhost:3000")
	n := names{}
	a := c.SignUp(email, password)
	same(t, "cookies", []string{"__Secure-better-auth.session_token=<1>.signed; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"}, cookieLines(s, n, a))
	anns := c.Cookies[secure]
	eve := s.Client()
	eve.Header.Set("Origin", "https://localhost:3000")
	eve.SignUp("eve@example.com", password)

	for _, tc := range []struct{ name, header, who string }{
		{"the secure cookie counts", secure + "=" + anns, email},
		{"the secure cookie wins over a plain one before it", sessionCookie + "=" + eve.Cookies[secure] + "; " + secure + "=" + anns, email},
		{"the secure cookie wins over a plain one behind it", secure + "=" + anns + "; " + sessionCookie + "=" + eve.Cookies[secure], email},
		{"the first of two secure cookies counts", secure + "=" + anns + "; " + secure + "=" + eve.Cookies[secure], email},
		{"a plain cookie is nothing", sessionCookie + "=" + anns, ""},
		{"a secure cookie that is not genuine does not fall back", secure + "=garbage; " + sessionCookie + "=" + anns, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := c.Request(http.MethodGet, "/get-session", nil)
			r.Header.Set("Cookie", tc.header)
			a := s.Client().Send(r)
			if tc.who == "" {
				answers(t, a, http.StatusOK, "null")
				return
			}
			if !strings.Contains(a.Body, `"email":"`+tc.who+`"`) {
				t.Errorf("got %s", a.Body)
			}
		})
	}
}

func TestGetSessionWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	s.Clock.Advance(day) // due, so that there is a write too
	for k := int64(1); k <= 2; k++ {
		p.count(k)
		a := c.Get("/get-session")
		answers(t, a, http.StatusInternalServerError, `{"message":"Failed to get session","code":"FAILED_TO_GET_SESSION"}`)
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	}
	p.count(0)
	if a := c.Get("/get-session"); a.Status != http.StatusOK || a.Body == "null" {
		t.Errorf("the failure signed the user out: %d %s", a.Status, a.Body)
	}
	if strings.Contains(s.Log.String(), c.Cookies[sessionCookie][:32]) {
		t.Error("the log carries the token")
	}
}

// stale lets a session disappear between look-up and refresh.
type stale struct{ db.Adapter }

func (a stale) Update(context.Context, db.Change) (db.Result, error) { return db.Result{}, nil }

func TestASessionThatGoesAwayDuringItsRefreshIsOver(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Database = stale{memory.New()} })
	c := signUpAnn(t, s, nil)
	s.Clock.Advance(day)
	a := c.Get("/get-session")
	answers(t, a, http.StatusUnauthorized, `{"message":"Failed to get session","code":"FAILED_TO_GET_SESSION"}`)
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
}
