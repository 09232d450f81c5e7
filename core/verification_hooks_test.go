package core_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// resetting is a server that mails reset tokens to a user, with hooks.
func resetting(t *testing.T, hooks db.Hooks) (s *authtest.Server, token string) {
	t.Helper()
	mail := &authtest.Outbox{}
	s = authtest.New(t, func(o *core.Options) {
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](mail)
		o.DatabaseHooks.Verification = hooks
	})
	c := s.Client()
	c.SignUp("a@b.co", "password123")
	if a := c.Post("/request-password-reset", map[string]any{"email": "a@b.co"}); a.Status != http.StatusOK {
		t.Fatalf("ask for a token: %d %s", a.Status, a.Body)
	}
	s.Settle()
	sent := authtest.Sent[core.ResetPasswordEmail](mail)
	if len(sent) != 1 {
		t.Fatalf("%d mails", len(sent))
	}
	return s, sent[0].Token
}

func TestVerificationHooksOfTheOptions(t *testing.T) {
	var seen []string
	see := func(what string) func(context.Context, db.Row) error {
		return func(ctx context.Context, row db.Row) error {
			identifier, _, _ := strings.Cut(row["identifier"].(string), ":")
			path := "no request"
			if c, ok := core.From(ctx); ok {
				path = c.Path
			}
			seen = append(seen, what+" "+identifier+" in "+path)
			return nil
		}
	}
	before := see("before create")
	s, token := resetting(t, db.Hooks{
		BeforeCreate: func(ctx context.Context, row db.Row) (db.Row, error) { return nil, before(ctx, row) },
		AfterCreate:  see("after create"),
		BeforeDelete: see("before delete"),
		AfterDelete:  see("after delete"),
	})
	if a := s.Client().Post("/reset-password", map[string]any{"newPassword": "password456", "token": token}); a.Status != http.StatusOK {
		t.Fatalf("reset: %d %s", a.Status, a.Body)
	}
	want := []string{
		// The token is made in the background, when the request is over.
		"before create reset-password in no request", "after create reset-password in no request",
		"before delete reset-password in /reset-password", "after delete reset-password in /reset-password",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

// A proof that a hook keeps is not used: its hook and what it guards are one
// transaction.
func TestAVerificationHookThatRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		refusal error
		status  int
	}{
		"with upstream's false": {db.ErrStopped, http.StatusBadRequest},
		"with a worded error":   {core.NewError(http.StatusTeapot, "KEPT", "Kept"), http.StatusTeapot},
		"with another error":    {errors.New("boom"), http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			refusal := c.refusal
			s, token := resetting(t, db.Hooks{BeforeDelete: func(context.Context, db.Row) error { return refusal }})
			reset := func() *authtest.Answer {
				return s.Client().Post("/reset-password", map[string]any{"newPassword": "password456", "token": token})
			}
			if a := reset(); a.Status != c.status {
				t.Errorf("refused: %d %s, want %d", a.Status, a.Body, c.status)
			}
			if a := s.Client().Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "password123"}); a.Status != http.StatusOK {
				t.Errorf("the old password: %d %s", a.Status, a.Body)
			}
			refusal = nil
			if a := reset(); a.Status != http.StatusOK {
				t.Errorf("not refused: %d %s", a.Status, a.Body)
			}
		})
	}
}
