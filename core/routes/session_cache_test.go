package routes_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

var strategies = []string{cookies.StrategyCompact, cookies.StrategyJWT, cookies.StrategyJWE}

// cached starts a server with a cookie cache on a database that counts.
func cached(t *testing.T, strategy string, configure ...func(*core.Options)) (*authtest.Server, *probe) {
	p := newProbe(memory.New())
	return authtest.New(t, append([]func(*core.Options){func(o *core.Options) {
		o.Database = p
		o.Session.CookieCache = core.CookieCache{Enabled: new(true), Strategy: strategy}
	}}, configure...)...), p
}

// cacheLine is the line that fills the cache, without the value.
func cacheLine(t *testing.T, a *authtest.Answer) string {
	t.Helper()
	for _, line := range a.Header["Set-Cookie"] {
		if rest, ok := strings.CutPrefix(line, cacheCookie+"="); ok {
			value, attributes, _ := strings.Cut(rest, ";")
			if value != "" {
				return attributes
			}
		}
	}
	return "none"
}

const fiveMinutes = " Max-Age=300; Path=/; HttpOnly; SameSite=Lax"

func TestTheCacheSparesTheDatabase(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			s, p := cached(t, strategy)
			c := s.Client()
			same(t, "cache line at sign-up", fiveMinutes, cacheLine(t, c.Post("/sign-up/email", body(nil))))
			update(t, s, "user", db.Row{"name": "Changed"})
			s.Clock.Advance(5*time.Minute - time.Second)
			p.count(0)
			a := c.Get("/get-session")
			answers(t, named(a), http.StatusOK, annsSession)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			if n := p.calls.Load(); n != 0 {
				t.Errorf("%d calls reached the database", n)
			}
			s.Clock.Advance(2 * time.Second)
			a = c.Get("/get-session")
			if !strings.Contains(a.Body, `"name":"Changed"`) || p.calls.Load() != 1 {
				t.Errorf("%d calls reached the database for %s", p.calls.Load(), a.Body)
			}
			same(t, "new cache line", fiveMinutes, cacheLine(t, a))
			p.count(0)
			if c.Get("/get-session"); p.calls.Load() != 0 {
				t.Error("the new cache is not used")
			}
			if c.Get("/get-session?disableCookieCache=true"); p.calls.Load() != 1 {
				t.Error("the cache is used although the query forbids it")
			}
		})
	}
}

// The compact cache counts in milliseconds, the tokens in whole seconds. A
// cache that has run out makes 1.6.9 answer "signed out" with the latter two.
func TestTheCacheRunsOut(t *testing.T) {
	for _, tc := range []struct {
		strategy string
		maxAge   time.Duration
		age      time.Duration
		alive    bool
	}{
		{cookies.StrategyCompact, 0, 5 * time.Minute, true},
		{cookies.StrategyCompact, 0, 5*time.Minute + millisecond, false},
		{cookies.StrategyCompact, time.Minute, time.Minute, true},
		{cookies.StrategyCompact, time.Minute, time.Minute + millisecond, false},
		{cookies.StrategyJWT, time.Minute, time.Minute - 600*millisecond, true},
		{cookies.StrategyJWT, time.Minute, time.Minute, false},
		{cookies.StrategyJWE, time.Minute, time.Minute - 600*millisecond, true},
		{cookies.StrategyJWE, time.Minute, time.Minute, false},
	} {
		t.Run(tc.strategy+" "+tc.age.String()+" of "+tc.maxAge.String(), func(t *testing.T) {
			s, p := cached(t, tc.strategy, func(o *core.Options) { o.Session.CookieCache.MaxAge = tc.maxAge })
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(tc.age)
			p.count(0)
			answers(t, named(c.Get("/get-session")), http.StatusOK, annsSession)
			if alive := p.calls.Load() == 0; alive != tc.alive {
				t.Errorf("the cache is used: %v, want %v", alive, tc.alive)
			}
		})
	}
}

