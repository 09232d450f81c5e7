package routes_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

const millisecond = time.Millisecond

var sessionLine = []string{"better-auth.session_token=<1>.signed; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"}

// iso is a time after the start, as the wire writes it.
func iso(after time.Duration) string {
	return authtest.Start.Add(after).Format("2006-01-02T15:04:05.000Z")
}

func TestASessionEnds(t *testing.T) {
	for _, tc := range []struct {
		name    string
		changes map[string]any
		age     time.Duration
		alive   bool
	}{
		{"a transient session lasts a day", map[string]any{"rememberMe": false}, day - millisecond, true},
		// 1.6.9 lets it live for this very millisecond.
		{"a transient session ends after a day", map[string]any{"rememberMe": false}, day, false},
		{"a session lasts a week", nil, 7*day - millisecond, true},
		{"a session ends after a week", nil, 7 * day, false},
		{"a session stays ended", nil, 30 * day, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t)
			c := signUpAnn(t, s, tc.changes)
			s.Clock.Advance(tc.age)
			a := c.Get("/get-session")
			if tc.alive {
				if a.Status != http.StatusOK || a.Body == "null" {
					t.Errorf("got %d %s", a.Status, a.Body)
				}
				return
			}
			answers(t, a, http.StatusOK, "null")
			same(t, "cookies", signedOut, a.Header["Set-Cookie"])
			count(t, s, "session", 0)
		})
	}
}

func TestASessionIsExtendedByItsUse(t *testing.T) {
	for _, tc := range []struct {
		name      string
		configure func(*core.SessionOptions)
		age       time.Duration
		extended  bool
	}{
		{"not just before updateAge", nil, day - millisecond, false},
		{"at updateAge", nil, day, true},
		{"after updateAge", nil, day + 400*millisecond, true},
		{"always with an updateAge of zero", func(o *core.SessionOptions) { o.UpdateAge = new(time.Duration(0)) }, 10 * time.Second, true},
		{"not just before an updateAge of its own", func(o *core.SessionOptions) { o.UpdateAge = new(time.Hour) }, time.Hour - millisecond, false},
		{"at an updateAge of its own", func(o *core.SessionOptions) { o.UpdateAge = new(time.Hour) }, time.Hour, true},
		{"never when that is switched off", func(o *core.SessionOptions) { o.DisableSessionRefresh = true }, 2 * day, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				if tc.configure != nil {
					tc.configure(&o.Session)
				}
			})
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(tc.age)
			a := c.Get("/get-session")
			ends, changed, lines := iso(7*day), start, []string(nil)
			if tc.extended {
				ends, changed, lines = iso(tc.age+7*day), iso(tc.age), sessionLine
			}
			answers(t, named(a), http.StatusOK, sessionAnswer(ends, changed, ""))
			same(t, "cookies", lines, cookieLines(s, names{}, a))
			n := names{}
			n.in(a.Body)
			same(t, "sessions", []string{
				`{"id":"<3>","expiresAt":"` + ends + `","token":"<1>","createdAt":"` + start + `","updatedAt":"` + changed + `","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>"}`,
			}, rows(t, s, n, "session"))
			if tc.extended {
				again := c.Get("/get-session")
				answers(t, named(again), http.StatusOK, sessionAnswer(ends, changed, ""))
			}
		})
	}
}

func TestATransientSessionIsNotExtended(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Session.UpdateAge = new(10 * time.Second) })
	c := signUpAnn(t, s, map[string]any{"rememberMe": false})
	s.Clock.Advance(time.Hour)
	a := c.Get("/get-session")
	answers(t, named(a), http.StatusOK, sessionAnswer(iso(day), start, ""))
	same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	// The mark is what makes it transient, as upstream.
	c.Cookies["better-auth.dont_remember"] = "true.forged"
	a = c.Get("/get-session")
	answers(t, named(a), http.StatusOK, sessionAnswer(iso(time.Hour+7*day), iso(time.Hour), ""))
}

