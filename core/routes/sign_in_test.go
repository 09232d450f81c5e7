package routes_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	pw "github.com/gatehouse-auth/gatehouse/core/password"
)

const (
	wrongCredentials = `{"message":"Invalid email or password","code":"INVALID_EMAIL_OR_PASSWORD"}`
	notVerified      = `{"message":"Email not verified","code":"EMAIL_NOT_VERIFIED"}`
	badCallback      = `{"message":"Invalid callbackURL","code":"INVALID_CALLBACK_URL"}`
)

func TestSignIn(t *testing.T) {
	const (
		remembered = "better-auth.session_token=<1>.signed; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
		transient  = "better-auth.session_token=<1>.signed; Path=/; HttpOnly; SameSite=Lax"
		mark       = "better-auth.dont_remember=true.signed; Path=/; HttpOnly; SameSite=Lax"
	)
	for _, tc := range []struct {
		name     string
		change   map[string]any
		begin    string // of the answer, up to the user
		location string
		cookies  []string
	}{
		{"answers with a session", nil, `{"redirect":false,"token":"<1>",`, "", []string{remembered}},
		{"finds the address in any case", map[string]any{"email": "ANN@Example.com"}, `{"redirect":false,"token":"<1>",`, "", []string{remembered}},
		{"sends on to a path", map[string]any{"callbackURL": "/dash?x=1"}, `{"redirect":true,"token":"<1>","url":"/dash?x=1",`, "/dash?x=1", []string{remembered}},
		{"sends on to a URL", map[string]any{"callbackURL": "http://localhost:3000/dash"}, `{"redirect":true,"token":"<1>","url":"http://localhost:3000/dash",`, "http://localhost:3000/dash", []string{remembered}},
		{"sends nobody to an empty target", map[string]any{"callbackURL": ""}, `{"redirect":false,"token":"<1>","url":"",`, "", []string{remembered}},
		{"is remembered when asked for", map[string]any{"rememberMe": true}, `{"redirect":false,"token":"<1>",`, "", []string{remembered}},
		{"lasts a day when it is not to be remembered", map[string]any{"rememberMe": false}, `{"redirect":false,"token":"<1>",`, "", []string{transient, mark}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t)
			s.Client().Post("/sign-up/email", body(nil))
			remove(t, s, "session")
			n := names{}
			a := s.Client().Post("/sign-in/email", credentials(tc.change))
			answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, tc.begin+plainUser+"}")
			if got := a.Header.Get("Location"); got != tc.location {
				t.Errorf("Location is %q, want %q", got, tc.location)
			}
			same(t, "cookies", tc.cookies, cookieLines(s, n, a))
			ends := "2026-03-21T09:26:53.589Z"
			if len(tc.cookies) == 2 {
				ends = "2026-03-15T09:26:53.589Z"
			}
			same(t, "sessions", []string{
				`{"id":"<3>","expiresAt":"` + ends + `","token":"<1>","createdAt":"` + start + `","updatedAt":"` + start + `","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>"}`,
			}, rows(t, s, n, "session"))
		})
	}
}

func TestSignInTakesForms(t *testing.T) {
	s := authtest.New(t)
	s.Client().Post("/sign-up/email", body(nil))
	c, n := s.Client(), names{}
	r := c.Request(http.MethodPost, "/sign-in/email", "email=ann%40example.com&password=password123&callbackURL=%2Fx")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := c.Send(r)
	answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, `{"redirect":true,"token":"<1>","url":"/x",`+plainUser+"}")
}

// Every sign-in makes a new token; one that the client brought is never adopted.
func TestSignInMakesANewSession(t *testing.T) {
	s := authtest.New(t)
	c := s.Client()
	first := c.SignUp(email, password).Text(t, "token")
	second := c.Post("/sign-in/email", credentials(nil)).Text(t, "token")
	if first == second || len(second) != 32 {
		t.Errorf("the tokens are %q and %q", first, second)
	}
	count(t, s, "session", 2)
}

