package routes_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

const sendPath = "/send-verification-email"

func to(address string) map[string]any { return map[string]any{"email": address} }

func TestSendVerificationEmail(t *testing.T) {
	s := authtest.New(t)
	c := s.Client()
	c.SignUp(email, password)
	for _, client := range []*authtest.Client{c, s.Client()} {
		// 1.6.9 takes ANN@ for another address than the signed-in user's.
		for _, address := range []string{email, "ANN@Example.com"} {
			before := mails(s)
			a := client.Post(sendPath, map[string]any{"email": address, "callbackURL": "/welcome?a="})
			answers(t, a, http.StatusOK, accepted)
			if mails(s) != before+1 {
				t.Fatalf("%d mails, want 1", mails(s)-before)
			}
			m := lastMail(t, s)
			same(t, "recipient", email, m.User.Email)
			same(t, "link", "http://localhost:3000/api/auth/verify-email?token="+m.Token+"&callbackURL=%2Fwelcome%3Fa%3D", m.URL)
			same(t, "claims", `{"email":"ann@example.com","userId":"`+idOf(t, s, email)+`"}`, claimsOf(t, s, m.Token))
			if strings.Contains(a.Body, m.Token) || strings.Contains(s.Log.String(), m.Token) {
				t.Error("the token shows in the answer or in the log")
			}
		}
	}
	redirects(t, open(s.Client(), lastMail(t, s).URL), "/welcome?a=")
	same(t, "addresses", email+" verified", addresses(t, s))
}

func TestSendVerificationEmailIsRefused(t *testing.T) {
	s := authtest.New(t)
	c := s.Client()
	c.SignUp(email, password)
	answers(t, c.Post(sendPath, to(bobsEmail)), http.StatusBadRequest, `{"message":"Email mismatch","code":"EMAIL_MISMATCH"}`)
	update(t, s, "user", db.Row{"emailVerified": true})
	answers(t, c.Post(sendPath, to(bobsEmail)), http.StatusBadRequest, `{"message":"Email mismatch","code":"EMAIL_MISMATCH"}`)
	answers(t, c.Post(sendPath, to(email)), http.StatusBadRequest, `{"message":"Email is already verified","code":"EMAIL_ALREADY_VERIFIED"}`)
	for _, tc := range []struct {
		body   any
		answer string
	}{
		{nil, `{"message":"[body] Invalid input: expected object, received undefined","code":"VALIDATION_ERROR"}`},
		{map[string]any{}, `{"message":"[body.email] Invalid input: expected string, received undefined","code":"VALIDATION_ERROR"}`},
		{to("nonsense"), `{"message":"[body.email] Invalid email address","code":"VALIDATION_ERROR"}`},
		{map[string]any{"email": 5}, `{"message":"[body.email] Invalid input: expected string, received number","code":"VALIDATION_ERROR"}`},
		{map[string]any{"email": email, "callbackURL": nil}, `{"message":"[body.callbackURL] Invalid input: expected string, received null","code":"VALIDATION_ERROR"}`},
		// As 1.6.34; 1.6.9 breaks with an empty 500.
		{map[string]any{"email": email, "callbackURL": 5}, `{"message":"[body.callbackURL] Invalid input: expected string, received number","code":"VALIDATION_ERROR"}`},
	} {
		answers(t, s.Client().Post(sendPath, tc.body), http.StatusBadRequest, tc.answer)
	}
	if n := mails(s); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}

func TestSendVerificationEmailWithoutASender(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.EmailVerification.SendVerificationEmail = nil })
	c := s.Client()
	c.SignUp(email, password)
	for _, client := range []*authtest.Client{c, s.Client()} {
		for _, address := range []string{email, bobsEmail} {
			answers(t, client.Post(sendPath, to(address)), http.StatusBadRequest,
				`{"message":"Verification email isn't enabled","code":"VERIFICATION_EMAIL_NOT_ENABLED"}`)
		}
	}
}

// A stranger cannot tell whether an address is registered, or verified: not by
// the answer, and not by the work that it took.
func TestStrangersLearnNothingFromSendVerificationEmail(t *testing.T) {
	p, work := newProbe(memory.New()), &tasks{}
	s := authtest.New(t, work.note, func(o *core.Options) { o.Database = p })
	s.Client().SignUp("verified@example.com", password)
	update(t, s, "user", db.Row{"emailVerified": true})
	s.Client().SignUp(email, password)
	s.Settle()
	work.since()
	ask := func(address string) (*authtest.Answer, int64, []string) {
		p.count(0)
		a := s.Client().Post(sendPath, map[string]any{"email": address, "callbackURL": "/welcome"})
		s.Settle()
		return a, p.calls.Load(), work.since()
	}
	want, calls, names := ask(email)
	answers(t, want, http.StatusOK, accepted)
	if mails(s) != 1 {
		t.Fatalf("%d mails, want 1", mails(s))
	}
	for _, address := range []string{"verified@example.com", "nobody@example.com", "NOBODY@example.com"} {
		a, n, background := ask(address)
		answers(t, a, want.Status, want.Body)
		same(t, "headers for "+address, headerNames(want.Header), headerNames(a.Header))
		same(t, "background work for "+address, names, background)
		if n != calls {
			t.Errorf("%d calls reach the database for %s, %d for Ann", n, address, calls)
		}
	}
	if mails(s) != 1 {
		t.Errorf("%d mails, want 1", mails(s))
	}
}

