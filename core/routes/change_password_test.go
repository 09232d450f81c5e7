package routes_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// passwordChange is the body of a good change, with changes as those of body.
func passwordChange(changes map[string]any) map[string]any {
	return changed(map[string]any{"currentPassword": password, "newPassword": newPassword}, changes)
}

func TestChangePassword(t *testing.T) {
	const (
		remembered = "better-auth.session_token=<1>.signed; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
		transient  = "better-auth.session_token=<1>.signed; Path=/; HttpOnly; SameSite=Lax"
		mark       = "better-auth.dont_remember=true.signed; Path=/; HttpOnly; SameSite=Lax"
	)
	for _, tc := range []struct {
		name    string
		signUp  map[string]any
		revoke  any
		cookies []string // of the new session, if any
	}{
		{"and the sessions go on", nil, absent, nil},
		{"and the sessions go on when asked for", nil, false, nil},
		{"and the sessions end", nil, true, []string{remembered}},
		// The new session lasts a week all the same, as upstream's does.
		{"and who is not to be remembered stays so", map[string]any{"rememberMe": false}, true, []string{transient, mark}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			s := authtest.New(t, h.use)
			c, other := signUpAnn(t, s, tc.signUp), s.Client()
			other.Post("/sign-in/email", credentials(nil))
			old, before := tokenOf(c), h.work()
			s.Clock.Advance(time.Second)
			a := c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": tc.revoke}))
			if got := h.work() - before; got != 2 {
				t.Errorf("%d hashes, want 2", got)
			}
			n := names{}
			if tc.cookies == nil {
				n["-"] = "-"
				answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, `{"token":null,`+plainUser+"}")
				same(t, "Cache-Control", "", a.Header.Get("Cache-Control"))
				same(t, "sessions that go on", "true true", stillSignedIn(c, other))
			} else {
				answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, `{"token":"<1>",`+plainUser+"}")
				same(t, "Cache-Control", "no-store", a.Header.Get("Cache-Control"))
				same(t, "sessions", []string{
					`{"id":"<3>","expiresAt":"2026-03-21T09:26:54.589Z","token":"<1>","createdAt":"2026-03-14T09:26:54.589Z","updatedAt":"2026-03-14T09:26:54.589Z","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>"}`,
				}, rows(t, s, n, "session"))
				if n[old] != "" {
					t.Error("the session kept its token")
				}
				same(t, "sessions that go on", "true false", stillSignedIn(c, other))
			}
			same(t, "cookies", tc.cookies, cookieLines(s, n, a))
			same(t, "updatedAt", any(authtest.Start.Add(time.Second)), stored(t, s, "account")[0]["updatedAt"])
			wantPassword(t, s, newPassword)
		})
	}
}

// stillSignedIn tells which clients are signed in.
func stillSignedIn(clients ...*authtest.Client) string {
	var on []string
	for _, c := range clients {
		if a := c.Get("/get-session"); a.Body == "null" {
			on = append(on, "false")
		} else {
			on = append(on, "true")
		}
	}
	return strings.Join(on, " ")
}

