package routes_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	pw "github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// reset presents a token.
func (f *forgetful) reset(token string) *authtest.Answer {
	return f.Client().Post("/reset-password", map[string]any{"newPassword": newPassword, "token": token})
}

// wantUnspent checks that nothing has happened and that the token is still good.
func (f *forgetful) wantUnspent(t *testing.T, token string) {
	t.Helper()
	wantPassword(t, f.Server, password)
	if a := f.reset(token); a.Status != http.StatusOK {
		t.Errorf("the token is lost: %d %s", a.Status, a.Body)
	}
	wantPassword(t, f.Server, newPassword)
}

func TestResetPassword(t *testing.T) {
	h := new(tally)
	f := newForgetful(t, h.use)
	token := f.token(t)
	f.Clock.Advance(time.Minute)
	before := h.work()
	a := f.reset(token)
	answers(t, a, http.StatusOK, done)
	same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	if got := h.work() - before; got != 1 {
		t.Errorf("%d hashes, want 1", got)
	}
	count(t, f.Server, "verification", 0)
	count(t, f.Server, "account", 1)
	row := stored(t, f.Server, "account")[0]
	same(t, "hash", any("hash of "+newPassword), row["password"])
	same(t, "updatedAt", any(authtest.Start.Add(time.Minute)), row["updatedAt"])
	if a := f.ann.Get("/get-session"); a.Body == "null" {
		t.Error("the session is over")
	}
	wantPassword(t, f.Server, newPassword)
	t.Run("the token is good once", func(t *testing.T) {
		before := h.work()
		a := f.Client().Post("/reset-password", map[string]any{"newPassword": password, "token": token})
		answers(t, a, http.StatusBadRequest, badToken)
		if h.work() != before {
			t.Error("a password was hashed for a token that is none")
		}
		wantPassword(t, f.Server, newPassword)
	})
}

func TestTheTokenOfAReset(t *testing.T) {
	for _, tc := range []struct {
		name, query string
		body        any // TOKEN stands for the good one
		status      int
		answer      string
	}{
		{"stands in the body", "", "TOKEN", http.StatusOK, done},
		{"stands in the query", "?token=TOKEN", absent, http.StatusOK, done},
		{"stands in the query when the body's is empty", "?token=TOKEN", "", http.StatusOK, done},
		{"is the body's where there are two", "?token=TOKEN", "nonsense", http.StatusBadRequest, badToken},
		{"is the body's where there are two, and the query's is ignored", "?token=nonsense", "TOKEN", http.StatusOK, done},
		{"is missing", "", absent, http.StatusBadRequest, badToken},
		{"is empty", "?token=", "", http.StatusBadRequest, badToken},
		{"is none", "", "nonsense", http.StatusBadRequest, badToken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newForgetful(t)
			token := f.token(t)
			input := map[string]any{"newPassword": newPassword}
			if given, ok := tc.body.(string); ok {
				input["token"] = strings.Replace(given, "TOKEN", token, 1)
			}
			a := f.Client().Post("/reset-password"+strings.Replace(tc.query, "TOKEN", token, 1), input)
			answers(t, a, tc.status, tc.answer)
			if tc.status != http.StatusOK {
				f.wantUnspent(t, token)
			}
		})
	}
}

func TestProofsThatResetNothing(t *testing.T) {
	for _, prefix := range []string{"", "delete-account-", "reset-password", "RESET-PASSWORD:", "x:reset-password:"} {
		t.Run("one of the kind "+prefix, func(t *testing.T) {
			f := newForgetful(t)
			token := foreignToken(t, f, verification.Purpose{Prefix: prefix})
			for _, given := range []string{token, prefix + token, ":" + token} {
				answers(t, f.reset(given), http.StatusBadRequest, badToken)
			}
			count(t, f.Server, "verification", 1)
			wantPassword(t, f.Server, password)
		})
	}
	t.Run("one whose value is no id", func(t *testing.T) {
		f := newForgetful(t)
		token := f.token(t)
		update(t, f.Server, "verification", db.Row{"value": `{"userId":"x"}`})
		answers(t, f.reset(token), http.StatusBadRequest, badToken)
		wantPassword(t, f.Server, password)
	})
	t.Run("one that has expired", func(t *testing.T) {
		f := newForgetful(t)
		token := f.token(t)
		f.Clock.Advance(time.Hour)
		answers(t, f.reset(token), http.StatusBadRequest, badToken)
		wantPassword(t, f.Server, password)
	})
}