func TestTheCacheNeverOutlivesItsSession(t *testing.T) {
	for _, strategy := range strategies {
		s, _ := cached(t, strategy, func(o *core.Options) { o.Session.CookieCache.MaxAge = 30 * day })
		c := signUpAnn(t, s, nil)
		s.Clock.Advance(7 * day)
		answers(t, c.Get("/get-session"), http.StatusOK, "null")
	}
}

// Without a lifetime of its cookie the compact cache lasts a minute and the
// tokens five; then the database is asked and, as upstream, no new cache made.
func TestTheCacheOfATransientSession(t *testing.T) {
	for strategy, lifetime := range map[string]time.Duration{
		cookies.StrategyCompact: time.Minute, cookies.StrategyJWT: 5 * time.Minute, cookies.StrategyJWE: 5 * time.Minute,
	} {
		t.Run(strategy, func(t *testing.T) {
			s, p := cached(t, strategy)
			c := s.Client()
			a := c.Post("/sign-up/email", body(map[string]any{"rememberMe": false}))
			same(t, "cache line", " Path=/; HttpOnly; SameSite=Lax", cacheLine(t, a))
			s.Clock.Advance(lifetime - time.Second)
			p.count(0)
			c.Get("/get-session")
			if p.calls.Load() != 0 {
				t.Error("the cache is not used")
			}
			s.Clock.Advance(2 * time.Second)
			a = c.Get("/get-session")
			answers(t, named(a), http.StatusOK, sessionAnswer(iso(day), start, ""))
			if p.calls.Load() != 1 || cacheLine(t, a) != "none" {
				t.Errorf("%d calls, cache line %q", p.calls.Load(), cacheLine(t, a))
			}
		})
	}
}

func TestTheVersionOfTheCache(t *testing.T) {
	for _, strategy := range strategies {
		for _, tc := range []struct {
			name          string
			before, after core.CookieCache
			used          bool
		}{
			{"the same text", core.CookieCache{Version: "2"}, core.CookieCache{Version: "2"}, true},
			{"another text", core.CookieCache{Version: "2"}, core.CookieCache{Version: "3"}, false},
			{"the default is 1", core.CookieCache{}, core.CookieCache{Version: "1"}, true},
			{"the default is no other", core.CookieCache{}, core.CookieCache{Version: "2"}, false},
			{"a function of what is cached", core.CookieCache{VersionFunc: nameAndHidden}, core.CookieCache{VersionFunc: nameAndHidden}, true},
			{"a function with another result", core.CookieCache{VersionFunc: nameAndHidden}, core.CookieCache{Version: "x"}, false},
		} {
			t.Run(strategy+" "+tc.name, func(t *testing.T) {
				with := func(cc core.CookieCache) func(*core.Options) {
					return func(o *core.Options) {
						cc.Enabled, cc.Strategy = new(true), strategy
						o.Session.CookieCache = cc
						o.User.AdditionalFields = []core.Field{{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true, Default: always("h")}}
					}
				}
				p := newProbe(memory.New())
				on := func(o *core.Options) { o.Database = p }
				c := signUpAnn(t, authtest.New(t, on, with(tc.before)), nil)
				next := authtest.New(t, on, with(tc.after)).Client()
				next.Cookies = c.Cookies
				p.count(0)
				answers(t, named(next.Get("/get-session")), http.StatusOK, annsSession)
				if used := p.calls.Load() == 0; used != tc.used {
					t.Errorf("the cache is used: %v, want %v", used, tc.used)
				}
			})
		}
	}
}

// nameAndHidden depends on a field that the cache does not hold.
func nameAndHidden(_ session.Session, u user.User) string {
	hidden, _ := u.Extra["hidden"].(string)
	return u.Name + hidden
}