func TestAChangedPasswordRenewsTheCache(t *testing.T) {
	s, p := cached(t, "compact")
	c := signUpAnn(t, s, nil)
	old := c.Cookies[cacheCookie]
	a := c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": true}))
	if a.Status != http.StatusOK || c.Cookies[cacheCookie] == old {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	p.count(0)
	if got := c.Get("/get-session"); !strings.Contains(got.Body, a.Text(t, "token")) || p.calls.Load() != 0 {
		t.Errorf("after %d calls the session is %s", p.calls.Load(), got.Body)
	}
}

func TestPasswordChangesThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  map[string]any
		prepare func(t *testing.T, s *authtest.Server)
		answer  string
		hashes  int64
	}{
		{"because the password is wrong", map[string]any{"currentPassword": "wrong-password"}, nil, wrongPassword, 1},
		{"because the password is empty", map[string]any{"currentPassword": ""}, nil, wrongPassword, 1},
		{"because the new one is short", map[string]any{"newPassword": "1234567"}, nil, tooShort, 0},
		{"because the new one is short, whatever else", map[string]any{"newPassword": "", "currentPassword": "wrong-password"}, nil, tooShort, 0},
		{"because the new one is long", map[string]any{"newPassword": strings.Repeat("a", 129)}, nil, tooLong, 0},
		{"because there is no account", nil, func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }, noCredential, 0},
		{"because there are accounts of another kind only", nil, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"providerId": "google"}) }, noCredential, 0},
		{"because there is no password", nil, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": nil}) }, noCredential, 0},
		{"because the password is stored as nothing", nil, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": ""}) }, noCredential, 0},
	} {
		for _, revoke := range []bool{false, true} {
			t.Run(tc.name, func(t *testing.T) {
				h := new(tally)
				s := authtest.New(t, h.use)
				c, other := signUpAnn(t, s, nil), s.Client()
				other.Post("/sign-in/email", credentials(nil))
				if tc.prepare != nil {
					tc.prepare(t, s)
				}
				accounts, before := rows(t, s, names{}, "account"), h.work()
				input := passwordChange(tc.change)
				input["revokeOtherSessions"] = revoke
				a := c.Post("/change-password", input)
				answers(t, a, http.StatusBadRequest, tc.answer)
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
				same(t, "accounts", accounts, rows(t, s, names{}, "account"))
				same(t, "sessions that go on", "true true", stillSignedIn(c, other))
				if got := h.work() - before; got != tc.hashes {
					t.Errorf("%d hashes, want %d", got, tc.hashes)
				}
			})
		}
	}
}

// The password that was verified is not the one any more.
func TestAPasswordThatIsChangedMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]func(t *testing.T, s *authtest.Server){
		"by somebody else":     func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": "hash of another"}) },
		"and there is none":    func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": nil}) },
		"with its account":     func(t *testing.T, s *authtest.Server) { remove(t, s, "account") },
		"with its user":        func(t *testing.T, s *authtest.Server) { remove(t, s, "user") },
		"in one of two places": func(t *testing.T, s *authtest.Server) { changeFirst(t, s) },
	} {
		t.Run(name, func(t *testing.T) {
			m := &midway{}
			s := authtest.New(t, m.use)
			c, other := signUpAnn(t, s, nil), s.Client()
			other.Post("/sign-in/email", credentials(nil))
			if strings.Contains(name, "two") {
				addAccount(t, s, "credential", "hash of a-third")
			}
			m.do = func() error { meanwhile(t, s); return nil }
			a := c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": true}))
			answers(t, a, http.StatusBadRequest, wrongPassword)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			for _, row := range stored(t, s, "account") {
				if row["password"] == "hash of "+newPassword {
					t.Errorf("the account is %v", row)
				}
			}
			if !strings.Contains(name, "user") {
				same(t, "sessions that go on", "true true", stillSignedIn(c, other))
			}
		})
	}
}

