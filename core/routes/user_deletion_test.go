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
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

var deleteAccount = verification.Purpose{Prefix: "delete-account-"}

var errBoom = errors.New("boom")

// refusals are the ways in which code of the application says no. Without an
// error it panics.
var refusals = []refusal{
	{"fails", errBoom, http.StatusInternalServerError, ""},
	{"refuses in its own words", errTeapot, http.StatusTeapot, noTea},
	{"panics", nil, http.StatusInternalServerError, ""},
}

// refusing is a callback that says no while it is told to.
func refusing(no *bool, err error) func(context.Context, user.User) error {
	return func(context.Context, user.User) error {
		switch {
		case !*no:
			return nil
		case err == nil:
			panic("not today")
		}
		return err
	}
}

// The user stays with everything, and so does the token of the mail.
func TestAnApplicationThatKeepsAUser(t *testing.T) {
	for _, tc := range refusals {
		for name, present := range bearers {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				no, after := true, 0
				outbox := &authtest.Outbox{}
				s := authtest.New(t, byMail(outbox), func(o *core.Options) {
					o.User.DeleteUser.BeforeDelete = refusing(&no, tc.err)
					o.User.DeleteUser.AfterDelete = func(context.Context, user.User) error { after++; return nil }
				})
				c := signUpAnn(t, s, nil)
				token := mailedToken(t, s, outbox, c)
				expiresAt := stored(t, s, "verification")[0]["expiresAt"]
				for range 2 {
					a := present(c, token)
					answers(t, a, tc.status, tc.answer)
					same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
				}
				for _, model := range []string{"user", "account", "session", "verification"} {
					count(t, s, model, 1)
				}
				same(t, "expiry of the token", expiresAt, stored(t, s, "verification")[0]["expiresAt"])
				if strings.Contains(s.Log.String(), token) {
					t.Error("the log tells the token")
				}
				no = false
				answers(t, present(c, token), http.StatusOK, userDeleted)
				same(t, "calls of afterDelete", 1, after)
				count(t, s, "verification", 0)
			})
		}
		t.Run(tc.name+" without a token", func(t *testing.T) {
			no := true
			s := authtest.New(t, deletable, func(o *core.Options) { o.User.DeleteUser.BeforeDelete = refusing(&no, tc.err) })
			c := signUpAnn(t, s, nil)
			answers(t, c.Post("/delete-user", `{}`), tc.status, tc.answer)
			same(t, "users", "Ann", who(t, s))
			no = false
			answers(t, c.Post("/delete-user", `{}`), http.StatusOK, userDeleted)
		})
	}
}

// It is too late to keep the user, so the client is signed out all the same.
func TestAnApplicationThatFailsWhenTheUserIsGone(t *testing.T) {
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			no := true
			outbox := &authtest.Outbox{}
			s := authtest.New(t, byMail(outbox), func(o *core.Options) { o.User.DeleteUser.AfterDelete = refusing(&no, tc.err) })
			c := signUpAnn(t, s, nil)
			a := c.Get("/delete-user/callback?callbackURL=/bye&token=" + mailedToken(t, s, outbox, c))
			answers(t, a, tc.status, tc.answer)
			want := signedOut
			if tc.err == nil {
				want = nil // a panic leaves nothing of an answer
			}
			same(t, "cookies", want, a.Header["Set-Cookie"])
			for _, model := range []string{"user", "account", "session", "verification"} {
				count(t, s, model, 0)
			}
		})
	}
}

func TestDatabaseHooksThatRefuseADeletion(t *testing.T) {
	for _, model := range []string{"user", "account", "verification"} {
		for _, tc := range hookRefusals(userKept) {
			t.Run(model+": "+tc.name, func(t *testing.T) {
				f, no := &farewells{}, true
				outbox := &authtest.Outbox{}
				s := authtest.New(t, byMail(outbox), f.use, func(o *core.Options) {
					hooks := map[string]*db.Hooks{"user": &o.DatabaseHooks.User, "account": &o.DatabaseHooks.Account, "verification": &o.DatabaseHooks.Verification}
					hooks[model].BeforeDelete = func(_ context.Context, row db.Row) error {
						// Not the token that is presented, which is spent ahead of the deletion.
						if no && row["identifier"] != "delete-account-spent" {
							return tc.err
						}
						return nil
					}
				})
				c := signUpAnn(t, s, nil)
				mailedToken(t, s, outbox, c)
				spend(t, s)
				a := c.Post("/delete-user", `{"token":"spent"}`)
				answers(t, a, tc.status, tc.answer)
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
				same(t, "events", []string{"before ann@example.com who is there"}, f.events)
				for model, n := range map[string]int{"user": 1, "account": 1, "session": 1, "verification": 2} {
					count(t, s, model, n)
				}
				no = false
				answers(t, c.Post("/delete-user", `{"token":"spent"}`), http.StatusOK, userDeleted)
			})
		}
	}
}