// Nothing tells which of these is the case: the answer is the same, and so is
// the work.
func TestSignInThatFails(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  map[string]any
		prepare func(t *testing.T, s *authtest.Server)
	}{
		{"because the password is wrong", map[string]any{"password": "wrong-password"}, nil},
		{"because the password is empty", map[string]any{"password": ""}, nil},
		{"because nobody has the address", map[string]any{"email": "bob@example.com"}, nil},
		{"because the user has no account", nil, func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }},
		{"because the user has accounts of another kind only", nil, func(t *testing.T, s *authtest.Server) {
			update(t, s, "account", db.Row{"providerId": "google"})
		}},
		{"because there is no password", nil, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": nil}) }},
		{"because the password is stored as nothing", nil, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": ""}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			s := authtest.New(t, h.use)
			s.Client().Post("/sign-up/email", body(nil))
			remove(t, s, "session")
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			before := h.work()
			a := s.Client().Post("/sign-in/email", credentials(tc.change))
			answers(t, a, http.StatusUnauthorized, wrongCredentials)
			same(t, "headers", http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(wrongCredentials))}}, a.Header)
			if got := h.work() - before; got != 1 {
				t.Errorf("%d hashes were computed, want 1", got)
			}
			count(t, s, "session", 0)
		})
	}
}

// 1.6.9 answers 500, which tells that there is such a user.
func TestSignInWithAHashThatCannotBeRead(t *testing.T) {
	for _, hash := range []string{"nocolon", ":", "$2a$10$abc"} {
		s := authtest.New(t)
		s.Client().Post("/sign-up/email", body(nil))
		update(t, s, "account", db.Row{"password": hash})
		answers(t, s.Client().Post("/sign-in/email", credentials(nil)), http.StatusUnauthorized, wrongCredentials)
		if !strings.Contains(s.Log.String(), "a stored password hash cannot be read") {
			t.Errorf("%q: the operator is not told", hash)
		}
	}
}

func TestSignInRefusesInput(t *testing.T) {
	h := new(tally)
	s := authtest.New(t, h.use)
	const invalid = `","code":"VALIDATION_ERROR"}`
	for _, tc := range []struct {
		name, body string
		status     int
		answer     string
	}{
		{"nothing", `{}`, 400, `{"message":"[body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received undefined` + invalid},
		{"an array", `[]`, 400, `{"message":"[body] Invalid input: expected object, received array` + invalid},
		{"null", `null`, 400, `{"message":"[body] Invalid input: expected object, received null` + invalid},
		{"numbers for text", `{"email":2,"password":3}`, 400, `{"message":"[body.email] Invalid input: expected string, received number; [body.password] Invalid input: expected string, received number` + invalid},
		{"text for rememberMe", `{"email":"a@b.co","password":"x","rememberMe":"no"}`, 400, `{"message":"[body.rememberMe] Invalid input: expected boolean, received string` + invalid},
		{"null for callbackURL", `{"email":"a@b.co","password":"x","callbackURL":null}`, 400, `{"message":"[body.callbackURL] Invalid input: expected string, received null` + invalid},
		// 1.6.9 falls over it with an empty 500.
		{"a number for callbackURL", `{"email":"a@b.co","password":"x","callbackURL":5}`, 400, `{"message":"[body.callbackURL] Invalid input: expected string, received number` + invalid},
		{"an address that is none", `{"email":"bad","password":"x"}`, 400, `{"message":"Invalid email","code":"INVALID_EMAIL"}`},
		{"an empty address", `{"email":"","password":""}`, 400, `{"message":"Invalid email","code":"INVALID_EMAIL"}`},
		{"an address with a space before it", `{"email":" ann@example.com","password":"x"}`, 400, `{"message":"Invalid email","code":"INVALID_EMAIL"}`},
		{"an untrusted target", `{"email":"ann@example.com","password":"x","callbackURL":"https://evil.com"}`, 403, badCallback},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers(t, s.Client().Post("/sign-in/email", tc.body), tc.status, tc.answer)
		})
	}
	if h.work() != 0 {
		t.Error("a password was hashed for a refused request")
	}
}

