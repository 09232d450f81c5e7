package twofactor_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/plugins/bearer"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// GHSA-xg6x-h9c9-2m83: nothing of a challenged sign-in opens anything, with any kind
// of cache.
func TestAChallengedSignInOpensNothing(t *testing.T) {
	on := true
	for _, strategy := range []string{"", "compact", "jwt", "jwe"} {
		t.Run("cache "+strategy, func(t *testing.T) {
			s := newServer(t, twofactor.Options{}, func(o *core.Options) {
				if strategy != "" {
					o.Session.CookieCache = core.CookieCache{Enabled: &on, Strategy: strategy}
				}
			})
			ann := s.enrolled()
			sessions := s.rows("session")
			c := s.Client()
			a := s.signIn(c, address)
			if a.Body != `{"twoFactorRedirect":true,"twoFactorMethods":["totp","otp"]}` {
				t.Fatalf("got %d %s", a.Status, a.Body)
			}
			if n := s.rows("session"); n != sessions {
				t.Errorf("%d sessions, want %d", n, sessions)
			}
			for _, cookie := range (&http.Response{Header: a.Header}).Cookies() {
				if strings.Contains(cookie.Name, "session") && cookie.Value != "" {
					t.Errorf("%s is set", cookie.Name)
				}
				// Under its own name, and under those of a session.
				for _, name := range []string{cookie.Name, sessionCookie, cacheCookie} {
					thief := s.Client()
					thief.Cookies[name] = cookie.Value
					if got := s.signedIn(thief); got != "" {
						t.Errorf("%s as %s is a session of %s", cookie.Name, name, got)
					}
				}
			}
			if got := s.signedIn(c); got != "" {
				t.Errorf("the browser has a session of %s", got)
			}
			want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
			if got := s.signedIn(c); got != address {
				t.Errorf("the session is %q's", got)
			}
		})
	}
}

// A browser may come with the session of somebody else, or of the same user.
func TestAChallengeTakesTheSessionOfBefore(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	bob := s.join("bob@example.com")
	if a := s.signIn(bob.Client, address); a.At(t, "twoFactorRedirect") != true {
		t.Fatalf("got %s", a.Body)
	}
	if got := s.signedIn(bob.Client); got != "" {
		t.Errorf("the session is %s's", got)
	}
	want(t, bob.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if got := s.signedIn(bob.Client); got != address {
		t.Errorf("the session is %q's", got)
	}
}

func TestASignInInProcessSaysThatItIsChallenged(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	s.enrolled()
	out, err := s.Routes.SignInEmail.Call(t.Context(), routes.SignInEmailInput{Email: address, Password: password})
	replaced, ok := errors.AsType[*core.Replaced](err)
	if !ok || out != nil {
		t.Fatalf("got %+v, %v", out, err)
	}
	if _, ok := replaced.Value.(*twofactor.Challenge); !ok {
		t.Errorf("the value is a %T", replaced.Value)
	}
}

// A session that is taken back has no token in a header either that still opens it.
func TestAChallengeBesideBearerTokens(t *testing.T) {
	p := twofactor.New(twofactor.Options{})
	s := &server{authtest.New(t, func(o *core.Options) { o.Plugins = append(o.Plugins, bearer.New(bearer.Options{}), p) }), p, t}
	s.enrolled()
	a := s.signIn(s.Client(), address)
	thief := s.Client()
	thief.Header.Set("Authorization", "Bearer "+a.Header.Get("Set-Auth-Token"))
	if got := s.signedIn(thief); got != "" {
		t.Errorf("the header is a session of %s", got)
	}
}

func TestWithoutASecondFactorNothingIsAsked(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	ann.enrol() // and shows no code
	if a := s.signIn(s.Client(), address); a.Text(t, "token") == "" || s.rows("verification") != 0 {
		t.Errorf("got %s, and %d challenges", a.Body, s.rows("verification"))
	}
}

func TestChallengesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(s *server, c *authtest.Client)
	}{
		{"one that is over", func(s *server, _ *authtest.Client) { s.Clock.Advance(10 * time.Minute) }},
		{"one whose record is gone", func(s *server, _ *authtest.Client) { remove(s, "verification") }},
		{"one without a cookie", func(_ *server, c *authtest.Client) { delete(c.Cookies, challengeCookie) }},
		{"one with another signature", func(_ *server, c *authtest.Client) {
			v := c.Cookies[challengeCookie]
			c.Cookies[challengeCookie] = v[:len(v)-8] + "AAAAA%3D"
		}},
		{"one without a signature", func(_ *server, c *authtest.Client) {
			c.Cookies[challengeCookie], _, _ = strings.Cut(c.Cookies[challengeCookie], ".")
		}},
		{"one whose tries are not counted", func(s *server, _ *authtest.Client) {
			removeWhere(s, "verification", db.Where{{Field: "identifier", Op: db.StartsWith, Value: "2fa-attempts-"}})
		}},
		{"one of a user who is deleted", func(s *server, _ *authtest.Client) { remove(s, "user") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, twofactor.Options{})
			ann := s.enrolled()
			c := s.challenged(address)
			tt.change(s, c)
			for _, path := range []string{"/two-factor/verify-totp", "/two-factor/verify-otp", "/two-factor/verify-backup-code"} {
				want(t, c.Post(path, body(ann.code(0))), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
			}
			want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
			if got := s.signedIn(c); got != "" {
				t.Errorf("the session is %s's", got)
			}
		})
	}
}

