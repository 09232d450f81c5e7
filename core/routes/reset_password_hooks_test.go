package routes_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func TestTheApplicationHearsOfAReset(t *testing.T) {
	var told []user.User
	var worked []bool
	var f *forgetful
	f = newForgetful(t, func(o *core.Options) {
		o.EmailAndPassword.OnPasswordReset = func(ctx context.Context, u user.User) error {
			if _, during := core.From(ctx); !during {
				t.Error("it runs outside of the request")
			}
			told, worked = append(told, u), append(worked, passwordWorks(t, f.Server, newPassword))
			return nil
		}
	})
	token := f.token(t)
	answers(t, f.reset("nonsense"), http.StatusBadRequest, badToken)
	if len(told) != 0 {
		t.Error("it hears of a token that is none")
	}
	answers(t, f.reset(token), http.StatusOK, done)
	answers(t, f.reset(token), http.StatusBadRequest, badToken)
	if len(told) != 1 || told[0].Email != email || told[0].Name != "Ann" {
		t.Fatalf("it hears of %+v", told)
	}
	if !worked[0] {
		t.Error("it hears before the password is stored")
	}
}

// The password is stored by then, and stays.
func TestTheApplicationFailsAtAReset(t *testing.T) {
	for _, tc := range []struct {
		name   string
		tell   func(context.Context, user.User) error
		status int
		answer string
	}{
		{"with words", func(context.Context, user.User) error { return core.NewError(http.StatusTeapot, "TEA", "Tea first") }, http.StatusTeapot, `{"message":"Tea first","code":"TEA"}`},
		{"without words", func(context.Context, user.User) error { return errors.New("no tea") }, http.StatusInternalServerError, ""},
		{"and panics", func(context.Context, user.User) error { panic("no tea") }, http.StatusInternalServerError, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			calls := 0
			f := newForgetful(t, func(o *core.Options) {
				o.EmailAndPassword.RevokeSessionsOnPasswordReset = true
				o.EmailAndPassword.OnPasswordReset = func(ctx context.Context, u user.User) error { calls++; return tc.tell(ctx, u) }
			})
			token := f.token(t)
			answers(t, f.reset(token), tc.status, tc.answer)
			same(t, "calls", 1, calls)
			wantPassword(t, f.Server, newPassword)
			answers(t, f.reset(token), http.StatusBadRequest, badToken)
			// 1.6.9 leaves the sessions alive then.
			if a := f.ann.Get("/get-session"); a.Body != "null" {
				t.Error("the session goes on")
			}
		})
	}
}

func TestDatabaseHooksThatRefuseAReset(t *testing.T) {
	stop := func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
	refuse := func(context.Context, db.Row) (db.Row, error) {
		return nil, core.NewError(http.StatusTeapot, "TEA", "Tea first")
	}
	for _, tc := range []struct {
		name     string
		hook     func(h *core.DatabaseHooks)
		provider string
		status   int
		answer   string
	}{
		{"stop the change", func(h *core.DatabaseHooks) { h.Account.BeforeUpdate = stop }, "credential", http.StatusBadRequest, userUnchanged},
		{"refuse the change with words", func(h *core.DatabaseHooks) { h.Account.BeforeUpdate = refuse }, "credential", http.StatusTeapot, `{"message":"Tea first","code":"TEA"}`},
		{"stop the token", func(h *core.DatabaseHooks) {
			h.Verification.BeforeDelete = func(context.Context, db.Row) error { return db.ErrStopped }
		}, "credential", http.StatusBadRequest, badToken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newForgetful(t, func(o *core.Options) { tc.hook(&o.DatabaseHooks) })
			token := f.token(t)
			answers(t, f.reset(token), tc.status, tc.answer)
			wantPassword(t, f.Server, password)
			count(t, f.Server, "verification", 1)
		})
	}
	t.Run("stop the new account", func(t *testing.T) {
		on := false
		f := newForgetful(t, func(o *core.Options) {
			o.DatabaseHooks.Account.BeforeCreate = func(ctx context.Context, row db.Row) (db.Row, error) {
				if on {
					return stop(ctx, row)
				}
				return nil, nil
			}
		})
		update(t, f.Server, "account", db.Row{"providerId": "google"})
		on = true
		answers(t, f.reset(f.token(t)), http.StatusBadRequest, userUnchanged)
		count(t, f.Server, "account", 1)
		count(t, f.Server, "verification", 1)
	})
	t.Run("keep the sessions", func(t *testing.T) {
		f := newForgetful(t, func(o *core.Options) {
			o.EmailAndPassword.RevokeSessionsOnPasswordReset = true
			o.DatabaseHooks.Session.BeforeDelete = func(context.Context, db.Row) error { return db.ErrStopped }
		})
		answers(t, f.reset(f.token(t)), http.StatusOK, done)
		if a := f.ann.Get("/get-session"); a.Body == "null" {
			t.Error("the session is over")
		}
		wantPassword(t, f.Server, newPassword)
	})
}

func TestDatabaseHooksRunOnceAtAReset(t *testing.T) {
	var ran []string
	note := func(what string) func(context.Context, db.Row) (db.Row, error) {
		return func(context.Context, db.Row) (db.Row, error) { ran = append(ran, what); return nil, nil }
	}
	f := newForgetful(t, func(o *core.Options) {
		o.DatabaseHooks.Account.BeforeCreate, o.DatabaseHooks.Account.BeforeUpdate = note("create"), note("update")
	})
	ran = nil
	answers(t, f.reset(f.token(t)), http.StatusOK, done)
	same(t, "hooks of a change", []string{"update"}, ran)
	update(t, f.Server, "account", db.Row{"providerId": "google"})
	ran = nil
	answers(t, f.reset(f.token(t)), http.StatusOK, done)
	same(t, "hooks of a first password", []string{"create"}, ran)
}