func TestAResetToAPasswordOfAnotherLength(t *testing.T) {
	f := newForgetful(t)
	token := f.token(t)
	for given, answer := range map[string]string{"": tooShort, "1234567": tooShort, "😀😀😀": tooShort, strings.Repeat("a", 129): tooLong} {
		answers(t, f.Client().Post("/reset-password", map[string]any{"newPassword": given, "token": token}), http.StatusBadRequest, answer)
	}
	// As upstream: a missing token first, then the length, then the token.
	answers(t, f.Client().Post("/reset-password", map[string]any{"newPassword": "short"}), http.StatusBadRequest, badToken)
	answers(t, f.Client().Post("/reset-password", map[string]any{"newPassword": "short", "token": "nonsense"}), http.StatusBadRequest, tooShort)
	f.wantUnspent(t, token)
}

func TestAResetCanEndAllSessions(t *testing.T) {
	var ended []string
	f := newForgetful(t, func(o *core.Options) {
		o.EmailAndPassword.RevokeSessionsOnPasswordReset = true
		o.DatabaseHooks.Session.AfterDelete = deleted(&ended)
	})
	bob := f.Client()
	bob.SignUp("bob@example.com", password)
	token := f.token(t)
	anns := tokenOf(f.ann)
	answers(t, f.reset(token), http.StatusOK, done)
	same(t, "ended", []string{anns}, ended)
	if a := f.ann.Get("/get-session"); a.Body != "null" {
		t.Errorf("the session goes on: %s", a.Body)
	}
	if a := bob.Get("/get-session"); a.Body == "null" {
		t.Error("somebody else's session is over")
	}
}

func TestAResetGivesAPasswordToWhoHasNone(t *testing.T) {
	f := newForgetful(t)
	update(t, f.Server, "account", db.Row{"providerId": "google", "accountId": "1234", "password": nil})
	answers(t, f.reset(f.token(t)), http.StatusOK, done)
	wantPassword(t, f.Server, newPassword)
	accounts := stored(t, f.Server, "account")
	if len(accounts) != 2 || accounts[0]["password"] != nil || accounts[1]["providerId"] != "credential" || accounts[1]["accountId"] != accounts[1]["userId"] {
		t.Errorf("the accounts are %v", accounts)
	}
}

// Upstream can leave several, and signs in with any of them.
func TestAResetReachesEveryCredentialAccount(t *testing.T) {
	h := new(tally)
	f := newForgetful(t, h.use)
	addAccount(t, f.Server, "credential", "hash of another-password")
	addAccount(t, f.Server, "google", "not a password")
	answers(t, f.reset(f.token(t)), http.StatusOK, done)
	for _, row := range stored(t, f.Server, "account") {
		want := "hash of " + newPassword
		if row["providerId"] == "google" {
			want = "not a password"
		}
		same(t, "password", any(want), row["password"])
	}
}

// midway is a hasher that does something before it hashes.
type midway struct {
	tally
	do func() error
}

func (m *midway) Hash(ctx context.Context, password string) (string, error) {
	if m.do != nil {
		if err := m.do(); err != nil {
			return "", err
		}
	}
	return m.tally.Hash(ctx, password)
}

func (m *midway) use(o *core.Options) { o.Hasher = m }

func TestAResetForAUserWhoIsGone(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		f := newForgetful(t)
		token := f.token(t)
		remove(t, f.Server, "user")
		answers(t, f.reset(token), http.StatusBadRequest, noUser)
	})
	for _, provider := range []string{"credential", "google"} {
		t.Run("meanwhile, who had an account of "+provider, func(t *testing.T) {
			m := &midway{}
			f := newForgetful(t, m.use)
			update(t, f.Server, "account", db.Row{"providerId": provider})
			token := f.token(t)
			m.do = func() error { remove(t, f.Server, "user"); return nil }
			answers(t, f.reset(token), http.StatusBadRequest, noUser)
			count(t, f.Server, "account", 0)
		})
	}
}

func TestATokenThatIsSpentMeanwhile(t *testing.T) {
	m := &midway{}
	f := newForgetful(t, m.use)
	token := f.token(t)
	m.do = func() error { remove(t, f.Server, "verification"); return nil }
	answers(t, f.reset(token), http.StatusBadRequest, badToken)
	m.do = nil
	wantPassword(t, f.Server, password)
}