func TestAChallengeIsGoodOnce(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	twin := s.Client()
	twin.Cookies[challengeCookie] = c.Cookies[challengeCookie]
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if _, has := c.Cookies[challengeCookie]; has {
		t.Error("the cookie stays")
	}
	if n := s.rows("verification"); n != 0 {
		t.Errorf("%d records are left", n)
	}
	want(t, twin.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
}

// RFC 6238, section 5.2: who has seen a code can do nothing with it.
func TestACodeOfAnAppIsGoodOnce(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	code, earlier := ann.code(0), ann.code(-1)
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(code)), http.StatusOK, "")
	again := s.challenged(address)
	want(t, again.Post("/two-factor/verify-totp", body(code)), http.StatusUnauthorized, "INVALID_CODE")
	want(t, again.Post("/two-factor/verify-totp", body(earlier)), http.StatusUnauthorized, "INVALID_CODE")
	want(t, again.Post("/two-factor/verify-totp", body(ann.code(1))), http.StatusOK, "")
	// Nor for somebody who is signed in, and the other way round.
	s.Clock.Advance(2 * step)
	code = ann.code(0)
	want(t, ann.Post("/two-factor/verify-totp", body(code)), http.StatusOK, "")
	want(t, ann.Post("/two-factor/verify-totp", body(code)), http.StatusUnauthorized, "INVALID_CODE")
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(code)), http.StatusUnauthorized, "INVALID_CODE")
}

func TestAnotherPeriodLocksNobodyOut(t *testing.T) {
	s := newServer(t, twofactor.Options{TOTP: twofactor.TOTPOptions{Period: time.Minute}})
	ann := s.enrolled()
	if at, _ := s.row("twoFactor")["lastCodeAt"].(time.Time); at.IsZero() || at.After(s.Clock.Now()) {
		t.Errorf("the last code is of %v", at)
	}
	s.Clock.Advance(step)
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}

func TestASessionThatIsNotToBeRemembered(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address, map[string]any{"rememberMe": false})
	a := c.Post("/two-factor/verify-totp", body(ann.code(0)))
	want(t, a, http.StatusOK, "")
	for _, cookie := range (&http.Response{Header: a.Header}).Cookies() {
		if cookie.Name == sessionCookie && cookie.MaxAge != 0 {
			t.Errorf("the cookie lasts %d seconds", cookie.MaxAge)
		}
	}
	token, _, _ := strings.Cut(c.Cookies[sessionCookie], ".")
	found, ok, err := s.Sessions().ByToken(t.Context(), token)
	if err != nil || !ok || found.Session.ExpiresAt.Sub(s.Clock.Now()) != 24*time.Hour {
		t.Errorf("the session ends at %v: %v", found.Session.ExpiresAt, err)
	}
}

