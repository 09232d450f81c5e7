package routes_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// everyKind is a server that issues and redeems every kind of token, for a user
// who has a session.
type everyKind struct {
	*authtest.Server

	t      *testing.T
	outbox *authtest.Outbox
	ann    *authtest.Client
}

func newEveryKind(t *testing.T, strategy string) *everyKind {
	t.Helper()
	e, on := &everyKind{t: t, outbox: &authtest.Outbox{}}, true
	e.Server = authtest.New(t, func(o *core.Options) {
		o.EmailVerification.SendVerificationEmail = authtest.Keep[core.VerificationEmail](e.outbox)
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](e.outbox)
		o.User.ChangeEmail = core.ChangeEmail{Enabled: true, SendChangeEmailConfirmation: authtest.Keep[core.ChangeEmailConfirmation](e.outbox)}
		o.User.DeleteUser = core.DeleteUser{Enabled: true, SendDeleteAccountVerification: authtest.Keep[core.DeleteAccountEmail](e.outbox)}
		o.Session.CookieCache = core.CookieCache{Enabled: &on, Strategy: strategy}
	})
	e.ann = e.Client()
	e.ann.SignUp("ann@example.com", "password123")
	return e
}

// issue makes a fresh token of a kind, through the endpoint that does.
func (e *everyKind) issue(kind string) string {
	e.t.Helper()
	switch kind {
	case "reset":
		e.ann.Post("/request-password-reset", map[string]any{"email": "ann@example.com"})
		e.Settle()
		return authtest.Last[core.ResetPasswordEmail](e.t, e.outbox).Token
	case "deletion":
		e.ann.Post("/delete-user", map[string]any{})
		e.Settle()
		return authtest.Last[core.DeleteAccountEmail](e.t, e.outbox).Token
	case "verification":
		e.ann.Post("/send-verification-email", map[string]any{"email": "ann@example.com"})
		e.Settle()
		return authtest.Last[core.VerificationEmail](e.t, e.outbox).Token
	case "new address":
		e.ann.Post("/change-email", map[string]any{"newEmail": "ann@example.org"})
		e.Settle()
		return authtest.Last[core.VerificationEmail](e.t, e.outbox).Token
	case "confirmation":
		e.verify()
		e.ann.Post("/change-email", map[string]any{"newEmail": "ann@example.org"})
		e.Settle()
		return authtest.Last[core.ChangeEmailConfirmation](e.t, e.outbox).Token
	case "session":
		token, _, _ := strings.Cut(e.cookie("session_token"), ".")
		return token
	case "signed session":
		return e.cookie("session_token")
	case "session cache":
		return e.cookie("session_data")
	case "foreign purpose":
		// As a plugin may keep it: another prefix, and a value that is an id.
		u, _, err := e.Users().ByEmail(e.t.Context(), "ann@example.com")
		if err == nil {
			_, err = e.Verifications().Create(e.t.Context(), verification.Purpose{Prefix: "magic-link:"}, "foreign", u.ID, e.Clock.Now().AddDate(0, 0, 1))
		}
		if err != nil {
			e.t.Fatal(err)
		}
		return "foreign"
	case "foreign purpose with its prefix":
		e.issue("foreign purpose")
		return "magic-link:foreign"
	}
	e.t.Fatalf("unknown kind %q", kind)
	return ""
}

func (e *everyKind) verify() {
	e.t.Helper()
	if a := e.ann.Get("/verify-email?token=" + e.issue("verification")); a.Status != http.StatusOK {
		e.t.Fatalf("verify: %d %s", a.Status, a.Body)
	}
}

func (e *everyKind) cookie(short string) string {
	e.t.Helper()
	value, err := url.PathUnescape(e.ann.Cookies["better-auth."+short])
	if err != nil || value == "" {
		e.t.Fatalf("cookie %s: %q, %v", short, value, err)
	}
	return value
}