// changeFirst changes the password of the account that the user signed up with.
func changeFirst(t *testing.T, s *authtest.Server) {
	t.Helper()
	_, err := s.Store().Adapter().Update(t.Context(), db.Change{
		Table: tableOf(t, s, "account"), Where: db.Where{db.By("password", "hash of "+password)}, Set: db.Row{"password": "hash of another"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPasswordChangeReachesEveryCredentialAccount(t *testing.T) {
	h := new(tally)
	s := authtest.New(t, h.use)
	c := signUpAnn(t, s, nil)
	addAccount(t, s, "credential", "hash of a-third")
	addAccount(t, s, "google", "not a password")
	if a := c.Post("/change-password", passwordChange(nil)); a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	var hashes []any
	for _, row := range stored(t, s, "account") {
		hashes = append(hashes, row["password"])
	}
	same(t, "passwords", []any{"hash of " + newPassword, "hash of " + newPassword, "not a password"}, hashes)
}

// Whichever call fails, all of it happens or nothing.
func TestAPasswordChangeWhenTheDatabaseFails(t *testing.T) {
	for _, revoke := range []bool{false, true} {
		p := newProbe(memory.New())
		s := authtest.New(t, func(o *core.Options) { o.Database = p })
		c, other := signUpAnn(t, s, nil), s.Client()
		other.Post("/sign-in/email", credentials(nil))
		failed := p.eachFails(t, func() *authtest.Answer {
			return c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": revoke}))
		}, func() {
			same(t, "sessions that go on", "true true", stillSignedIn(c, other))
			same(t, "the old password works", true, passwordWorks(t, s, password))
		})
		// Revoking takes a second statement: see session.Store.Rotate.
		same(t, "calls that can fail", map[bool]int{false: 5, true: 8}[revoke], failed)
		wantPassword(t, s, newPassword)
	}
}

func TestDatabaseHooksThatRefuseAPasswordChange(t *testing.T) {
	for _, tc := range []struct {
		name   string
		hook   func(h *core.DatabaseHooks, refuse func(context.Context, db.Row) (db.Row, error))
		err    error
		status int
		answer string
	}{
		{
			"stop the password", func(h *core.DatabaseHooks, refuse func(context.Context, db.Row) (db.Row, error)) {
				h.Account.BeforeUpdate = refuse
			},
			db.ErrStopped, http.StatusBadRequest, userUnchanged,
		},
		{
			"refuse the password with words", func(h *core.DatabaseHooks, refuse func(context.Context, db.Row) (db.Row, error)) {
				h.Account.BeforeUpdate = refuse
			},
			core.NewError(http.StatusTeapot, "TEA", "Tea first"), http.StatusTeapot, `{"message":"Tea first","code":"TEA"}`,
		},
		{
			"stop the session", func(h *core.DatabaseHooks, refuse func(context.Context, db.Row) (db.Row, error)) {
				h.Session.BeforeCreate = refuse
			},
			db.ErrStopped, http.StatusInternalServerError, `{"message":"Failed to get session","code":"FAILED_TO_GET_SESSION"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			on := false
			s := authtest.New(t, func(o *core.Options) {
				tc.hook(&o.DatabaseHooks, func(context.Context, db.Row) (db.Row, error) {
					if on {
						return nil, tc.err
					}
					return nil, nil
				})
			})
			c, other := signUpAnn(t, s, nil), s.Client()
			other.Post("/sign-in/email", credentials(nil))
			on = true
			a := c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": true}))
			on = false
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			same(t, "sessions that go on", "true true", stillSignedIn(c, other))
			wantPassword(t, s, password)
		})
	}
}

func TestDatabaseHooksRunOnceAtAPasswordChange(t *testing.T) {
	var ran []string
	h := new(tally)
	s := authtest.New(t, h.use, func(o *core.Options) {
		o.DatabaseHooks.Account.BeforeUpdate = func(_ context.Context, set db.Row) (db.Row, error) {
			ran = append(ran, set["password"].(string))
			return nil, nil
		}
	})
	c := signUpAnn(t, s, nil)
	c.Post("/change-password", passwordChange(nil))
	same(t, "hooks", []string{"hash of " + newPassword}, ran)
}

func TestAPasswordChangeWhereverSessionsAreKept(t *testing.T) {
	for name, both := range map[string]bool{"in the secondary storage": false, "in both": true} {
		t.Run(name, func(t *testing.T) {
			refuse := false
			s := authtest.New(t, func(o *core.Options) {
				o.SecondaryStorage, o.Session.StoreSessionInDatabase = secondary.NewMemory(o.Clock), both
				o.DatabaseHooks.Session.BeforeCreate = func(context.Context, db.Row) (db.Row, error) {
					if refuse {
						return nil, db.ErrStopped
					}
					return nil, nil
				}
			})
			c, other := signUpAnn(t, s, nil), s.Client()
			other.Post("/sign-in/email", credentials(nil))
			refuse = true
			if a := c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": true})); a.Status != http.StatusInternalServerError {
				t.Errorf("without a new session it is %d %s", a.Status, a.Body)
			}
			same(t, "sessions that go on", "true true", stillSignedIn(c, other))
			refuse = false
			old := s.Client()
			old.Cookies[sessionCookie] = c.Cookies[sessionCookie]
			if a := c.Post("/change-password", passwordChange(map[string]any{"revokeOtherSessions": true})); a.Status != http.StatusOK {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
			same(t, "sessions that go on", "true false false", stillSignedIn(c, other, old))
			wantPassword(t, s, newPassword)
		})
	}
}
