package routes_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

func changeable(o *core.Options) { o.User.ChangeEmail.Enabled = true }

// changeLink asks for a change and returns the token of the mail to the new address.
func changeLink(t *testing.T, s *authtest.Server, c *authtest.Client, address string) string {
	t.Helper()
	before := mails(s)
	answers(t, c.Post("/change-email", map[string]any{"newEmail": address}), http.StatusOK, accepted)
	if mails(s) != before+1 {
		t.Fatalf("%d mails, want 1", mails(s)-before)
	}
	return lastMail(t, s).Token
}

// changedBody is the answer to a link that changed Ann's address a second or
// more after the start.
func changedBody(verified, updatedAt string) string {
	return `{"status":true,"user":{"name":"Test User","email":"new@example.com","emailVerified":` + verified +
		`,"image":null,"createdAt":"` + start + `","updatedAt":"` + updatedAt + `","id":"<1>"}}`
}

// 1.6.9 marks the new address as verified, and signs in whoever opens the link;
// 1.7 does neither.
func TestALinkChangesTheAddress(t *testing.T) {
	for _, tc := range []struct {
		name     string
		verified bool
		signedIn bool
		answer   string
		after    string
		events   []string
	}{
		{"of a verified user", true, true, changedBody("true", start), newEmail + " verified", []string{"after new@example.com true"}},
		{"of an unverified user", false, true, changedBody("false", start), newEmail, nil},
		{"for somebody who is not signed in", true, false, changedBody("true", start), newEmail + " verified", []string{"after new@example.com true"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			app := &application{}
			s, _ := cached(t, cookies.StrategyCompact, changeable, app.listen)
			c := s.Client()
			c.SignUp(email, password)
			update(t, s, "user", db.Row{"emailVerified": tc.verified})
			token := changeLink(t, s, c, "New@Example.com")
			same(t, "addresses", email, strings.TrimSuffix(addresses(t, s), " verified"))
			opener, before := c, tokenOf(c)
			if !tc.signedIn {
				opener = s.Client()
			}
			a := opener.Get(verifyPath(token, ""))
			answers(t, named(a), http.StatusOK, tc.answer)
			same(t, "addresses", tc.after, addresses(t, s))
			same(t, "events", tc.events, app.events)
			same(t, "session", before, tokenOf(c))
			count(t, s, "session", 1)
			if !tc.signedIn {
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
				return
			}
			remove(t, s, "user") // the cache answers
			if who := c.Get("/get-session"); !strings.Contains(who.Body, `"email":"new@example.com"`) {
				t.Errorf("the cache says %s", who.Body)
			}
		})
	}
}

func TestALinkChangesTheAddressOnce(t *testing.T) {
	s := authtest.New(t, changeable)
	c := s.Client()
	c.SignUp(email, password)
	token := changeLink(t, s, c, newEmail)
	redirects(t, c.Get(verifyPath(token, "/done")), "/done")
	answers(t, c.Get(verifyPath(token, "")), http.StatusUnauthorized, noUser)
	redirects(t, c.Get(verifyPath(token, "/done?a=b")), "/done?a=b&error=USER_NOT_FOUND")
	same(t, "addresses", newEmail, addresses(t, s))
}

func TestAChangeKeepsASessionThatIsNotRemembered(t *testing.T) {
	s := authtest.New(t, changeable)
	c := signUpAnn(t, s, map[string]any{"rememberMe": false})
	a := c.Get(verifyPath(changeLink(t, s, c, newEmail), "/done"))
	same(t, "cookies", []string{
		sessionCookie + "=<1>.signed; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.dont_remember=true.signed; Path=/; HttpOnly; SameSite=Lax",
	}, cookieLines(s, names{}, a))
}

