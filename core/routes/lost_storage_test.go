package routes_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// lossy is a server that loses its secondary storage while it changes a
// password or deletes a user. Ann is signed in twice.
type lossy struct {
	*authtest.Server
	gone       *bool
	outbox     *authtest.Outbox
	ann, other *authtest.Client
}

func newLossy(t *testing.T, configure func(*core.Options)) *lossy {
	t.Helper()
	l := &lossy{outbox: &authtest.Outbox{}}
	ready := false
	lose := func() { *l.gone = ready }
	l.Server, l.gone = withAway(t, configure, func(o *core.Options) {
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](l.outbox)
		o.EmailAndPassword.RevokeSessionsOnPasswordReset = true
		o.User.DeleteUser.Enabled = true
		o.DatabaseHooks.Account.BeforeUpdate = func(context.Context, db.Row) (db.Row, error) { lose(); return nil, nil }
		o.User.DeleteUser.BeforeDelete = func(context.Context, user.User) error { lose(); return nil }
	})
	l.ann = signUpAnn(t, l.Server, nil)
	l.other = l.Client()
	if a := l.other.Post("/sign-in/email", credentials(nil)); a.Status != http.StatusOK {
		t.Fatalf("sign in: %d %s", a.Status, a.Body)
	}
	ready = true
	return l
}

// A session that must not outlive a password, or a user, ends together with it
// or keeps it: what cannot end the sessions now changes nothing, wherever they
// are. Otherwise they would be good again when the storage is back.
func TestNothingIsChangedThatASessionWouldOutlive(t *testing.T) {
	for _, where := range []struct {
		name      string
		configure func(*core.Options)
	}{
		{"sessions in the secondary storage", func(*core.Options) {}},
		{"sessions in both", func(o *core.Options) { o.Session.StoreSessionInDatabase = true }},
		{"sessions in the secondary storage with a record of them", func(o *core.Options) {
			o.Session.StoreSessionInDatabase, o.Session.PreserveSessionInDatabase = true, true
		}},
	} {
		for _, tc := range []struct {
			name    string
			request func(t *testing.T, l *lossy) *http.Request
		}{
			{"a change of password", func(_ *testing.T, l *lossy) *http.Request {
				return l.ann.Request(http.MethodPost, "/change-password", map[string]any{"currentPassword": password, "newPassword": newPassword, "revokeOtherSessions": true})
			}},
			{"a reset", func(t *testing.T, l *lossy) *http.Request {
				t.Helper()
				l.Client().Post("/request-password-reset", map[string]any{"email": email})
				l.Settle()
				token := authtest.Sent[core.ResetPasswordEmail](l.outbox)[0].Token
				return l.Client().Request(http.MethodPost, "/reset-password", map[string]any{"token": token, "newPassword": newPassword})
			}},
			{"a deletion", func(_ *testing.T, l *lossy) *http.Request {
				return l.ann.Request(http.MethodPost, "/delete-user", map[string]any{})
			}},
		} {
			t.Run(where.name+", "+tc.name, func(t *testing.T) {
				l := newLossy(t, where.configure)
				request := tc.request(t, l)
				a := l.Client().Send(request)
				if a.Status != http.StatusServiceUnavailable || a.Text(t, "code") != "SERVICE_UNAVAILABLE" {
					t.Errorf("got %d %s", a.Status, a.Body)
				}
				if !*l.gone {
					t.Fatal("the storage was not lost")
				}
				*l.gone = false
				same(t, "users", "Ann", who(t, l.Server))
				wantPassword(t, l.Server, password)
				for _, c := range []*authtest.Client{l.ann, l.other} {
					if a := c.Get("/get-session"); a.Body == "null" {
						t.Error("a session is over, and nothing was changed")
					}
				}
			})
		}
	}
}
