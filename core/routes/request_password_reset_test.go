package routes_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

const (
	onItsWay    = `{"status":true,"message":"If this email exists in our system, check your email for the reset link"}`
	resetPrefix = "http://localhost:3000/api/auth/reset-password/TOKEN?callbackURL="
)

// keepResets switches resets on and returns where their mail goes.
func keepResets(o *core.Options) *authtest.Outbox {
	outbox := &authtest.Outbox{}
	o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](outbox)
	return outbox
}

// forgetful is a server where Ann has forgotten her password.
type forgetful struct {
	*authtest.Server
	mail *authtest.Outbox
	ann  *authtest.Client // still signed in somewhere
}

func newForgetful(t *testing.T, configure ...func(*core.Options)) *forgetful {
	t.Helper()
	f := &forgetful{}
	first := func(o *core.Options) { f.mail = keepResets(o) }
	f.Server = authtest.New(t, append([]func(*core.Options){first}, configure...)...)
	f.ann = signUpAnn(t, f.Server, nil)
	return f
}

// sent are the reset mails so far.
func (f *forgetful) sent() []core.ResetPasswordEmail {
	f.Settle()
	return authtest.Sent[core.ResetPasswordEmail](f.mail)
}

// token asks for a reset and reads the mail.
func (f *forgetful) token(t *testing.T) string {
	t.Helper()
	before := len(f.sent())
	answers(t, f.Client().Post("/request-password-reset", map[string]any{"email": email}), http.StatusOK, onItsWay)
	mails := f.sent()
	if len(mails) != before+1 {
		t.Fatalf("%d mails, want 1", len(mails)-before)
	}
	return mails[before].Token
}

func TestRequestPasswordReset(t *testing.T) {
	for _, tc := range []struct {
		name   string
		target any
		link   string
	}{
		{"without a target", absent, resetPrefix},
		{"with an empty one", "", resetPrefix},
		{"to a path", "/reset?a=b%20c", resetPrefix + "%2Freset%3Fa%3Db%2520c"},
		{"to a URL", "http://localhost:3000/é b?c=d&e='(!)*~#f", resetPrefix + "http%3A%2F%2Flocalhost%3A3000%2F%C3%A9%20b%3Fc%3Dd%26e%3D'(!)*~%23f"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newForgetful(t)
			// The mail goes to the address that is stored, however it was typed.
			input := map[string]any{"email": "ANN@Example.COM", "redirectTo": tc.target}
			if tc.target == absent {
				delete(input, "redirectTo")
			}
			a := f.Client().Post("/request-password-reset", input)
			answers(t, a, http.StatusOK, onItsWay)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			mails := f.sent()
			if len(mails) != 1 {
				t.Fatalf("%d mails", len(mails))
			}
			m := mails[0]
			if !regexp.MustCompile(`^[a-zA-Z0-9]{24}$`).MatchString(m.Token) {
				t.Errorf("the token is %q", m.Token)
			}
			same(t, "link", tc.link, strings.Replace(m.URL, m.Token, "TOKEN", 1))
			same(t, "recipient", email, m.User.Email)
			n := names{}
			same(t, "records", []string{
				`{"id":"<1>","identifier":"reset-password:` + m.Token + `","value":"<2>","expiresAt":"2026-03-14T10:26:53.589Z","createdAt":"` + start + `","updatedAt":"` + start + `"}`,
			}, rows(t, f.Server, n, "verification"))
			same(t, "owner", "<2>", n[m.User.ID])
			if strings.Contains(f.Log.String(), m.Token) {
				t.Error("the token stands in the log")
			}
		})
	}
}

func TestWhoGetsAResetMail(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, s *authtest.Server)
	}{
		{"a user of another provider", func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"providerId": "google"}) }},
		{"a user without accounts", func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }},
		{"a user whose address is not verified", func(t *testing.T, s *authtest.Server) { update(t, s, "user", db.Row{"emailVerified": false}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newForgetful(t)
			tc.prepare(t, f.Server)
			f.token(t)
		})
	}
	t.Run("nobody else", func(t *testing.T) {
		f := newForgetful(t)
		answers(t, f.Client().Post("/request-password-reset", map[string]any{"email": "bob@example.com"}), http.StatusOK, onItsWay)
		if mails := f.sent(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
		count(t, f.Server, "verification", 0)
	})
}

// The work of a request, and how it fails, is the same for both.
func TestAResetRequestDoesNotTellWhoIsRegistered(t *testing.T) {
	type look struct {
		status  int
		body    string
		headers map[string]bool
		calls   int64
		hashes  int64
	}
	p, h := newProbe(memory.New()), new(tally)
	var later []func(context.Context)
	f := newForgetful(t, h.use, func(o *core.Options) {
		o.Database = p
		o.Advanced.BackgroundTasks.Handler = func(_ string, task func(context.Context)) { later = append(later, task) }
	})
	ask := func(address string, failAt int64) look {
		p.count(failAt)
		before := h.work()
		a := f.Client().Post("/request-password-reset", map[string]any{"email": address, "redirectTo": "/reset"})
		l := look{a.Status, a.Body, headerNames(a.Header), p.calls.Load(), h.work() - before}
		p.count(0)
		return l
	}
	var known look
	for failAt := range int64(6) {
		known = ask(email, failAt)
		if unknown := ask("bob@example.com", failAt); known.status != unknown.status || known.body != unknown.body || known.calls != unknown.calls || known.hashes != unknown.hashes {
			t.Errorf("call %d fails: known %+v, unknown %+v", failAt, known, unknown)
		} else {
			same(t, "headers", known.headers, unknown.headers)
		}
	}
	if known.status != http.StatusOK || known.calls != 1 || known.hashes != 0 {
		t.Errorf("a request is %+v", known)
	}
	if len(later) == 0 {
		t.Fatal("nothing is left to do")
	}
	for _, task := range later {
		task(t.Context())
	}
	// As much was left to do for nobody.
	if got := len(f.sent()); 2*got != len(later) {
		t.Errorf("%d mails of %d tasks", got, len(later))
	}
}