// A query is text, and zod's coercion makes every text but the empty one true.
// A repeated parameter is a list, and every list is true.
func TestTheQueryOfGetSession(t *testing.T) {
	for _, tc := range []struct {
		query     string
		extended  bool
		fromCache bool
	}{
		{"", true, true},
		{"?disableRefresh=true", false, true},
		{"?disableRefresh=false", false, true},
		{"?disableRefresh=0", false, true},
		{"?disableRefresh=%00", false, true},
		{"?disableRefresh", true, true},
		{"?disableRefresh=", true, true},
		{"?disableRefresh=&disableRefresh=", false, true},
		{"?disableRefresh=false&disableRefresh=true", false, true},
		{"?disableRefresh[]=true", true, true},
		{"?DisableRefresh=true", true, true},
		{"?unknown=1", true, true},
		{"?disableCookieCache=true", true, false},
		{"?disableCookieCache=false", true, false},
		{"?disableCookieCache=0", true, false},
		{"?disableCookieCache", true, true},
		{"?disableCookieCache=", true, true},
		{"?disableCookieCache=&disableCookieCache=", true, false},
		{"?disableCookieCache=false&disableCookieCache=true", true, false},
	} {
		t.Run("extends or not: "+tc.query, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) { o.Session.UpdateAge = new(time.Duration(0)) })
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(10 * time.Second)
			a := c.Get("/get-session" + tc.query)
			want := sessionAnswer(weekEnd, start, "")
			if tc.extended {
				want = sessionAnswer(iso(10*time.Second+7*day), iso(10*time.Second), "")
			}
			answers(t, named(a), http.StatusOK, want)
		})
		t.Run("asks the cache or not: "+tc.query, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) { o.Session.CookieCache.Enabled = new(true) })
			c := signUpAnn(t, s, nil)
			remove(t, s, "session")
			want := "null"
			if tc.fromCache {
				want = annsSession
			}
			answers(t, named(c.Get("/get-session"+tc.query)), http.StatusOK, want)
		})
	}
}

func TestDeferredRefresh(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Session.DeferSessionRefresh = true })
	const due, notDue = `,"needsRefresh":true`, `,"needsRefresh":false`
	answers(t, s.Client().Get("/get-session"), http.StatusOK, "null")
	answers(t, s.Client().Post("/get-session", nil), http.StatusOK, "null")

	c := signUpAnn(t, s, nil)
	answers(t, named(c.Get("/get-session")), http.StatusOK, sessionAnswer(weekEnd, start, notDue))
	answers(t, named(c.Post("/get-session", nil)), http.StatusOK, sessionAnswer(weekEnd, start, ""))

	s.Clock.Advance(day)
	for range 2 {
		a := c.Get("/get-session")
		answers(t, named(a), http.StatusOK, sessionAnswer(weekEnd, start, due))
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	}
	answers(t, named(c.Get("/get-session?disableRefresh=true")), http.StatusOK, sessionAnswer(weekEnd, start, ""))
	a := c.Get("/list-sessions?x")
	if a.Header["Set-Cookie"] != nil {
		t.Error("another GET has extended the session")
	}
	a = c.Post("/get-session", "{}")
	answers(t, named(a), http.StatusOK, sessionAnswer(iso(8*day), iso(day), ""))
	same(t, "cookies", sessionLine, cookieLines(s, names{}, a))
	answers(t, named(c.Get("/get-session")), http.StatusOK, sessionAnswer(iso(8*day), iso(day), notDue))

	s.Clock.Advance(8 * day)
	other := s.Client()
	other.Cookies[sessionCookie] = c.Cookies[sessionCookie]
	a = c.Get("/get-session")
	answers(t, a, http.StatusOK, "null")
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	count(t, s, "session", 1) // a GET writes nothing
	a = other.Post("/get-session", nil)
	answers(t, a, http.StatusOK, "null")
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	count(t, s, "session", 0)
}

func TestDeferredRefreshIgnoresTheBody(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Session.DeferSessionRefresh = true })
	c := signUpAnn(t, s, nil)
	// 1.6.9 refuses other media types and falls over malformed JSON.
	for _, tc := range []struct{ contentType, body string }{
		{"", ""},
		{"application/json", "{}"},
		{"application/json", "[1]"},
		{"application/json", "garbage"},
		{"text/plain", "x"},
		{"application/x-www-form-urlencoded", "%zz"},
		{"", "x"},
	} {
		r := c.Request(http.MethodPost, "/get-session", tc.body)
		r.Header.Del("Content-Type")
		if tc.contentType != "" {
			r.Header.Set("Content-Type", tc.contentType)
		}
		answers(t, named(c.Send(r)), http.StatusOK, annsSession)
	}
}

func TestPostOfGetSessionNeedsDeferredRefresh(t *testing.T) {
	const refusal = `{"message":"POST method requires deferSessionRefresh to be enabled in session config","code":"METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"}`
	s := authtest.New(t)
	for _, c := range []*authtest.Client{s.Client(), signUpAnn(t, s, nil)} {
		answers(t, c.Post("/get-session", nil), http.StatusMethodNotAllowed, refusal)
		answers(t, c.Post("/get-session", "{}"), http.StatusMethodNotAllowed, refusal)
	}
}

// 1.6.9 extends the row as well and leaves the cookie to run out.
func TestOtherEndpointsExtendTheCookieToo(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Session.FreshAge = new(time.Duration(0)) })
	c := signUpAnn(t, s, nil)
	s.Clock.Advance(day)
	same(t, "cookies", sessionLine, cookieLines(s, names{}, c.Get("/list-sessions")))
}