func TestSomebodyWhoIsSwitchedOffMeanwhile(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	otp := s.sent()
	want(t, ann.Post("/two-factor/disable", map[string]any{"password": password}), http.StatusOK, "")
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusBadRequest, "TOTP_NOT_ENABLED")
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusBadRequest, "BACKUP_CODES_NOT_ENABLED")
	want(t, c.Post("/two-factor/verify-otp", body(otp)), http.StatusBadRequest, "FAILED_TO_CREATE_SESSION")
	if got := s.signedIn(c); got != "" {
		t.Errorf("the session is %s's", got)
	}
}

func TestADatabaseHookThatRefusesTheSession(t *testing.T) {
	refuse := false
	s := newServer(t, twofactor.Options{}, func(o *core.Options) {
		o.DatabaseHooks.Session.BeforeCreate = refusing(&refuse)
	})
	ann := s.enrolled()
	c := s.challenged(address)
	refuse = true
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusInternalServerError, "FAILED_TO_CREATE_SESSION")
	refuse = false
	// Nothing was spent.
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusOK, "")
}

func TestTheRateLimitIsUpstreams(t *testing.T) {
	on := true
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.RateLimit.Enabled = &on })
	ann := s.Client()
	for range 3 {
		want(t, ann.Post("/two-factor/verify-totp", body("123456")), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	}
	if a := ann.Post("/two-factor/verify-totp", body("123456")); a.Status != http.StatusTooManyRequests {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// What a cookie of the plugin has signed is good under no other name.
func TestCookiesAreGoodForOnePurpose(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	trusting := s.challenged(address)
	want(t, trusting.Post("/two-factor/verify-totp", map[string]any{"code": ann.code(0), "trustDevice": true}), http.StatusOK, "")
	kinds := map[string]string{
		"challenge": c.Cookies[challengeCookie], "device": trusting.Cookies[deviceCookie], "session": ann.Cookies[sessionCookie],
		"true": url.QueryEscape(s.Keys().Sign("true")),
	}
	challenge, _ := s.Keys().Verify(unescape(t, c.Cookies[challengeCookie]))
	// Should the server ever sign the identifier of another record of the challenge.
	for _, identifier := range []string{"2fa-otp-" + challenge, "2fa-attempts-" + challenge, "otp-" + challenge, ""} {
		kinds[identifier] = url.QueryEscape(s.Keys().Sign(identifier))
	}
	s.Clock.Advance(2 * step)
	for kind, value := range kinds {
		for name, own := range map[string]string{challengeCookie: "challenge", deviceCookie: "device", sessionCookie: "session"} {
			if kind == own {
				continue
			}
			t.Run(kind+" as "+name, func(t *testing.T) {
				thief := s.Client()
				thief.Cookies[name] = value
				if got := s.signedIn(thief); got != "" {
					t.Errorf("it is a session of %s", got)
				}
				if name == deviceCookie {
					if a := s.signIn(thief, address); a.At(t, "twoFactorRedirect") != true {
						t.Errorf("it is trusted: %s", a.Body)
					}
					return
				}
				want(t, thief.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
			})
		}
	}
}

func TestAPasswordThatIsChangedMeanwhileEndsTheChallenge(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	s.Clock.Advance(time.Second)
	want(t, ann.Post("/change-password", map[string]any{"currentPassword": password, "newPassword": "another password"}), http.StatusOK, "")
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	if got := s.signedIn(c); got != "" {
		t.Errorf("the session is %s's", got)
	}
	// Nothing was spent.
	fresh := s.Client()
	s.signIn(fresh, address, map[string]any{"password": "another password"})
	want(t, fresh.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}