func TestAResetMailThatCannotBeSent(t *testing.T) {
	for name, configure := range map[string]func(*core.Options){
		"because the sender fails": func(o *core.Options) {
			o.EmailAndPassword.SendResetPassword = func(context.Context, core.ResetPasswordEmail) error {
				return errors.New("no route to the mail server")
			}
		},
		"because the sender panics": func(o *core.Options) {
			o.EmailAndPassword.SendResetPassword = func(context.Context, core.ResetPasswordEmail) error { panic("no mail server") }
		},
		"because a hook stops the token": func(o *core.Options) {
			o.DatabaseHooks.Verification.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForgetful(t, configure)
			answers(t, f.Client().Post("/request-password-reset", map[string]any{"email": email}), http.StatusOK, onItsWay)
			if mails := f.sent(); len(mails) != 0 {
				t.Errorf("%d mails", len(mails))
			}
			if log := f.Log.String(); !strings.Contains(log, "sendResetPassword") {
				t.Errorf("the failure is not logged: %s", log)
			}
		})
	}
}

func TestASenderOfResetMailThatHangs(t *testing.T) {
	answered := make(chan struct{})
	f := newForgetful(t, func(o *core.Options) {
		o.EmailAndPassword.SendResetPassword = func(context.Context, core.ResetPasswordEmail) error {
			<-answered
			return nil
		}
	})
	for range 3 {
		answers(t, f.Client().Post("/request-password-reset", map[string]any{"email": email}), http.StatusOK, onItsWay)
	}
	close(answered)
}

func TestResetsThatAreSwitchedOff(t *testing.T) {
	s := authtest.New(t)
	answers(t, s.Client().Post("/request-password-reset", map[string]any{"email": email}), http.StatusBadRequest,
		`{"message":"Reset password isn't enabled","code":"RESET_PASSWORD_DISABLED"}`)
}

// The link leads to the configured server, whatever a request says about its host.
func TestTheHostOfAResetLink(t *testing.T) {
	for name, change := range map[string]func(r *http.Request){
		"Host":             func(r *http.Request) { r.Host = "evil.com" },
		"X-Forwarded-Host": func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.com") },
		"X-Forwarded-Host and -Proto": func(r *http.Request) {
			r.Header.Set("X-Forwarded-Host", "evil.com")
			r.Header.Set("X-Forwarded-Proto", "https")
		},
		"Forwarded":      func(r *http.Request) { r.Header.Set("Forwarded", "host=evil.com;proto=https") },
		"X-Original-URL": func(r *http.Request) { r.Header.Set("X-Original-URL", "https://evil.com/") },
		"Referer":        func(r *http.Request) { r.Header.Set("Referer", "https://evil.com/") },
	} {
		t.Run(name, func(t *testing.T) {
			f := newForgetful(t, func(o *core.Options) { o.Advanced.TrustedProxyHeaders = true })
			c := f.Client()
			r := c.Request(http.MethodPost, "/request-password-reset", map[string]any{"email": email})
			change(r)
			answers(t, c.Send(r), http.StatusOK, onItsWay)
			if mails := f.sent(); len(mails) != 1 || !strings.HasPrefix(mails[0].URL, authtest.BaseURL+"/api/auth/reset-password/") {
				t.Errorf("the mails are %+v", mails)
			}
		})
	}
}

func TestTargetsOfAReset(t *testing.T) {
	f := newForgetful(t, func(o *core.Options) {
		o.TrustedOrigins = []string{"https://*.example.com", "myapp://", "https://app.example.com"}
	})
	ask := func(target string) *authtest.Answer {
		return f.Client().Post("/request-password-reset", map[string]any{"email": email, "redirectTo": target})
	}
	for _, target := range badTargets {
		t.Run(target, func(t *testing.T) {
			a := ask(target)
			if strings.Contains(target, "\x00") {
				same(t, "status", http.StatusBadRequest, a.Status) // by the reader of JSON
				return
			}
			answers(t, a, http.StatusForbidden, `{"message":"Invalid redirectURL","code":"INVALID_REDIRECT_URL"}`)
		})
	}
	if mails := f.sent(); len(mails) != 0 {
		t.Errorf("%d mails lead somewhere else", len(mails))
	}
	for _, target := range goodTargets {
		answers(t, ask(target), http.StatusOK, onItsWay)
	}
	for _, m := range f.sent() {
		if a := f.Client().Get(strings.TrimPrefix(m.URL, authtest.BaseURL+"/api/auth")); a.Status != http.StatusFound {
			t.Errorf("%s gets %d %s", m.URL, a.Status, a.Body)
		}
	}
}

func TestTheLifetimeOfAResetToken(t *testing.T) {
	f := newForgetful(t, func(o *core.Options) { o.EmailAndPassword.ResetPasswordTokenExpiresIn = 10 * time.Minute })
	f.token(t)
	expiresAt, _ := stored(t, f.Server, "verification")[0]["expiresAt"].(time.Time)
	same(t, "lifetime", 10*time.Minute, expiresAt.Sub(authtest.Start))
}