// spend adds a second token, "spent", beside the mailed one.
func spend(t *testing.T, s *authtest.Server) {
	t.Helper()
	row := stored(t, s, "verification")[0]
	row[db.ID], row["identifier"] = "another", "delete-account-spent"
	if _, err := s.Store().Adapter().Insert(t.Context(), tableOf(t, s, "verification"), row); err != nil {
		t.Fatal(err)
	}
}

// Sessions cannot outlive their user, whatever a hook wishes.
func TestSessionsEndWithTheirUser(t *testing.T) {
	for name, configure := range map[string]func(*core.Options){
		"in the database":          func(*core.Options) {},
		"in the secondary storage": func(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) },
		"in both": func(o *core.Options) {
			o.SecondaryStorage, o.Session.StoreSessionInDatabase = secondary.NewMemory(o.Clock), true
		},
	} {
		for _, stopped := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				h := newHouse(t, deletable, configure, func(o *core.Options) {
					if stopped {
						o.DatabaseHooks.Session.BeforeDelete = func(context.Context, db.Row) error { return db.ErrStopped }
					}
				})
				answers(t, h.ann.Post("/delete-user", `{}`), http.StatusOK, userDeleted)
				same(t, "who is signed in", "bob", h.alive())
			})
		}
	}
}

func TestATokenInASecondaryStorage(t *testing.T) {
	outbox := &authtest.Outbox{}
	no := true
	s := authtest.New(t, byMail(outbox), func(o *core.Options) {
		o.SecondaryStorage = secondary.NewMemory(o.Clock)
		o.User.DeleteUser.BeforeDelete = refusing(&no, errBoom)
	})
	c := signUpAnn(t, s, nil)
	token := mailedToken(t, s, outbox, c)
	count(t, s, "verification", 0)
	answers(t, c.Get("/delete-user/callback?token="+token), http.StatusInternalServerError, "")
	no = false
	answers(t, c.Get("/delete-user/callback?token="+token), http.StatusOK, userDeleted)
}

// Whichever call to the database fails: the user is there with everything, or
// gone with everything; nothing is told of the cause; and it can be repeated.
func TestDeleteUserWhenTheDatabaseFails(t *testing.T) {
	for name, withToken := range map[string]bool{"without a token": false, "with a token": true} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(memory.New())
			s := authtest.New(t, deletable, func(o *core.Options) { o.Database, o.Verification.DisableCleanup = p, true })
			c := signUpAnn(t, s, nil)
			body := map[string]any{}
			if withToken {
				body["token"] = "t"
				_, err := s.Verifications().Create(t.Context(), deleteAccount, "t", stored(t, s, "user")[0][db.ID].(string), authtest.Start.Add(day))
				if err != nil {
					t.Fatal(err)
				}
			}
			failed := p.eachFails(t, func() *authtest.Answer { return c.Post("/delete-user", body) }, func() {
				for _, model := range []string{"user", "account", "session"} {
					count(t, s, model, 1)
				}
				if withToken {
					count(t, s, "verification", 1)
				}
			})
			if failed < 7 { // session, session or token, four removals, commit
				t.Errorf("only %d calls could fail", failed)
			}
			for _, model := range []string{"user", "account", "session", "verification"} {
				count(t, s, model, 0)
			}
		})
	}
}

// A client that goes away while the application is asked keeps the user, and the
// token; one that goes away later does not keep the application from hearing.
func TestClientsThatGoAwayDuringADeletion(t *testing.T) {
	outbox := &authtest.Outbox{}
	var leave context.CancelFunc
	heard := errors.New("nothing")
	s := authtest.New(t, byMail(outbox), func(o *core.Options) {
		o.User.DeleteUser.BeforeDelete = func(context.Context, user.User) error {
			if leave != nil {
				leave()
			}
			return nil
		}
		o.User.DeleteUser.AfterDelete = func(ctx context.Context, _ user.User) error { heard = ctx.Err(); return nil }
		o.DatabaseHooks.User.AfterDelete = func(ctx context.Context, _ db.Row) error {
			if c, ok := core.From(ctx); ok {
				c.Request.Context().Value(leaver{}).(context.CancelFunc)()
			}
			return nil
		}
	})
	c := signUpAnn(t, s, nil)
	token := mailedToken(t, s, outbox, c)
	request := c.Request(http.MethodGet, "/delete-user/callback?token="+token, nil)
	ctx, cancel := context.WithCancel(t.Context())
	leave = cancel
	if a := c.Send(request.WithContext(ctx)); a.Status == http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	same(t, "users", "Ann", who(t, s))
	count(t, s, "verification", 1)

	leave = nil
	ctx, cancel = context.WithCancel(t.Context())
	c.Send(request.WithContext(context.WithValue(ctx, leaver{}, cancel)))
	if ctx.Err() == nil {
		t.Error("the client has not left")
	}
	same(t, "users", "", who(t, s))
	if heard != nil {
		t.Errorf("the application was told in a context with the error %v", heard)
	}
}

type leaver struct{}
