package routes_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// interposed runs something in front of calls about users: the first of next is
// run before the first call that it is for, and then the second waits for its own.
type interposed struct {
	dbtest.Watched
	next []intruder
}

type intruder struct {
	before string // "update", or the field that a look-up is by
	do     func(t *testing.T, s *authtest.Server)
	t      *testing.T
	s      *authtest.Server
}

func newInterposed() *interposed {
	i := &interposed{}
	i.Watched = dbtest.Watched{Adapter: memory.New(), Before: i.call}
	return i
}

func (i *interposed) intrude(t *testing.T, s *authtest.Server, list ...intruder) {
	for _, one := range list {
		one.t, one.s = t, s
		i.next = append(i.next, one)
	}
}

func (i *interposed) call(_ context.Context, call dbtest.Call) error {
	what := call.Op
	if call.Op == "select" && len(call.Where) > 0 {
		what = call.Where[0].Field
	}
	if !call.Of(user.ModelName) || len(i.next) == 0 || i.next[0].before != what {
		return nil
	}
	first, waiting := i.next[0], i.next[1:]
	i.next = nil
	first.do(first.t, first.s)
	i.next = waiting
	return nil
}

// move gives Ann another address behind the server's back.
func move(address string) func(*testing.T, *authtest.Server) {
	return func(t *testing.T, s *authtest.Server) { update(t, s, "user", db.Row{"email": address}) }
}

func prove(t *testing.T, s *authtest.Server)  { update(t, s, "user", db.Row{"emailVerified": true}) }
func vanish(t *testing.T, s *authtest.Server) { remove(t, s, "user") }

// What another request does meanwhile does not lead to two owners of an
// address, nor to a verified address that nobody has proven.
func TestChangingAnAddressAtOnceLosesRaces(t *testing.T) {
	take := func(t *testing.T, s *authtest.Server) { s.Client().SignUp(newEmail, password) }
	for _, tc := range []struct {
		name      string
		meanwhile []intruder
		status    int
		answer    string
		after     string
		mails     int
	}{
		{"the new address is taken", []intruder{{before: "update", do: take}}, http.StatusOK, accepted, email + ", " + newEmail, 0},
		{"the change is made, before the look", []intruder{{before: "email", do: move(newEmail)}}, http.StatusBadRequest, sameEmail, newEmail, 0},
		{"the change is made, after the look", []intruder{{before: "update", do: move(newEmail)}}, http.StatusBadRequest, sameEmail, newEmail, 0},
		{"the change is made and taken back", []intruder{{before: "update", do: move(newEmail)}, {before: db.ID, do: move(email)}}, http.StatusBadRequest, sameEmail, email, 0},
		{"the change is made and verified", []intruder{{before: "update", do: move(newEmail)}, {before: db.ID, do: prove}}, http.StatusBadRequest, sameEmail, newEmail + " verified", 0},
		{"another change is made", []intruder{{before: "update", do: move(bobsEmail)}}, http.StatusOK, accepted, newEmail, 1},
		{"the old address is verified", []intruder{{before: "update", do: prove}}, http.StatusOK, accepted, email + " verified", 1},
		{"the user goes", []intruder{{before: "update", do: vanish}}, http.StatusUnauthorized, `{"message":"Unauthorized","code":"UNAUTHORIZED"}`, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			between := newInterposed()
			s := authtest.New(t, atOnce, func(o *core.Options) { o.Database = between })
			c := s.Client()
			c.SignUp(email, password)
			between.intrude(t, s, tc.meanwhile...)
			answers(t, c.Post("/change-email", map[string]any{"newEmail": newEmail}), tc.status, tc.answer)
			if len(between.next) > 0 {
				t.Errorf("nothing happened before %s", between.next[0].before)
			}
			same(t, "addresses", tc.after, addresses(t, s))
			if n := mails(s); n != tc.mails {
				t.Errorf("%d mails, want %d", n, tc.mails)
			}
		})
	}
}

// The same for links.
func TestLinksLoseRaces(t *testing.T) {
	for _, tc := range []struct {
		name          string
		change        bool
		meanwhile     func(*testing.T, *authtest.Server)
		status        int
		answer, after string
	}{
		{"a change, when the address moves", true, move(bobsEmail), http.StatusUnauthorized, noUser, bobsEmail},
		{"a change, when the user goes", true, vanish, http.StatusUnauthorized, noUser, ""},
		{"a verification, when it is made", false, prove, http.StatusOK, verifiedBody, email + " verified"},
		{"a verification, when the address moves", false, move(bobsEmail), http.StatusUnauthorized, noUser, bobsEmail},
		{"a verification, when the user goes", false, vanish, http.StatusUnauthorized, noUser, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			between, app := newInterposed(), &application{}
			s := authtest.New(t, autoSignIn, changeable, app.listen, func(o *core.Options) { o.Database = between })
			c := s.Client()
			c.SignUp(email, password)
			token := lastMail(t, s).Token
			if tc.change {
				token = changeLink(t, s, c, newEmail)
			}
			between.intrude(t, s, intruder{before: "update", do: tc.meanwhile})
			a := s.Client().Get(verifyPath(token, ""))
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			same(t, "addresses", tc.after, addresses(t, s))
			for _, event := range app.events {
				if strings.HasPrefix(event, "after") {
					t.Errorf("the application hears: %s", event)
				}
			}
		})
	}
}