func TestSomebodyElseCannotOpenALinkOfAChange(t *testing.T) {
	box := &authtest.Outbox{}
	s := authtest.New(t, changeable, askingTheOldAddress(box))
	ann, bob := s.Client(), s.Client()
	ann.SignUp(email, password)
	change := changeLink(t, s, ann, newEmail)
	update(t, s, "user", db.Row{"emailVerified": true})
	confirmation := confirmationLink(t, s, box, ann, newEmail)
	bob.SignUp(bobsEmail, password)
	before := mails(s)
	for _, token := range []string{change, confirmation} {
		a := bob.Get(verifyPath(token, ""))
		answers(t, a, http.StatusUnauthorized, wrongUser)
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		redirects(t, bob.Get(verifyPath(token, "/done")), "/done?error=INVALID_USER")
		redirects(t, bob.Get(verifyPath(token, "/done?a=b")), "/done?a=b&error=INVALID_USER")
	}
	same(t, "addresses", email+" verified, "+bobsEmail, addresses(t, s))
	if n := mails(s) - before; n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	// Bob's session is over: what his cache remembers does not count.
	remove(t, s, "session")
	redirects(t, bob.Get(verifyPath(change, "/done")), "/done")
}

// Somebody has taken the new address since the link was mailed. 1.6.9 breaks
// with an empty 500.
func TestALinkForAnAddressThatIsTakenMeanwhile(t *testing.T) {
	app := &application{}
	s := authtest.New(t, changeable, app.listen)
	c := s.Client()
	c.SignUp(email, password)
	update(t, s, "user", db.Row{"emailVerified": true})
	token := changeLink(t, s, c, newEmail)
	s.Client().SignUp(newEmail, password)
	a := c.Get(verifyPath(token, ""))
	answers(t, a, http.StatusUnprocessableEntity, userExists)
	same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	redirects(t, c.Get(verifyPath(token, "/done")), "/done?error=USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	same(t, "addresses", email+" verified, "+newEmail, addresses(t, s))
	same(t, "events", []string(nil), app.events)
}

func TestTheOldAddressConfirmsFirst(t *testing.T) {
	app, box := &application{}, &authtest.Outbox{}
	s := authtest.New(t, changeable, app.listen, askingTheOldAddress(box))
	c := s.Client()
	c.SignUp(email, password)
	update(t, s, "user", db.Row{"emailVerified": true})
	answers(t, c.Post("/change-email", map[string]any{"newEmail": "New@Example.com", "callbackURL": "/settings?a=b"}), http.StatusOK, accepted)
	s.Settle()
	asked := authtest.Sent[core.ChangeEmailConfirmation](box)
	if len(asked) != 1 || mails(s) != 0 {
		t.Fatalf("%d confirmations and %d verifications were sent", len(asked), mails(s))
	}
	first, id := asked[0], idOf(t, s, email)
	same(t, "recipient", email, first.User.Email)
	same(t, "new address", newEmail, first.NewEmail)
	same(t, "link", "http://localhost:3000/api/auth/verify-email?token="+first.Token+"&callbackURL=%2Fsettings%3Fa%3Db", first.URL)
	same(t, "claims", `{"email":"ann@example.com","updateTo":"new@example.com","requestType":"change-email-confirmation","userId":"`+id+`"}`, claimsWithoutCredential(t, s, first.Token))

	visitor := s.Client() // need not be signed in
	redirects(t, open(visitor, first.URL), "/settings?a=b")
	same(t, "addresses", email+" verified", addresses(t, s))
	second := lastMail(t, s)
	same(t, "recipient", newEmail, second.User.Email)
	same(t, "link", "http://localhost:3000/api/auth/verify-email?token="+second.Token+"&callbackURL=%2Fsettings%3Fa%3Db", second.URL)
	same(t, "claims", `{"email":"ann@example.com","updateTo":"new@example.com","requestType":"change-email-verification","userId":"`+id+`"}`, claimsWithoutCredential(t, s, second.Token))
	redirects(t, open(visitor, second.URL), "/settings?a=b")
	same(t, "addresses", newEmail+" verified", addresses(t, s))
	same(t, "events", []string{"after new@example.com true"}, app.events)
	count(t, s, "session", 1)

	answers(t, c.Get(verifyPath(first.Token, "")), http.StatusUnauthorized, noUser)
}

func TestAConfirmationIsAnsweredWithJSON(t *testing.T) {
	box := &authtest.Outbox{}
	s := authtest.New(t, changeable, askingTheOldAddress(box))
	c := s.Client()
	c.SignUp(email, password)
	update(t, s, "user", db.Row{"emailVerified": true})
	token := confirmationLink(t, s, box, c, newEmail)
	answers(t, c.Get(verifyPath(token, "")), http.StatusOK, accepted)
	m := lastMail(t, s)
	same(t, "link", "http://localhost:3000/api/auth/verify-email?token="+m.Token+"&callbackURL=%2F", m.URL)
}

// 1.6.9 answers success, with a null user, where a database hook stops a change.
func TestDatabaseHooksThatRefuseAChange(t *testing.T) {
	taken := refusal{"it fails with what looks like a taken address", &db.UniqueError{Model: "user", Field: "email"}, http.StatusInternalServerError, ""}
	for _, tc := range append(hookRefusals(userUnchanged), taken) {
		t.Run(tc.name, func(t *testing.T) {
			app := &application{}
			s, _ := cached(t, cookies.StrategyCompact, changeable, app.listen, func(o *core.Options) {
				o.DatabaseHooks.User.BeforeUpdate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
			})
			c := s.Client()
			c.SignUp(email, password)
			update(t, s, "user", db.Row{"emailVerified": true})
			answers(t, c.Get(verifyPath(changeLink(t, s, c, newEmail), "")), tc.status, tc.answer)
			same(t, "addresses", email+" verified", addresses(t, s))
			same(t, "events", []string(nil), app.events)
			if who := c.Get("/get-session"); !strings.Contains(who.Body, `"email":"ann@example.com"`) {
				t.Errorf("the session says %s", who.Body)
			}
		})
	}
}

func TestAnApplicationThatFailsAfterAChange(t *testing.T) {
	app := &application{refuse: map[string]error{"after": errors.New("boom")}}
	s := authtest.New(t, changeable, app.listen)
	c := s.Client()
	c.SignUp(email, password)
	update(t, s, "user", db.Row{"emailVerified": true})
	answers(t, c.Get(verifyPath(changeLink(t, s, c, newEmail), "/done")), http.StatusInternalServerError, "")
	same(t, "addresses", newEmail+" verified", addresses(t, s))
}

func TestALinkOfAChangeWhenTheDatabaseFails(t *testing.T) {
	for k := int64(1); ; k++ {
		p := newProbe(memory.New())
		s := authtest.New(t, changeable, func(o *core.Options) { o.Database = p })
		c := s.Client()
		c.SignUp(email, password)
		token := changeLink(t, s, c, newEmail)
		p.count(k)
		a := c.Get(verifyPath(token, "/done"))
		if p.calls.Load() < k {
			if k < 4 {
				t.Errorf("only %d calls reach the database", k-1)
			}
			redirects(t, a, "/done")
			return
		}
		p.count(0)
		answers(t, a, http.StatusInternalServerError, "")
		same(t, "addresses", email, addresses(t, s))
		redirects(t, c.Get(verifyPath(token, "/done")), "/done")
	}
}

// Whoever takes an account back by a new password takes back what was mailed for
// a thief, too.
func TestANewPasswordEndsChangesOfTheAddress(t *testing.T) {
	box := &authtest.Outbox{}
	s := authtest.New(t, changeable, askingTheOldAddress(box))
	c := s.Client()
	c.SignUp(email, password)
	change := changeLink(t, s, c, newEmail)
	update(t, s, "user", db.Row{"emailVerified": true})
	confirmation := confirmationLink(t, s, box, c, newEmail)
	a := c.Post("/change-password", map[string]any{"currentPassword": password, "newPassword": newPassword, "revokeOtherSessions": true})
	if a.Status != http.StatusOK {
		t.Fatalf("change the password: %d %s", a.Status, a.Body)
	}
	for _, token := range []string{change, confirmation} {
		answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, badToken)
	}
	same(t, "addresses", email+" verified", addresses(t, s))
	if a := s.Client().Get(verifyPath(confirmationLink(t, s, box, c, newEmail), "")); a.Status != http.StatusOK {
		t.Errorf("a link from afterwards: %d %s", a.Status, a.Body)
	}
}