func TestSignInWithAPasswordThatIsTooLong(t *testing.T) {
	long := credentials(map[string]any{"password": strings.Repeat("a", 129)})
	t.Run("is refused before any work", func(t *testing.T) {
		h := new(tally)
		s := authtest.New(t, h.use)
		s.Client().Post("/sign-up/email", body(nil))
		before := h.work()
		answers(t, s.Client().Post("/sign-in/email", long), http.StatusBadRequest, `{"message":"Password too long","code":"PASSWORD_TOO_LONG"}`)
		answers(t, s.Client().Post("/sign-in/email", credentials(map[string]any{"password": strings.Repeat("a", 1<<19)})),
			http.StatusBadRequest, `{"message":"Password too long","code":"PASSWORD_TOO_LONG"}`)
		if h.work() != before {
			t.Error("the password was hashed")
		}
	})
	t.Run("is compared as in 1.6.9 on demand", func(t *testing.T) {
		h := new(tally)
		s := authtest.New(t, h.use, func(o *core.Options) { o.Compat.HashLongPasswords = true })
		s.Client().Post("/sign-up/email", body(nil))
		answers(t, s.Client().Post("/sign-in/email", long), http.StatusUnauthorized, wrongCredentials)
		if h.verified.Load() != 1 {
			t.Error("the password was not compared")
		}
	})
}

func TestSignInThatIsSwitchedOff(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.EmailAndPassword.Enabled = false })
	answers(t, s.Client().Post("/sign-in/email", credentials(nil)), http.StatusBadRequest,
		`{"message":"Email and password is not enabled","code":"EMAIL_PASSWORD_DISABLED"}`)
	s = authtest.New(t, func(o *core.Options) { o.EmailAndPassword.DisableSignUp = true })
	answers(t, s.Client().Post("/sign-in/email", credentials(nil)), http.StatusUnauthorized, wrongCredentials)
}

func TestSignInOfAnUnverifiedUser(t *testing.T) {
	s := authtest.New(t, verified, func(o *core.Options) { o.EmailVerification.SendOnSignIn = true })
	s.Client().Post("/sign-up/email", body(nil))
	s.Settle()
	sent := len(authtest.Sent[core.VerificationEmail](s.Outbox))
	a := s.Client().Post("/sign-in/email", credentials(map[string]any{"callbackURL": "/next"}))
	answers(t, a, http.StatusForbidden, notVerified)
	if a.Header.Get("Location") != "" || len(a.Header["Set-Cookie"]) != 0 {
		t.Errorf("the refusal carries %v", a.Header)
	}
	count(t, s, "session", 0)
	s.Settle()
	mails := authtest.Sent[core.VerificationEmail](s.Outbox)
	if len(mails) != sent+1 || !strings.HasSuffix(mails[sent].URL, "&callbackURL=%2Fnext") {
		t.Errorf("%d mails, the last one %v", len(mails)-sent, mails[len(mails)-1].URL)
	}
	answers(t, s.Client().Post("/sign-in/email", credentials(map[string]any{"password": "wrong-password"})), http.StatusUnauthorized, wrongCredentials)

	update(t, s, "user", db.Row{"emailVerified": true})
	if a := s.Client().Post("/sign-in/email", credentials(nil)); a.Status != http.StatusOK {
		t.Errorf("a verified user gets %d %s", a.Status, a.Body)
	}
}

func TestSignInWithoutASenderOfVerificationMails(t *testing.T) {
	s := authtest.New(t, verified, func(o *core.Options) {
		o.EmailVerification.SendOnSignIn, o.EmailVerification.SendVerificationEmail = true, nil
	})
	s.Client().Post("/sign-up/email", body(nil))
	answers(t, s.Client().Post("/sign-in/email", credentials(nil)), http.StatusForbidden, notVerified)
}

