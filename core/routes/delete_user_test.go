package routes_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

const (
	userDeleted    = `{"success":true,"message":"User deleted"}`
	deletionMailed = `{"success":true,"message":"Verification email sent"}`
	sessionTooOld  = `{"message":"Session expired. Re-authenticate to perform this action.","code":"SESSION_EXPIRED"}`
	userKept       = `{"message":"Failed to delete user","code":"FAILED_TO_DELETE_USER"}`
)

// deletable lets users delete themselves.
func deletable(o *core.Options) { o.User.DeleteUser.Enabled = true }

// byMail lets users delete themselves by a link that is mailed.
func byMail(outbox *authtest.Outbox) func(*core.Options) {
	return func(o *core.Options) {
		deletable(o)
		o.User.DeleteUser.SendDeleteAccountVerification = authtest.Keep[core.DeleteAccountEmail](outbox)
	}
}

// mailedToken asks for a link and returns its token.
func mailedToken(t *testing.T, s *authtest.Server, outbox *authtest.Outbox, c *authtest.Client) string {
	t.Helper()
	answers(t, c.Post("/delete-user", `{}`), http.StatusOK, deletionMailed)
	s.Settle()
	return authtest.Last[core.DeleteAccountEmail](t, outbox).Token
}

// who are the stored users, by name.
func who(t *testing.T, s *authtest.Server) string {
	t.Helper()
	var list []string
	for _, row := range stored(t, s, "user") {
		list = append(list, row["name"].(string))
	}
	return strings.Join(list, " ")
}

// Everything of Ann's goes, in all of her browsers, and nothing of Bob's.
func TestDeleteUser(t *testing.T) {
	h := newHouse(t, deletable)
	link(t, h.Server, h.ann, "google", "g-1", "")
	purpose := verification.Purpose{Prefix: "reset-password:"}
	for _, row := range stored(t, h.Server, "user") {
		if _, err := h.Verifications().Create(t.Context(), purpose, "of-"+row["name"].(string), row[db.ID].(string), authtest.Start.Add(day)); err != nil {
			t.Fatal(err)
		}
	}
	a := h.ann.Post("/delete-user", `{}`)
	answers(t, a, http.StatusOK, userDeleted)
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	same(t, "users", "Test User", who(t, h.Server))
	same(t, "who is signed in", "bob", h.alive())
	same(t, "accounts", "credential:own", accountsOf(t, h.Server))
	count(t, h.Server, "session", 1)
	left := stored(t, h.Server, "verification")
	if len(left) != 1 || left[0]["identifier"] != "reset-password:of-Test User" {
		t.Errorf("verifications: %v", left)
	}
	answers(t, h.Client().Post("/sign-in/email", credentials(nil)), http.StatusUnauthorized, wrongCredentials)
	answers(t, h.annToo.Post("/delete-user", `{}`), http.StatusUnauthorized, unauthorized)
	if a := h.Client().Post("/sign-up/email", body(nil)); a.Status != http.StatusOK {
		t.Errorf("a new user of the same address: %d %s", a.Status, a.Body)
	}
}