// A cache that is not genuine, or another's, is no cache: the database decides.
// 1.6.9 answers null or 500 to the former and signs in as the other.
func TestCachesThatAreNotUsed(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			s, p := cached(t, strategy)
			ann, eve := signUpAnn(t, s, nil), s.Client()
			eve.SignUp("eve@example.com", password)
			good := ann.Cookies[cacheCookie]
			bad := map[string]string{
				"garbage":                   "garbage",
				"three parts":               "a.b.c",
				"five parts":                "a.b.c.d.e",
				"an object that is another": base64.RawURLEncoding.EncodeToString([]byte(`{"x":1}`)),
				"null":                      base64.RawURLEncoding.EncodeToString([]byte(`null`)),
				"a cache that was cut":      good[:len(good)-7],
				"the end of a cache":        good[7:],
				"a cache with more":         good + "A",
				"somebody else's":           eve.Cookies[cacheCookie],
				"a session cookie":          ann.Cookies[sessionCookie],
			}
			for _, other := range strategies {
				if other != strategy {
					o, _ := cached(t, other)
					bad["a cache of the strategy "+other] = signUpAnn(t, o, nil).Cookies[cacheCookie]
				}
			}
			step := len(good)/97 + 1
			for i := 0; i < len(good); i += step {
				changed := byte('A')
				if good[i] == 'A' {
					changed = 'B'
				}
				bad["a cache with a changed character "+good[:i+1]] = good[:i] + string(changed) + good[i+1:]
			}
			for name, value := range bad {
				p.count(0)
				r := ann.Request(http.MethodGet, "/get-session", nil)
				r.Header.Set("Cookie", sessionCookie+"="+ann.Cookies[sessionCookie]+"; "+cacheCookie+"="+value)
				a := s.Client().Send(r)
				if got := named(a); got.Status != http.StatusOK || got.Body != annsSession {
					t.Errorf("%s: %d %s", name, got.Status, got.Body)
				}
				if p.calls.Load() != 1 || cacheLine(t, a) != fiveMinutes {
					t.Errorf("%s: %d calls, cache line %q", name, p.calls.Load(), cacheLine(t, a))
				}
			}
			t.Run("a cache alone is nothing", func(t *testing.T) {
				r := ann.Request(http.MethodGet, "/get-session", nil)
				r.Header.Set("Cookie", cacheCookie+"="+good)
				answers(t, s.Client().Send(r), http.StatusOK, "null")
			})
		})
	}
}

// A cache that an earlier configuration left behind is not looked at.
func TestACacheThatIsSwitchedOff(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	c.Cookies[cacheCookie] = "garbage"
	answers(t, named(c.Get("/get-session")), http.StatusOK, annsSession)
}

func TestARevokedSessionInTheCache(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			s, _ := cached(t, strategy)
			ann := signUpAnn(t, s, nil)
			other := s.Client()
			other.Post("/sign-in/email", credentials(nil))
			if a := other.Post("/revoke-other-sessions", nil); a.Status != http.StatusOK {
				t.Fatalf("revoke: %d %s", a.Status, a.Body)
			}
			again := func() *authtest.Client {
				c := s.Client()
				maps.Copy(c.Cookies, ann.Cookies)
				return c
			}
			answers(t, named(again().Get("/get-session")), http.StatusOK, annsSession)
			for _, path := range []string{
				"/revoke-session", "/revoke-sessions", "/revoke-other-sessions",
				// In 1.6.9 this query brings the cache back.
				"/revoke-sessions?disableCookieCache=", "/revoke-other-sessions?disableCookieCache=",
			} {
				a := again().Post(path, map[string]any{"token": other.Cookies[sessionCookie][:32]})
				answers(t, a, http.StatusUnauthorized, unauthorized)
				same(t, path, signedOut, a.Header["Set-Cookie"])
			}
			// The list carries the tokens of the others; 1.6.9 and 1.7 give it away.
			answers(t, again().Get("/list-sessions"), http.StatusUnauthorized, unauthorized)
			answers(t, again().Get("/get-session?disableCookieCache=true"), http.StatusOK, "null")
			count(t, s, "session", 1)
		})
	}
}