// consumers are the endpoints that take a token, and what they take.
func consumers() []struct {
	name    string
	kinds   []string
	present func(e *everyKind, token string) *authtest.Answer
	refused func(a *authtest.Answer) bool
} {
	status := func(want int) func(*authtest.Answer) bool {
		return func(a *authtest.Answer) bool { return a.Status == want }
	}
	query := url.QueryEscape
	return []struct {
		name    string
		kinds   []string
		present func(e *everyKind, token string) *authtest.Answer
		refused func(a *authtest.Answer) bool
	}{
		{"GET /reset-password/:token", []string{"reset"}, func(e *everyKind, token string) *authtest.Answer {
			return e.ann.Get("/reset-password/" + url.PathEscape(token) + "?callbackURL=/new")
		}, func(a *authtest.Answer) bool {
			// A token that no path segment can be is no route.
			return a.Status == http.StatusNotFound || strings.HasSuffix(a.Header.Get("Location"), "/new?error=INVALID_TOKEN")
		}},
		{"POST /reset-password, body", []string{"reset"}, func(e *everyKind, token string) *authtest.Answer {
			return e.ann.Post("/reset-password", map[string]any{"token": token, "newPassword": "another password"})
		}, status(http.StatusBadRequest)},
		{"POST /reset-password, query", []string{"reset"}, func(e *everyKind, token string) *authtest.Answer {
			return e.ann.Post("/reset-password?token="+query(token), map[string]any{"newPassword": "another password"})
		}, status(http.StatusBadRequest)},
		{"GET /delete-user/callback", []string{"deletion"}, func(e *everyKind, token string) *authtest.Answer {
			return e.ann.Get("/delete-user/callback?token=" + query(token))
		}, status(http.StatusNotFound)},
		{"POST /delete-user", []string{"deletion"}, func(e *everyKind, token string) *authtest.Answer {
			return e.ann.Post("/delete-user", map[string]any{"token": token})
		}, status(http.StatusNotFound)},
		{"GET /verify-email", []string{"verification", "new address", "confirmation"}, func(e *everyKind, token string) *authtest.Answer {
			return e.ann.Get("/verify-email?token=" + query(token))
		}, status(http.StatusUnauthorized)},
		{"the cookie of a session", []string{"signed session"}, func(e *everyKind, token string) *authtest.Answer {
			c := e.Client()
			c.Cookies["better-auth.session_token"] = query(token)
			return c.Get("/list-sessions")
		}, status(http.StatusUnauthorized)},
		{"the cache of a session, alone", nil, func(e *everyKind, token string) *authtest.Answer {
			c := e.Client()
			c.Cookies["better-auth.session_data"] = query(token)
			return c.Get("/list-sessions")
		}, status(http.StatusUnauthorized)},
		{"the name of a session to revoke, of another user", nil, func(e *everyKind, token string) *authtest.Answer {
			bob := e.Client()
			bob.SignUp("bob@example.com", "password123")
			bob.Post("/revoke-session", map[string]any{"token": token})
			return e.ann.Get("/list-sessions?disableCookieCache=true")
		}, status(http.StatusOK)}, // Ann's session is alive
	}
}

// Every kind of token at every endpoint that takes one: its own is taken, all
// others are refused and nothing happens.
func TestTokensAreGoodForOnePurpose(t *testing.T) {
	kinds := []string{
		"reset", "deletion", "verification", "new address", "confirmation", "session", "signed session",
		"session cache", "foreign purpose", "foreign purpose with its prefix",
	}
	for _, strategy := range []string{"compact", "jwt", "jwe"} {
		for _, consumer := range consumers() {
			for _, kind := range kinds {
				t.Run(strategy+"/"+kind+" at "+consumer.name, func(t *testing.T) {
					e := newEveryKind(t, strategy)
					token := e.issue(kind)
					before := e.state()
					a := consumer.present(e, token)
					refused := consumer.refused(a)
					for _, own := range consumer.kinds {
						if own != kind {
							continue
						}
						if refused {
							t.Fatalf("its own kind is refused: %d %s", a.Status, a.Body)
						}
						return
					}
					if !refused {
						t.Fatalf("accepted: %d %s %s", a.Status, a.Header.Get("Location"), a.Body)
					}
					if after := e.state(); after != before {
						t.Errorf("something happened:\n%s\nbecame\n%s", before, after)
					}
				})
			}
		}
	}
}

// state tells Ann's address, whether it is verified, whether her password is
// still the one, and how many proofs are pending.
func (e *everyKind) state() string {
	e.t.Helper()
	u, ok, err := e.Users().ByEmail(e.t.Context(), "ann@example.com")
	if err != nil || !ok {
		return "there is no Ann"
	}
	signIn := e.Client().Post("/sign-in/email", map[string]any{"email": u.Email, "password": "password123"})
	pending, err := e.Store().Count(e.t.Context(), e.Verifications().Table(), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return strings.Join([]string{u.ID, http.StatusText(signIn.Status), string(rune('0' + pending)), map[bool]string{true: "verified"}[u.EmailVerified]}, " ")
}