func TestAServerTooBusyToHashKeepsTheToken(t *testing.T) {
	m := &midway{}
	f := newForgetful(t, m.use)
	token := f.token(t)
	m.do = func() error { return pw.ErrBusy }
	if a := f.reset(token); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	m.do = nil
	f.wantUnspent(t, token)
}

// Whichever call fails, all of it happens or nothing.
func TestAResetWhenTheDatabaseFails(t *testing.T) {
	for _, provider := range []string{"credential", "google"} {
		t.Run("of a user with an account of "+provider, func(t *testing.T) {
			p := newProbe(memory.New())
			var told int
			f := newForgetful(t, func(o *core.Options) {
				o.Database = p
				o.EmailAndPassword.RevokeSessionsOnPasswordReset = true
				o.EmailAndPassword.OnPasswordReset = func(context.Context, user.User) error { told++; return nil }
				o.Verification.DisableCleanup = true
			})
			update(t, f.Server, "account", db.Row{"providerId": provider})
			token := f.token(t)
			failed := p.eachFails(t, func() *authtest.Answer { return f.reset(token) }, func() {
				if told != 0 || passwordWorks(t, f.Server, newPassword) || passwordWorks(t, f.Server, password) != (provider == "credential") {
					t.Error("the reset took place")
				}
				if a := f.ann.Get("/get-session"); a.Body == "null" {
					t.Error("the session is over")
				}
			})
			if failed < 6 {
				t.Errorf("only %d calls can fail", failed)
			}
			same(t, "callbacks", 1, told)
			wantPassword(t, f.Server, newPassword)
		})
	}
}

func TestAResetWhereverItsTokenIsKept(t *testing.T) {
	for name, configure := range map[string]func(*core.Options){
		"hashed": func(o *core.Options) { o.Verification.StoreIdentifier.Default.Hashed = true },
		"in the secondary storage": func(o *core.Options) {
			o.SecondaryStorage = secondary.NewMemory(o.Clock)
		},
		"in the secondary storage, hashed": func(o *core.Options) {
			o.SecondaryStorage = secondary.NewMemory(o.Clock)
			o.Verification.StoreIdentifier.Default.Hashed = true
		},
		"in both": func(o *core.Options) {
			o.SecondaryStorage, o.Verification.StoreInDatabase = secondary.NewMemory(o.Clock), true
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForgetful(t, configure)
			token := f.token(t)
			for _, row := range stored(t, f.Server, "verification") {
				if identifier, _ := row["identifier"].(string); strings.Contains(name, "hashed") && strings.Contains(identifier, token) {
					t.Errorf("the token can be read: %s", identifier)
				}
			}
			for _, given := range []string{"short", newPassword} {
				same(t, "Location", "http://localhost:3000/reset?token="+token, openResetLink(f.Client(), token, "/reset").Header.Get("Location"))
				f.Client().Post("/reset-password", map[string]any{"newPassword": given, "token": token})
			}
			answers(t, f.reset(token), http.StatusBadRequest, badToken)
			same(t, "Location", "http://localhost:3000/reset?error=INVALID_TOKEN", openResetLink(f.Client(), token, "/reset").Header.Get("Location"))
			wantPassword(t, f.Server, newPassword)
		})
	}
}

func TestAResetInProcess(t *testing.T) {
	f := newForgetful(t)
	out, err := f.Routes.RequestPasswordReset.Call(t.Context(), routes.RequestPasswordResetInput{Email: email})
	if err != nil || !out.Status {
		t.Fatalf("got %v, %v", out, err)
	}
	token := f.sent()[0].Token
	_, err = f.Routes.ResetPasswordLink.Call(t.Context(), routes.ResetPasswordLinkInput{Token: token, CallbackURL: "/reset"})
	if e, ok := errors.AsType[*core.Error](err); !ok || e.Status() != http.StatusFound {
		t.Errorf("the link gives %v", err)
	}
	reset, err := f.Routes.ResetPassword.Call(t.Context(), routes.ResetPasswordInput{NewPassword: newPassword, TokenInQuery: &token})
	if err != nil || !reset.Status {
		t.Errorf("got %v, %v", reset, err)
	}
	wantPassword(t, f.Server, newPassword)
}