func TestALargeCacheIsSplit(t *testing.T) {
	bio := strings.Repeat("b", 6000)
	s, p := cached(t, cookies.StrategyCompact, func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{{Name: "bio", Type: db.String, Nullable: true}}
	})
	c := signUpAnn(t, s, map[string]any{"bio": bio})
	chunk := func(i string) string { return c.Cookies[cacheCookie+"."+i] }
	if len(chunk("0")) != 3896 || len(chunk("1")) != 3896 || len(chunk("2")) == 0 || c.Cookies[cacheCookie] != "" {
		t.Fatalf("chunks of %d, %d and %d bytes", len(chunk("0")), len(chunk("1")), len(chunk("2")))
	}
	first := sessionCookie + "=" + c.Cookies[sessionCookie] + "; "
	for _, tc := range []struct {
		name   string
		header string
		used   bool
	}{
		{"in order", cacheCookie + ".0=" + chunk("0") + "; " + cacheCookie + ".1=" + chunk("1") + "; " + cacheCookie + ".2=" + chunk("2"), true},
		{"in any order", cacheCookie + ".2=" + chunk("2") + "; " + cacheCookie + ".0=" + chunk("0") + "; " + cacheCookie + ".1=" + chunk("1"), true},
		{"with a gap", cacheCookie + ".0=" + chunk("0") + "; " + cacheCookie + ".2=" + chunk("2"), false},
		{"without its begin", cacheCookie + ".1=" + chunk("1") + "; " + cacheCookie + ".2=" + chunk("2"), false},
		{"without its end", cacheCookie + ".0=" + chunk("0") + "; " + cacheCookie + ".1=" + chunk("1"), false},
		{"with chunks from another time", cacheCookie + ".0=" + chunk("0") + "; " + cacheCookie + ".1=" + chunk("1") + "; " + cacheCookie + ".2=" + chunk("2") + "; " + cacheCookie + ".3=x", false},
		{"beside a cookie of the plain name", cacheCookie + "=garbage; " + cacheCookie + ".0=" + chunk("0") + "; " + cacheCookie + ".1=" + chunk("1") + "; " + cacheCookie + ".2=" + chunk("2"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := c.Request(http.MethodGet, "/get-session", nil)
			r.Header.Set("Cookie", first+tc.header)
			p.count(0)
			a := s.Client().Send(r)
			if a.Status != http.StatusOK || !strings.Contains(a.Body, bio) {
				t.Errorf("got %d %.100s", a.Status, a.Body)
			}
			if used := p.calls.Load() == 0; used != tc.used {
				t.Errorf("the cache is used: %v, want %v", used, tc.used)
			}
		})
	}
	t.Run("chunks leave when the cache has become small", func(t *testing.T) {
		update(t, s, "user", db.Row{"bio": "short"})
		c.Get("/get-session?disableCookieCache=true")
		if chunk("0")+chunk("1")+chunk("2") != "" || c.Cookies[cacheCookie] == "" {
			t.Errorf("the client holds %d cookies", len(c.Cookies))
		}
	})
	t.Run("chunks leave at sign-out", func(t *testing.T) {
		c.Post("/sign-out", nil)
		if len(c.Cookies) != 0 {
			t.Errorf("the client holds %v", c.Cookies)
		}
	})
}

func TestAdditionalFieldsOfASession(t *testing.T) {
	s, _ := cached(t, cookies.StrategyCompact, func(o *core.Options) {
		o.Session.AdditionalFields = []core.Field{
			{Name: "plan", Type: db.String, Nullable: true, Default: always("p")},
			{Name: "hidden", Type: db.String, Nullable: true, Default: always("h"), NotReturned: true},
			{Name: "optional", Type: db.String, Nullable: true},
			{Name: "count", Type: db.Number, Nullable: true, Default: always(7)},
			{Name: "when", Type: db.Date, Nullable: true, Default: always(authtest.Start)},
		}
	})
	c := signUpAnn(t, s, nil)
	want := strings.Replace(annsSession, `"id":"<3>"`, `"plan":"p","optional":null,"count":7,"when":"`+start+`","id":"<3>"`, 1)
	answers(t, named(c.Get("/get-session")), http.StatusOK, want)
	answers(t, named(c.Get("/get-session?disableCookieCache=true")), http.StatusOK, want)
	a := c.Get("/list-sessions")
	if strings.Contains(a.Body, "hidden") || !strings.Contains(a.Body, `"plan":"p","optional":null,"count":7`) {
		t.Errorf("got %s", a.Body)
	}
	if got := stored(t, s, "session")[0]["hidden"]; got != "h" {
		t.Errorf("%v was stored", got)
	}
}