// accentBlind finds ann for ánn, as collations of MySQL do.
type accentBlind struct{ db.Adapter }

func (a accentBlind) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	for i, c := range q.Where {
		if c.Field == "email" && c.Value == email {
			q.Where = slices.Clone(q.Where)
			q.Where[i].Value = "ánn@example.com"
		}
	}
	return a.Adapter.Select(ctx, q)
}

// The mail goes to the address as it is stored: whoever has the typed one would
// get the other's link. And a link for one address does not verify the other.
func TestAddressesThatTheDatabaseTakesForEqual(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Database = accentBlind{memory.New()} })
	s.Client().SignUp(bobsEmail, password)
	update(t, s, "user", db.Row{"email": "ánn@example.com"})
	answers(t, s.Client().Post(sendPath, to(email)), http.StatusOK, accepted)
	m := lastMail(t, s)
	same(t, "recipient", "ánn@example.com", m.User.Email)
	answers(t, s.Client().Get(verifyPath(sign(t, s, `{"email":"ann@example.com"}`, time.Hour), "")), http.StatusUnauthorized, noUser)
	same(t, "addresses", "ánn@example.com", addresses(t, s))
	answers(t, s.Client().Get(verifyPath(m.Token, "")), http.StatusOK, verifiedBody)
}

// A cache of yesterday knows neither a new address nor a verification.
func TestSendVerificationEmailLooksPastTheCache(t *testing.T) {
	s, _ := cached(t, cookies.StrategyCompact)
	c := signUpAnn(t, s, nil)
	update(t, s, "user", db.Row{"emailVerified": true})
	answers(t, c.Post(sendPath, to(email)), http.StatusBadRequest, `{"message":"Email is already verified","code":"EMAIL_ALREADY_VERIFIED"}`)
	update(t, s, "user", db.Row{"emailVerified": false, "email": newEmail})
	answers(t, c.Post(sendPath, to(email)), http.StatusBadRequest, `{"message":"Email mismatch","code":"EMAIL_MISMATCH"}`)
	answers(t, c.Post(sendPath, to(newEmail)), http.StatusOK, accepted)
	same(t, "recipient", newEmail, lastMail(t, s).User.Email)
	remove(t, s, "session")
	answers(t, c.Post(sendPath, to(bobsEmail)), http.StatusOK, accepted)
}

func TestASenderOfAskedForMailThatFailsDoesNotShow(t *testing.T) {
	for name, send := range map[string]func(context.Context, core.VerificationEmail) error{
		"fails":  func(context.Context, core.VerificationEmail) error { return errors.New("no mail server") },
		"panics": func(context.Context, core.VerificationEmail) error { panic("no mail server") },
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) { o.EmailVerification.SendVerificationEmail = send })
			c := s.Client()
			c.SignUp(email, password)
			answers(t, c.Post(sendPath, to(email)), http.StatusOK, accepted)
			answers(t, s.Client().Post(sendPath, to(email)), http.StatusOK, accepted)
			s.Settle()
			if !strings.Contains(s.Log.String(), "no mail server") {
				t.Error("the failure is not logged")
			}
		})
	}
}

// A sender that hangs holds up nobody.
func TestASenderThatHangsDoesNotShow(t *testing.T) {
	hold := make(chan struct{})
	s := authtest.New(t, changeable, func(o *core.Options) {
		o.EmailVerification.SendVerificationEmail = func(context.Context, core.VerificationEmail) error {
			<-hold
			return nil
		}
	})
	c := s.Client()
	c.SignUp(email, password)
	answers(t, c.Post(sendPath, to(email)), http.StatusOK, accepted)
	answers(t, c.Post("/change-email", map[string]any{"newEmail": newEmail}), http.StatusOK, accepted)
	close(hold)
}

func TestSendVerificationEmailWhenTheDatabaseFails(t *testing.T) {
	for _, signedIn := range []bool{true, false} {
		p := newProbe(memory.New())
		s := authtest.New(t, func(o *core.Options) { o.Database = p })
		c := s.Client()
		c.SignUp(email, password)
		if !signedIn {
			c = s.Client()
		}
		p.count(1)
		answers(t, c.Post(sendPath, to(email)), http.StatusInternalServerError, "")
		if n := mails(s); n != 0 {
			t.Errorf("%d mails were sent", n)
		}
		answers(t, c.Post(sendPath, to(email)), http.StatusOK, accepted)
	}
}

// Links lead to the configured server, whatever a request says of its host.
func TestLinksLeadToTheConfiguredHost(t *testing.T) {
	s := authtest.New(t, changeable)
	c := s.Client()
	c.SignUp(email, password)
	for path, b := range map[string]any{sendPath: to(email), "/change-email": map[string]any{"newEmail": newEmail}} {
		r := c.Request(http.MethodPost, path, b)
		r.Host = "evil.example"
		for _, name := range []string{"X-Forwarded-Host", "X-Original-Host"} {
			r.Header.Set(name, "evil.example")
		}
		r.Header.Set("Forwarded", "host=evil.example")
		answers(t, c.Send(r), http.StatusOK, accepted)
		if m := lastMail(t, s); !strings.HasPrefix(m.URL, "http://localhost:3000/api/auth/verify-email?token=") {
			t.Errorf("%s: the link is %s", path, m.URL)
		}
	}
}
