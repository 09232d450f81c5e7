package routes_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// setPassword calls the endpoint for a client; what comes back is the error's
// code, or "".
func setPassword(t *testing.T, s *authtest.Server, c *authtest.Client, password string) string {
	t.Helper()
	out, err := s.Routes.SetPassword.Call(t.Context(), routes.SetPasswordInput{NewPassword: password},
		core.FromRequest(c.Request(http.MethodPost, "/", nil)))
	if e, ok := errors.AsType[*core.Error](err); ok {
		return e.Code()
	}
	if err != nil {
		return err.Error()
	}
	if !out.Status {
		t.Error("the status is false")
	}
	return ""
}

func TestSetPassword(t *testing.T) {
	for _, tc := range []struct {
		name     string
		given    string
		prepare  func(t *testing.T, s *authtest.Server)
		want     string
		hashes   int64
		accounts int
	}{
		{"gives one to who has no account", newPassword, func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }, "", 1, 1},
		{"gives one to who has accounts of another kind", newPassword, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"providerId": "google"}) }, "", 1, 2},
		// 1.6.9 adds a second account, which /verify-password then does not find.
		{"fills in an account without one", newPassword, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": nil}) }, "", 1, 1},
		{"fills in an account with an empty one", newPassword, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": ""}) }, "", 1, 1},
		{"leaves one that is there", newPassword, nil, "PASSWORD_ALREADY_SET", 0, 1},
		{"leaves one that is there beside an account without", newPassword, func(t *testing.T, s *authtest.Server) { addAccount(t, s, "credential", nil) }, "PASSWORD_ALREADY_SET", 0, 2},
		{"refuses a short one", "1234567", func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }, "PASSWORD_TOO_SHORT", 0, 0},
		{"refuses a long one", strings.Repeat("a", 129), func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }, "PASSWORD_TOO_LONG", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			s := authtest.New(t, h.use)
			c := signUpAnn(t, s, nil)
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			before := h.work()
			same(t, "error", tc.want, setPassword(t, s, c, tc.given))
			if got := h.work() - before; got != tc.hashes {
				t.Errorf("%d hashes, want %d", got, tc.hashes)
			}
			count(t, s, "account", tc.accounts)
			same(t, "the new password signs in", tc.want == "", passwordWorks(t, s, newPassword))
			if tc.want == "" {
				answers(t, c.Post("/verify-password", map[string]any{"password": newPassword}), http.StatusOK, done)
			}
		})
	}
}

func TestSetPasswordIsNoRoute(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	remove(t, s, "account")
	for _, path := range []string{"/set-password", "/setPassword", "/", ""} {
		if a := c.Post(path, map[string]any{"newPassword": newPassword}); a.Status != http.StatusNotFound {
			t.Errorf("%q gets %d %s", path, a.Status, a.Body)
		}
	}
	count(t, s, "account", 0)
}

func TestSetPasswordIsForTheSignedIn(t *testing.T) {
	s, _ := cached(t, "compact")
	c := signUpAnn(t, s, nil)
	remove(t, s, "account")
	same(t, "error without a session", "UNAUTHORIZED", setPassword(t, s, s.Client(), newPassword))
	if _, err := s.Routes.SetPassword.Call(t.Context(), routes.SetPasswordInput{NewPassword: newPassword}); !errors.Is(err, core.ErrUnauthorized) {
		t.Errorf("without a request it is %v", err)
	}
	remove(t, s, "session")
	same(t, "error with a session that only the cache knows", "UNAUTHORIZED", setPassword(t, s, c, newPassword))
	count(t, s, "account", 0)
}

func TestWhatHappensWhileAPasswordIsSet(t *testing.T) {
	for name, tc := range map[string]struct {
		meanwhile func(t *testing.T, s *authtest.Server)
		want      string
	}{
		"another one is set": {func(t *testing.T, s *authtest.Server) { addAccount(t, s, "credential", "hash of another") }, "PASSWORD_ALREADY_SET"},
		"another one is set beside an account without": {func(t *testing.T, s *authtest.Server) {
			addAccount(t, s, "credential", nil)
			addAccount(t, s, "credential", "hash of another")
		}, "PASSWORD_ALREADY_SET"},
		"an account without is added": {func(t *testing.T, s *authtest.Server) { addAccount(t, s, "credential", nil) }, ""},
		"the user is deleted":         {func(t *testing.T, s *authtest.Server) { remove(t, s, "user") }, "UNAUTHORIZED"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &midway{}
			s := authtest.New(t, m.use)
			c := signUpAnn(t, s, nil)
			remove(t, s, "account")
			m.do = func() error { tc.meanwhile(t, s); return nil }
			same(t, "error", tc.want, setPassword(t, s, c, newPassword))
			m.do = nil
			same(t, "the new password signs in", tc.want == "", passwordWorks(t, s, newPassword))
		})
	}
}

func TestSetPasswordWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	remove(t, s, "account")
	failed := int64(0)
	for {
		p.count(failed + 1)
		problem := setPassword(t, s, c, newPassword)
		p.count(0)
		if problem == "" {
			break
		}
		failed++
		if !strings.Contains(problem, errBroken.Error()) {
			t.Errorf("call %d fails: %s", failed, problem)
		}
		count(t, s, "account", 0)
	}
	same(t, "calls that can fail", int64(5), failed)
	if !passwordWorks(t, s, newPassword) {
		t.Error("the password is not set")
	}
}

func TestAHookThatKeepsAFirstPasswordOut(t *testing.T) {
	on := false
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.Account.BeforeCreate = func(context.Context, db.Row) (db.Row, error) {
			if on {
				return nil, db.ErrStopped
			}
			return nil, nil
		}
	})
	c := signUpAnn(t, s, nil)
	remove(t, s, "account")
	on = true
	same(t, "error", "FAILED_TO_UPDATE_USER", setPassword(t, s, c, newPassword))
	count(t, s, "account", 0)
}