func TestASessionHookCanRefuseASignIn(t *testing.T) {
	refuse := false
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.Session.BeforeCreate = func(context.Context, db.Row) (db.Row, error) {
			if refuse {
				return nil, db.ErrStopped
			}
			return nil, nil
		}
	})
	s.Client().Post("/sign-up/email", body(nil))
	refuse = true
	a := s.Client().Post("/sign-in/email", credentials(nil))
	answers(t, a, http.StatusUnauthorized, `{"message":"Failed to create session","code":"FAILED_TO_CREATE_SESSION"}`)
	same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
}

// busy is a hasher whose queue is full.
type busy struct{}

func (busy) Hash(context.Context, string) (string, error) { return "", pw.ErrBusy }

func (busy) Verify(context.Context, string, string) (bool, error) { return false, pw.ErrBusy }

func TestAHasherThatIsBusy(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Hasher = busy{} })
	for _, path := range []string{"/sign-in/email", "/sign-up/email"} {
		a := s.Client().Post(path, body(nil))
		answers(t, a, http.StatusServiceUnavailable, `{"message":"The server is busy. Please try again later.","code":"SERVICE_BUSY"}`)
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	count(t, s, "user", 0)
}

func TestSignInWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	s.Client().Post("/sign-up/email", body(nil))
	remove(t, s, "session")
	failed := p.eachFails(t, func() *authtest.Answer {
		return s.Client().Post("/sign-in/email", credentials(nil))
	}, func() { count(t, s, "session", 0) })
	if failed < 2 {
		t.Errorf("only %d calls can fail", failed)
	}
	count(t, s, "session", 1)
}

func TestSignInIsGuardedAgainstOtherSites(t *testing.T) {
	const (
		missing   = `{"message":"Missing or null Origin","code":"MISSING_OR_NULL_ORIGIN"}`
		invalid   = `{"message":"Invalid origin","code":"INVALID_ORIGIN"}`
		crossSite = `{"message":"Cross-site navigation login blocked. This request appears to be a CSRF attack.","code":"CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"}`
	)
	for _, tc := range []struct {
		name    string
		header  map[string]string
		compat  bool
		refusal string
	}{
		{"a client that is no browser passes", nil, false, ""},
		{"an Origin of another site", map[string]string{"Origin": "https://evil.com"}, false, invalid},
		{"an Origin of another site passes in 1.6.9", map[string]string{"Origin": "https://evil.com"}, true, ""},
		{"a null Origin", map[string]string{"Origin": "null"}, false, missing},
		{"a null Origin passes in 1.6.9", map[string]string{"Origin": "null"}, true, ""},
		{"a navigation from another site", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, true, crossSite},
		{"a browser without an Origin", map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, true, missing},
		{"a browser with a trusted Referer", map[string]string{"Referer": "http://localhost:3000/x", "Sec-Fetch-Mode": "cors"}, true, ""},
		{"cookies without an Origin", map[string]string{"Cookie": "x=1"}, true, missing},
		{"cookies with a null Origin", map[string]string{"Cookie": "x=1", "Origin": "null"}, true, missing},
		{"cookies with an Origin of another site", map[string]string{"Cookie": "x=1", "Origin": "https://evil.com"}, true, invalid},
	} {
		for path, good := range map[string]map[string]any{"/sign-up/email": body(nil), "/sign-in/email": credentials(nil)} {
			t.Run(tc.name+" at "+path, func(t *testing.T) {
				s := authtest.New(t, func(o *core.Options) { o.Compat.SkipCookielessOriginCheck = tc.compat })
				if path == "/sign-in/email" {
					s.Client().SignUp(email, password)
				}
				c := s.Client()
				c.Header = http.Header{}
				for name, value := range tc.header {
					c.Header.Set(name, value)
				}
				a := c.Post(path, good)
				if tc.refusal == "" {
					if a.Status != http.StatusOK {
						t.Errorf("got %d %s", a.Status, a.Body)
					}
					return
				}
				answers(t, a, http.StatusForbidden, tc.refusal)
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			})
		}
	}
}
