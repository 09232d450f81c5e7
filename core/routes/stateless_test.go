package routes_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

func stateless(o *core.Options) { o.Database = nil }

// restarted is the same server after its process has ended and begun again.
func restarted(t *testing.T, s *authtest.Server, configure ...func(*core.Options)) *authtest.Server {
	t.Helper()
	return authtest.New(t, append([]func(*core.Options){stateless, func(o *core.Options) { o.Clock = s.Clock.Now }}, configure...)...)
}

// as is a client of another server with the cookies of c.
func as(s *authtest.Server, c *authtest.Client) *authtest.Client {
	next := s.Client()
	maps.Copy(next.Cookies, c.Cookies)
	return next
}

const weekLong = " Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"

func TestASessionInItsCookieOutlivesTheProcess(t *testing.T) {
	s := authtest.New(t, stateless)
	c := s.Client()
	same(t, "cache line", weekLong, cacheLine(t, c.Post("/sign-up/email", body(nil))))
	if parts := strings.Count(c.Cookies[cacheCookie], "."); parts != 4 {
		t.Errorf("the cache is no JWE: %s", c.Cookies[cacheCookie])
	}
	next := restarted(t, s)
	a := as(next, c).Get("/get-session")
	answers(t, named(a), http.StatusOK, annsSession)
	same(t, "cookies", []string(nil), a.Header["Set-Cookie"])

	t.Run("it does not do where a session must be known", func(t *testing.T) {
		for path, b := range map[string]any{
			"/revoke-session": map[string]any{"token": tokenOf(c)}, "/revoke-sessions": nil, "/revoke-other-sessions": nil,
			"/change-password": map[string]any{"currentPassword": password, "newPassword": "password456"},
		} {
			answers(t, as(next, c).Post(path, b), http.StatusUnauthorized, unauthorized)
		}
		answers(t, as(next, c).Get("/list-sessions"), http.StatusUnauthorized, unauthorized)
		answers(t, as(next, c).Get("/get-session?disableCookieCache=true"), http.StatusOK, "null")
	})
	t.Run("it ends when the client signs out", func(t *testing.T) {
		c := as(next, c)
		answers(t, c.Post("/sign-out", nil), http.StatusOK, `{"success":true}`)
		if len(c.Cookies) != 0 {
			t.Errorf("the client holds %v", c.Cookies)
		}
	})
	t.Run("another secret does not know it", func(t *testing.T) {
		other := restarted(t, s, func(o *core.Options) { o.Secret = authtest.Secret + "-of-another-server" })
		answers(t, as(other, c).Get("/get-session"), http.StatusOK, "null")
	})
	t.Run("one alone is nothing, and two that differ are nothing", func(t *testing.T) {
		eve := s.Client()
		eve.SignUp("eve@example.com", password)
		for name, client := range map[string]map[string]string{
			"the cache alone":      {cacheCookie: c.Cookies[cacheCookie]},
			"the token alone":      {sessionCookie: c.Cookies[sessionCookie]},
			"Eve's token, Ann's":   {sessionCookie: eve.Cookies[sessionCookie], cacheCookie: c.Cookies[cacheCookie]},
			"Ann's token, Eve's":   {sessionCookie: c.Cookies[sessionCookie], cacheCookie: eve.Cookies[cacheCookie]},
			"a cache as the token": {sessionCookie: c.Cookies[cacheCookie], cacheCookie: c.Cookies[cacheCookie]},
			"a cache that was cut": {sessionCookie: c.Cookies[sessionCookie], cacheCookie: c.Cookies[cacheCookie][:200]},
		} {
			probe := next.Client()
			maps.Copy(probe.Cookies, client)
			if a := probe.Get("/get-session"); a.Status != http.StatusOK || a.Body != "null" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	})
	t.Run("it is over after its time", func(t *testing.T) {
		s.Clock.Advance(7 * day)
		answers(t, as(next, c).Get("/get-session"), http.StatusOK, "null")
		answers(t, as(next, c).Post("/update-session", map[string]any{}), http.StatusUnauthorized, unauthorized)
	})
}

// A fifth of a week is 33 hours and 36 minutes.
func TestASessionInItsCookieRenewsItself(t *testing.T) {
	const before = 7*day - (33*time.Hour + 36*time.Minute)
	for _, tc := range []struct {
		name    string
		age     time.Duration
		get     string
		skip    bool // a hook wants no refresh
		renewed bool
	}{
		{"not before the last fifth of its time", before - time.Second, "/get-session", false, false},
		{"in the last fifth of its time", before + time.Second, "/get-session", false, true},
		{"at its very end", 7*day - time.Second, "/get-session", false, true},
		{"wherever a session is needed", before + time.Second, "/list-sessions", false, true},
		{"though the query leaves the database alone", before + time.Second, "/get-session?disableRefresh=true", false, true},
		{"unless the call skips it", before + time.Second, "/get-session", true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, stateless, func(o *core.Options) {
				o.Session.FreshAge = new(time.Duration(0))
				o.Hooks.Before = func(c *core.Ctx) error {
					if tc.skip {
						c.SkipSessionRefresh()
					}
					return nil
				}
			})
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(tc.age)
			a := c.Get(tc.get)
			line, ends := "none", weekEnd
			if tc.renewed {
				line, ends = weekLong, iso(tc.age+7*day)
			}
			same(t, "cache line", line, cacheLine(t, a))
			next := as(restarted(t, s, func(o *core.Options) { o.Session.CookieCache.RefreshCache.Enabled = new(false) }), c)
			answers(t, named(next.Get("/get-session")), http.StatusOK, sessionAnswer(ends, start, ""))
			if !tc.renewed {
				return
			}
			same(t, "the token's line", sessionLine, cookieLines(s, names{}, a)[1:])
			s.Clock.Advance(7*day - time.Second)
			if a := next.Get("/get-session"); a.Body == "null" {
				t.Error("it has ended early")
			}
		})
	}
}