func TestWhatDeletingWithoutAMailTakes(t *testing.T) {
	noPassword := func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": nil}) }
	long := `{"password":"` + strings.Repeat("p", 129) + `"}`
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		prepare   func(*testing.T, *authtest.Server)
		age       time.Duration
		body      string
		status    int
		answer    string
	}{
		{"a fresh session", nil, nil, day - millisecond, `{}`, 200, userDeleted},
		{"an older session", nil, nil, day, `{}`, 400, sessionTooOld},
		{"an older session and no password", nil, nil, day, `{"password":"","token":"","callbackURL":""}`, 400, sessionTooOld},
		{"an older session and the password", nil, nil, day, `{"password":"password123"}`, 200, userDeleted},
		{"an older session where none has to be fresh", func(o *core.Options) { o.Session.FreshAge = new(time.Duration(0)) }, nil, 5 * day, `{}`, 200, userDeleted},
		{"a fresh session and the password", nil, nil, 0, `{"password":"password123"}`, 200, userDeleted},
		{"a fresh session and a wrong password", nil, nil, 0, `{"password":"password124"}`, 400, wrongPassword},
		{"a password of a user who has none", nil, noPassword, 0, `{"password":"password123"}`, 400, noCredential},
		{"a fresh session of a user who has no password", nil, noPassword, 0, `{}`, 200, userDeleted},
		// 1.6.9 hashes it.
		{"a password that is too long", nil, nil, 0, long, 400, `{"message":"Password too long","code":"PASSWORD_TOO_LONG"}`},
		{"a password that is too long, as in 1.6.9", func(o *core.Options) { o.Compat.HashLongPasswords = true }, nil, 0, long, 400, wrongPassword},
		{"a token that is none", nil, nil, 0, `{"token":"nope"}`, 404, badToken},
		{"a wrong password comes before a token that is none", nil, nil, 0, `{"token":"nope","password":"x"}`, 400, wrongPassword},
		{"a password that is no text", nil, nil, 0, `{"password":5}`, 400, `{"message":"[body.password] Invalid input: expected string, received number","code":"VALIDATION_ERROR"}`},
		{"a token that is no text", nil, nil, 0, `{"token":null}`, 400, `{"message":"[body.token] Invalid input: expected string, received null","code":"VALIDATION_ERROR"}`},
		{"a body that is no object", nil, nil, 0, `[]`, 400, `{"message":"[body] Invalid input: expected object, received array","code":"VALIDATION_ERROR"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, deletable, func(o *core.Options) {
				if tc.configure != nil {
					tc.configure(o)
				}
			})
			c := signUpAnn(t, s, nil)
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			s.Clock.Advance(tc.age)
			answers(t, c.Post("/delete-user", tc.body), tc.status, tc.answer)
			left := 1
			if tc.answer == userDeleted {
				left = 0
			}
			for _, model := range []string{"user", "account", "session"} {
				count(t, s, model, left)
			}
		})
	}
}

func TestDeleteUserNeedsABody(t *testing.T) {
	s := authtest.New(t, deletable)
	c := signUpAnn(t, s, nil)
	answers(t, c.Post("/delete-user", nil), http.StatusBadRequest,
		`{"message":"[body] Invalid input: expected object, received undefined","code":"VALIDATION_ERROR"}`)
	answers(t, s.Client().Post("/delete-user", `{}`), http.StatusUnauthorized, unauthorized)
	same(t, "users", "Ann", who(t, s))
}

func TestUsersCannotDeleteThemselvesUnlessTheyMay(t *testing.T) {
	outbox := &authtest.Outbox{}
	s := authtest.New(t, byMail(outbox), func(o *core.Options) { o.User.DeleteUser.Enabled = false })
	c := signUpAnn(t, s, nil)
	for _, body := range []string{`{}`, `{"password":"password123"}`, `{"token":"x"}`} {
		answers(t, c.Post("/delete-user", body), http.StatusNotFound, "")
	}
	answers(t, s.Client().Post("/delete-user", `{}`), http.StatusUnauthorized, unauthorized)
	answers(t, c.Get("/delete-user/callback?token=x"), http.StatusNotFound, `{"message":"Not found","code":"NOT_FOUND"}`)
	answers(t, c.Get("/delete-user/callback?token=x&callbackURL=https://evil.com"), http.StatusForbidden, badCallback)
	s.Settle()
	same(t, "mails", 0, len(authtest.Sent[core.DeleteAccountEmail](outbox)))
	same(t, "users", "Ann", who(t, s))
}

func TestTheMailThatAsksWhetherToDelete(t *testing.T) {
	for _, tc := range []struct {
		name, body, target string
		lifetime           time.Duration
	}{
		{"without a target", `{}`, "%2F", day},
		{"with an empty target", `{"callbackURL":""}`, "%2F", day},
		{"with a target", `{"callbackURL":"/bye?a=1&b=2"}`, "%2Fbye%3Fa%3D1%26b%3D2", day},
		{"with the password too", `{"password":"password123"}`, "%2F", day},
		{"with another lifetime", `{}`, "%2F", 10 * time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			outbox := &authtest.Outbox{}
			s := authtest.New(t, byMail(outbox), func(o *core.Options) {
				if tc.lifetime != day {
					o.User.DeleteUser.DeleteTokenExpiresIn = tc.lifetime
				}
			})
			c := signUpAnn(t, s, nil)
			s.Clock.Advance(2 * day) // a mail asks whoever is signed in
			now := s.Clock.Now()
			answers(t, c.Post("/delete-user", tc.body), http.StatusOK, deletionMailed)
			s.Settle()
			sent := authtest.Sent[core.DeleteAccountEmail](outbox)
			if len(sent) != 1 || !regexp.MustCompile(`^[0-9a-z]{32}$`).MatchString(sent[0].Token) {
				t.Fatalf("mails: %d", len(sent))
			}
			same(t, "recipient", email, sent[0].User.Email)
			same(t, "link", authtest.BaseURL+"/api/auth/delete-user/callback?token="+sent[0].Token+"&callbackURL="+tc.target, sent[0].URL)
			proof := stored(t, s, "verification")[0]
			same(t, "proof", []any{"delete-account-" + sent[0].Token, sent[0].User.ID, now.Add(tc.lifetime)},
				[]any{proof["identifier"], proof["value"], proof["expiresAt"]})
			same(t, "users", "Ann", who(t, s))
			answers(t, c.Post("/delete-user", `{"password":"password124"}`), http.StatusBadRequest, wrongPassword)
			count(t, s, "verification", 1)
		})
	}
}

func TestAMailOfADeletionThatFailsDoesNotShow(t *testing.T) {
	s := authtest.New(t, deletable, func(o *core.Options) {
		o.User.DeleteUser.SendDeleteAccountVerification = func(context.Context, core.DeleteAccountEmail) error { panic("no mail today") }
	})
	c := signUpAnn(t, s, nil)
	answers(t, c.Post("/delete-user", `{}`), http.StatusOK, deletionMailed)
	s.Settle()
	if token := stored(t, s, "verification")[0]["identifier"].(string); strings.Contains(s.Log.String(), token[len("delete-account-"):]) {
		t.Error("the log tells the token")
	}
}

// farewells records what the callbacks of deletions are told.
type farewells struct {
	mu     sync.Mutex
	events []string
}

func (f *farewells) note(event string) func(context.Context, user.User) error {
	return func(ctx context.Context, u user.User) error {
		c, ok := core.From(ctx)
		if !ok {
			return core.ErrInternal
		}
		_, stored, err := c.Auth.Users().ByID(ctx, u.ID)
		f.mu.Lock()
		defer f.mu.Unlock()
		if event += " " + u.Email; stored {
			event += " who is there"
		}
		f.events = append(f.events, event)
		return err
	}
}

func (f *farewells) use(o *core.Options) {
	o.User.DeleteUser.BeforeDelete, o.User.DeleteUser.AfterDelete = f.note("before"), f.note("after")
}

func TestCallbacksAroundADeletion(t *testing.T) {
	outbox := &authtest.Outbox{}
	for name, ask := range map[string]func(t *testing.T, s *authtest.Server, c *authtest.Client) *authtest.Answer{
		"by the session": func(_ *testing.T, _ *authtest.Server, c *authtest.Client) *authtest.Answer {
			return c.Post("/delete-user", `{}`)
		},
		"by the password": func(_ *testing.T, _ *authtest.Server, c *authtest.Client) *authtest.Answer {
			return c.Post("/delete-user", `{"password":"password123"}`)
		},
		"by the token": func(t *testing.T, s *authtest.Server, c *authtest.Client) *authtest.Answer {
			return c.Post("/delete-user", map[string]any{"token": mailedToken(t, s, outbox, c)})
		},
		"by the link": func(t *testing.T, s *authtest.Server, c *authtest.Client) *authtest.Answer {
			return c.Get("/delete-user/callback?token=" + mailedToken(t, s, outbox, c))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &farewells{}
			options := []func(*core.Options){deletable, f.use}
			if strings.Contains(name, "token") || strings.Contains(name, "link") {
				options = append(options, byMail(outbox))
			}
			s := authtest.New(t, options...)
			a := ask(t, s, signUpAnn(t, s, nil))
			answers(t, a, http.StatusOK, userDeleted)
			same(t, "cookies", signedOut, a.Header["Set-Cookie"])
			same(t, "events", []string{"before ann@example.com who is there", "after ann@example.com"}, f.events)
		})
	}
}

// The database alone keeps two servers apart.
func TestOneOfTwoServersDeletes(t *testing.T) {
	f := &farewells{}
	var both sync.WaitGroup // both servers have asked the application
	both.Add(2)
	meet := func(o *core.Options) {
		deletable(o)
		f.use(o)
		before := o.User.DeleteUser.BeforeDelete
		o.User.DeleteUser.BeforeDelete = func(ctx context.Context, u user.User) error {
			defer both.Wait()
			defer both.Done()
			return before(ctx, u)
		}
	}
	one := authtest.New(t, meet)
	two := authtest.New(t, meet, func(o *core.Options) { o.Database = one.Store().Adapter() })
	c := signUpAnn(t, one, nil)
	requests := [2]*http.Request{c.Request(http.MethodPost, "/delete-user", `{}`), c.Request(http.MethodPost, "/delete-user", `{}`)}
	var got [2]*authtest.Answer
	var wg sync.WaitGroup
	for i, s := range []*authtest.Server{one, two} {
		client := s.Client()
		wg.Go(func() { got[i] = client.Send(requests[i]) })
	}
	wg.Wait()
	if got[0].Status != http.StatusOK {
		got[0], got[1] = got[1], got[0]
	}
	answers(t, got[0], http.StatusOK, userDeleted)
	answers(t, got[1], http.StatusUnauthorized, unauthorized)
	same(t, "last event", []string{"after ann@example.com"}, f.events[2:])
	same(t, "users", "", who(t, one))
}

func TestDeleteUserInProcess(t *testing.T) {
	s := authtest.New(t, deletable)
	c := signUpAnn(t, s, nil)
	out, err := s.Routes.DeleteUser.Call(t.Context(), routes.DeleteUserInput{}, core.FromRequest(c.Request(http.MethodGet, "/", nil)))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "output", &routes.DeleteUserOutput{Success: true, Message: "User deleted"}, out)
	same(t, "users", "", who(t, s))
}
