package routes_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

func TestDatabaseHooksAroundASignUp(t *testing.T) {
	var events []string
	note := func(event string, merge db.Row) func(context.Context, db.Row) (db.Row, error) {
		return func(ctx context.Context, _ db.Row) (db.Row, error) {
			if c, ok := core.From(ctx); !ok || c.Path != "/sign-up/email" {
				t.Error("the hook cannot reach the request")
			}
			events = append(events, event)
			return merge, nil
		}
	}
	noteRow := func(event string) func(context.Context, db.Row) error {
		return func(_ context.Context, row db.Row) error {
			name, _ := row["name"].(string)
			events = append(events, event+name)
			return nil
		}
	}
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User = db.Hooks{BeforeCreate: note("before user", db.Row{"name": "Hooked", "image": "i"}), AfterCreate: noteRow("after user ")}
		o.DatabaseHooks.Account = db.Hooks{BeforeCreate: note("before account", nil), AfterCreate: noteRow("after account")}
		o.DatabaseHooks.Session = db.Hooks{BeforeCreate: note("before session", nil), AfterCreate: noteRow("after session")}
	})
	n := names{}
	a := s.Client().Post("/sign-up/email", body(nil))
	answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK,
		`{"token":"<1>","user":{"name":"Hooked","email":"ann@example.com","emailVerified":false,"image":"i","createdAt":"`+start+`","updatedAt":"`+start+`","id":"<2>"}}`)
	same(t, "events", []string{"before user", "before account", "before session", "after user Hooked", "after account", "after session"}, events)
}

func TestDatabaseHooksThatRefuseASignUp(t *testing.T) {
	boom := errors.New("boom")
	const (
		noUser    = `{"message":"Failed to create user","code":"FAILED_TO_CREATE_USER"}`
		noSession = `{"message":"Failed to create session","code":"FAILED_TO_CREATE_SESSION"}`
	)
	for _, tc := range []struct {
		name   string
		model  string
		err    error
		status int
		answer string
	}{
		{"a user is stopped", "user", db.ErrStopped, http.StatusBadRequest, noUser},
		{"a user fails", "user", boom, http.StatusUnprocessableEntity, noUser},
		{"a user is refused in the hook's own words", "user", errTeapot, http.StatusTeapot, noTea},
		// 1.6.9 goes on without the account: nobody could sign in as the user.
		{"an account is stopped", "account", db.ErrStopped, http.StatusBadRequest, noUser},
		{"an account fails", "account", boom, http.StatusInternalServerError, ""},
		// 1.6.9 leaves the user and the account behind.
		{"a session is stopped", "session", db.ErrStopped, http.StatusBadRequest, noSession},
		{"a session fails", "session", boom, http.StatusInternalServerError, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after := 0
			s := authtest.New(t, func(o *core.Options) {
				counts := func(context.Context, db.Row) error { after++; return nil }
				hooks := map[string]*db.Hooks{"user": &o.DatabaseHooks.User, "account": &o.DatabaseHooks.Account, "session": &o.DatabaseHooks.Session}
				for _, h := range hooks {
					h.AfterCreate = counts
				}
				hooks[tc.model].BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
			})
			a := s.Client().Post("/sign-up/email", body(nil))
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			for _, model := range []string{"user", "account", "session"} {
				count(t, s, model, 0)
			}
			if after != 0 {
				t.Errorf("%d after hooks ran although nothing was stored", after)
			}
		})
	}
}

// Whichever call to the database fails, a sign-up leaves everything or nothing,
// hands out no cookie, tells nothing of the cause, and can be repeated.
func TestSignUpWhenTheDatabaseFails(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		p := newProbe(memory.New())
		s := authtest.New(t, func(o *core.Options) {
			o.Database = p
			o.EmailAndPassword.RequireEmailVerification = hidden
			o.EmailVerification.SendVerificationEmail = nil
		})
		failed := p.eachFails(t, func() *authtest.Answer {
			return s.Client().Post("/sign-up/email", body(nil))
		}, func() {
			for _, model := range []string{"user", "account", "session"} {
				count(t, s, model, 0)
			}
		})
		if failed < 3 {
			t.Errorf("only %d calls can fail", failed)
		}
		count(t, s, "user", 1)
		count(t, s, "account", 1)
	}
}