// Revoked in the memory, it lives on in the cookie; past the cookie it is over.
func TestARevokedSessionWithoutADatabase(t *testing.T) {
	s := authtest.New(t, stateless)
	c := signUpAnn(t, s, nil)
	other := s.Client()
	other.Post("/sign-in/email", credentials(nil))
	a := other.Post("/revoke-sessions", nil)
	answers(t, a, http.StatusOK, done)
	same(t, "new cache of the session that ends", "none", cacheLine(t, a))
	answers(t, named(c.Get("/get-session")), http.StatusOK, annsSession)
	answers(t, c.Get("/get-session?disableCookieCache=true"), http.StatusOK, "null")
}

func TestWarningsAboutWhereSessionsAre(t *testing.T) {
	const forgets, noEffect = "there is no database", "refreshCache has no effect"
	renewing := func(o *core.Options) {
		o.Session.CookieCache = core.CookieCache{Enabled: new(true), RefreshCache: core.RefreshCache{Enabled: new(true)}}
	}
	storage := func(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) }
	for _, tc := range []struct {
		name              string
		configure         []func(*core.Options)
		forgets, noEffect bool
	}{
		{"a database", nil, false, false},
		{"a database and a cache that would renew itself", []func(*core.Options){renewing}, false, true},
		{"no database", []func(*core.Options){stateless}, true, false},
		{"no database but a storage", []func(*core.Options){stateless, storage}, true, false},
		{"no database but a storage, and a cache that would renew itself", []func(*core.Options){stateless, storage, renewing}, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, tc.configure...)
			log := s.Log.String()
			if strings.Contains(log, forgets) != tc.forgets || strings.Contains(log, noEffect) != tc.noEffect {
				t.Errorf("the log says %s", log)
			}
			if s.Stateless() != tc.forgets {
				t.Errorf("stateless: %v", s.Stateless())
			}
			if !tc.noEffect {
				return
			}
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(5*time.Minute - 10*time.Second)
			same(t, "cookies", []string(nil), c.Get("/get-session").Header["Set-Cookie"])
		})
	}
}

func TestWhatTheOptionsSayWithoutADatabase(t *testing.T) {
	for _, tc := range []struct {
		name  string
		cache core.CookieCache
		lives core.SessionOptions
		line  string // of the cache at sign-up
		dots  int    // in it
	}{
		{"nothing", core.CookieCache{}, core.SessionOptions{}, weekLong, 4},
		{"no cache", core.CookieCache{Enabled: new(false)}, core.SessionOptions{}, "none", 0},
		{"another form", core.CookieCache{Strategy: cookies.StrategyJWT}, core.SessionOptions{}, weekLong, 2},
		{"another lifetime", core.CookieCache{MaxAge: time.Minute}, core.SessionOptions{}, " Max-Age=60; Path=/; HttpOnly; SameSite=Lax", 4},
		{"another lifetime of sessions", core.CookieCache{}, core.SessionOptions{ExpiresIn: time.Hour}, " Max-Age=3600; Path=/; HttpOnly; SameSite=Lax", 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, stateless, func(o *core.Options) {
				o.Session = tc.lives
				o.Session.CookieCache = tc.cache
			})
			c := s.Client()
			same(t, "cache line", tc.line, cacheLine(t, c.Post("/sign-up/email", body(nil))))
			same(t, "dots in the cache", tc.dots, strings.Count(c.Cookies[cacheCookie], "."))
		})
	}
	t.Run("a renewal that cannot be", func(t *testing.T) {
		_, err := authtest.Try(t, stateless, func(o *core.Options) { o.Session.CookieCache.RefreshCache.UpdateAge = new(-time.Second) })
		if err == nil || !strings.Contains(err.Error(), "session.cookieCache.refreshCache.updateAge") {
			t.Errorf("got %v", err)
		}
	})
}
