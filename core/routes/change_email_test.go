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

const (
	sameEmail    = `{"message":"Email is the same"}`
	noChangeMail = `{"message":"Verification email isn't enabled"}`
)

// askingTheOldAddress sends confirmations to a box.
func askingTheOldAddress(box *authtest.Outbox) func(*core.Options) {
	return func(o *core.Options) {
		o.User.ChangeEmail.SendChangeEmailConfirmation = authtest.Keep[core.ChangeEmailConfirmation](box)
	}
}

func atOnce(o *core.Options) {
	changeable(o)
	o.User.ChangeEmail.UpdateEmailWithoutVerification = true
}

func mute(o *core.Options) { o.EmailVerification.SendVerificationEmail = nil }

// confirmationLink asks for a change and returns the token of the mail to the old address.
func confirmationLink(t *testing.T, s *authtest.Server, box *authtest.Outbox, c *authtest.Client, address string) string {
	t.Helper()
	answers(t, c.Post("/change-email", map[string]any{"newEmail": address}), http.StatusOK, accepted)
	s.Settle()
	return authtest.Last[core.ChangeEmailConfirmation](t, box).Token
}

func TestWhoIsAskedAboutAChange(t *testing.T) {
	for _, tc := range []struct {
		name               string
		configure          []func(*core.Options)
		verified           bool
		status             int
		answer             string
		asksOld, asksNew   int
		purpose, changesTo string
	}{
		{"the new address of an unverified user", nil, false, http.StatusOK, accepted, 0, 1, "change-email-verification", ""},
		{"the new address of a verified user", nil, true, http.StatusOK, accepted, 0, 1, "change-email-verification", ""},
		{"the old address of a verified user", []func(*core.Options){asksOldToo}, true, http.StatusOK, accepted, 1, 0, "", ""},
		{"the new address of an unverified user where verified ones would be asked", []func(*core.Options){asksOldToo}, false, http.StatusOK, accepted, 0, 1, "change-email-verification", ""},
		{"the old address where the new one cannot be", []func(*core.Options){asksOldToo, mute}, true, http.StatusOK, accepted, 1, 0, "", ""},
		{"nobody before, and the new address after", []func(*core.Options){atOnce}, false, http.StatusOK, accepted, 0, 1, "", newEmail},
		{"nobody", []func(*core.Options){atOnce, mute}, false, http.StatusOK, accepted, 0, 0, "", newEmail},
		{"nobody before, also where verified users would be asked", []func(*core.Options){atOnce, asksOldToo}, false, http.StatusOK, accepted, 0, 1, "", newEmail},
		{"the new address of a verified user although others need not be", []func(*core.Options){atOnce}, true, http.StatusOK, accepted, 0, 1, "change-email-verification", ""},
		{"the old address of a verified user although others need not be", []func(*core.Options){atOnce, asksOldToo}, true, http.StatusOK, accepted, 1, 0, "", ""},
		{"nobody can be", []func(*core.Options){mute}, false, http.StatusBadRequest, noChangeMail, 0, 0, "", ""},
		{"nobody can be of an unverified user", []func(*core.Options){mute, asksOldToo}, false, http.StatusBadRequest, noChangeMail, 0, 0, "", ""},
		{"nobody can be of a verified user", []func(*core.Options){mute, atOnce}, true, http.StatusBadRequest, noChangeMail, 0, 0, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			box := &authtest.Outbox{}
			s := authtest.New(t, append(append([]func(*core.Options){changeable}, tc.configure...), func(o *core.Options) {
				if o.User.ChangeEmail.SendChangeEmailConfirmation != nil {
					askingTheOldAddress(box)(o)
				}
			})...)
			c := s.Client()
			c.SignUp(email, password)
			update(t, s, "user", db.Row{"emailVerified": tc.verified})
			id := idOf(t, s, email)
			answers(t, c.Post("/change-email", map[string]any{"newEmail": "New@Example.com", "callbackURL": "/a?b=c"}), tc.status, tc.answer)
			n, asked := mails(s), authtest.Sent[core.ChangeEmailConfirmation](box)
			if len(asked) != tc.asksOld || n != tc.asksNew {
				t.Fatalf("the old address was asked %d times, the new one %d times", len(asked), n)
			}
			after := email
			if tc.changesTo != "" {
				after = tc.changesTo
			}
			if tc.verified {
				after += " verified"
			}
			same(t, "addresses", after, addresses(t, s))
			if n == 0 {
				return
			}
			m := lastMail(t, s)
			same(t, "recipient", newEmail, m.User.Email)
			same(t, "link", "http://localhost:3000/api/auth/verify-email?token="+m.Token+"&callbackURL=%2Fa%3Fb%3Dc", m.URL)
			claims := `{"email":"new@example.com","userId":"` + id + `"}`
			if tc.purpose != "" {
				claims = `{"email":"ann@example.com","updateTo":"new@example.com","requestType":"` + tc.purpose + `","userId":"` + id + `"}`
			}
			same(t, "claims", claims, claimsWithoutCredential(t, s, m.Token))
		})
	}
}

// asksOldToo stands for a sender of confirmations that the test puts in.
func asksOldToo(o *core.Options) {
	o.User.ChangeEmail.SendChangeEmailConfirmation = func(context.Context, core.ChangeEmailConfirmation) error { return nil }
}

func TestChangeEmailIsRefused(t *testing.T) {
	// 1.6.9 has the message only.
	const disabled = `{"message":"Change email is disabled","code":"CHANGE_EMAIL_DISABLED"}`
	t.Run("unless it is enabled", func(t *testing.T) {
		s := authtest.New(t)
		c := s.Client()
		c.SignUp(email, password)
		for _, address := range []string{newEmail, email} {
			answers(t, c.Post("/change-email", map[string]any{"newEmail": address}), http.StatusBadRequest, disabled)
		}
		answers(t, s.Client().Post("/change-email", map[string]any{"newEmail": newEmail}), http.StatusUnauthorized, unauthorized)
	})
	s, _ := cached(t, cookies.StrategyCompact, changeable)
	c := s.Client()
	c.SignUp(email, password)
	t.Run("to those who are not signed in", func(t *testing.T) {
		answers(t, s.Client().Post("/change-email", map[string]any{"newEmail": newEmail}), http.StatusUnauthorized, unauthorized)
	})
	t.Run("for the address that it is", func(t *testing.T) {
		for _, address := range []string{email, "ANN@Example.com"} {
			answers(t, c.Post("/change-email", map[string]any{"newEmail": address}), http.StatusBadRequest, sameEmail)
		}
	})
	t.Run("for the address that it is, before it is said that no mail can be sent", func(t *testing.T) {
		s := authtest.New(t, changeable, mute)
		c := s.Client()
		c.SignUp(email, password)
		answers(t, c.Post("/change-email", map[string]any{"newEmail": email}), http.StatusBadRequest, sameEmail)
		s.Client().SignUp(bobsEmail, password)
		for _, address := range []string{newEmail, bobsEmail} {
			answers(t, c.Post("/change-email", map[string]any{"newEmail": address}), http.StatusBadRequest, noChangeMail)
		}
	})
	t.Run("for input that is not right", func(t *testing.T) {
		for _, tc := range []struct {
			body   any
			answer string
		}{
			{nil, `{"message":"[body] Invalid input: expected object, received undefined","code":"VALIDATION_ERROR"}`},
			{map[string]any{}, `{"message":"[body.newEmail] Invalid input: expected string, received undefined","code":"VALIDATION_ERROR"}`},
			{map[string]any{"newEmail": "nonsense"}, `{"message":"[body.newEmail] Invalid email address","code":"VALIDATION_ERROR"}`},
			{map[string]any{"newEmail": 5}, `{"message":"[body.newEmail] Invalid input: expected string, received number","code":"VALIDATION_ERROR"}`},
			// As 1.6.34; 1.6.9 breaks with an empty 500.
			{map[string]any{"newEmail": newEmail, "callbackURL": 5}, `{"message":"[body.callbackURL] Invalid input: expected string, received number","code":"VALIDATION_ERROR"}`},
		} {
			answers(t, c.Post("/change-email", tc.body), http.StatusBadRequest, tc.answer)
		}
	})
	t.Run("to a session that was revoked, whatever its cache says", func(t *testing.T) {
		remove(t, s, "session")
		answers(t, c.Post("/change-email", map[string]any{"newEmail": newEmail}), http.StatusUnauthorized, unauthorized)
	})
	if n := mails(s); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	same(t, "addresses", email, addresses(t, s))
}

// Whose session it is, and which address it has, stands in the database.
func TestChangeEmailLooksPastTheCache(t *testing.T) {
	s, _ := cached(t, cookies.StrategyCompact, atOnce)
	c := s.Client()
	c.SignUp(email, password)
	update(t, s, "user", db.Row{"emailVerified": true, "email": "moved@example.com"})
	answers(t, c.Post("/change-email", map[string]any{"newEmail": "moved@example.com"}), http.StatusBadRequest, sameEmail)
	token := changeLink(t, s, c, newEmail)
	if claims := claimsOf(t, s, token); !strings.Contains(claims, `"email":"moved@example.com"`) {
		t.Errorf("the token says %s", claims)
	}
}

func TestChangingAnAddressAtOnce(t *testing.T) {
	for _, remembered := range []bool{true, false} {
		s, _ := cached(t, cookies.StrategyCompact, atOnce)
		c := signUpAnn(t, s, map[string]any{"rememberMe": remembered})
		before := tokenOf(c)
		a := c.Post("/change-email", map[string]any{"newEmail": newEmail})
		answers(t, a, http.StatusOK, accepted)
		same(t, "addresses", newEmail, addresses(t, s))
		same(t, "session", before, tokenOf(c))
		lasts := strings.Contains(strings.Join(a.Header["Set-Cookie"], "\n"), sessionCookie+"="+c.Cookies[sessionCookie]+weekCookie)
		if lasts != remembered {
			t.Errorf("the session lasts: %v, want %v", lasts, remembered)
		}
		// The link verifies the new address.
		redirects(t, open(s.Client(), lastMail(t, s).URL), "/")
		same(t, "addresses", newEmail+" verified", addresses(t, s))
		remove(t, s, "user") // the cache answers
		if who := c.Get("/get-session"); !strings.Contains(who.Body, `"email":"new@example.com"`) {
			t.Errorf("the cache says %s", who.Body)
		}
	}
}

// A taken address is answered as a free one: status, headers, body, the names
// and attributes of cookies, and the work in the background.
func TestATakenAddressLooksFree(t *testing.T) {
	for _, tc := range []struct {
		name      string
		configure []func(*core.Options)
		verified  bool
	}{
		{"to an unverified user", nil, false},
		{"to a verified user", nil, true},
		{"to a user who would be asked first", []func(*core.Options){asksOldToo}, true},
		{"where it would be changed at once", []func(*core.Options){atOnce}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, work := newProbe(memory.New()), &tasks{}
			s, _ := cached(t, cookies.StrategyCompact, append(append([]func(*core.Options){changeable}, tc.configure...), work.note, func(o *core.Options) { o.Database = p })...)
			s.Client().SignUp(bobsEmail, password)
			ask := func(who, address string) (*authtest.Answer, []string) {
				c := s.Client()
				c.SignUp(who, password)
				update(t, s, "user", db.Row{"emailVerified": tc.verified})
				s.Settle()
				work.since()
				a := c.Post("/change-email", map[string]any{"newEmail": address, "callbackURL": "/settings"})
				s.Settle()
				return a, work.since()
			}
			free, freeWork := ask(email, newEmail)
			answers(t, free, http.StatusOK, accepted)
			for i, address := range []string{bobsEmail, "BOB@example.com"} {
				before := mails(s)
				a, background := ask("asker"+string(rune('a'+i))+"@example.com", address)
				answers(t, a, free.Status, free.Body)
				same(t, "headers", headerNames(free.Header), headerNames(a.Header))
				same(t, "cookies", withoutValues(free), withoutValues(a))
				same(t, "background work", freeWork, background)
				if n := mails(s) - before; n != 0 {
					t.Errorf("%d mails were sent", n)
				}
			}
			if list := addresses(t, s); !strings.HasPrefix(list, bobsEmail) || strings.Count(list, bobsEmail) != 1 {
				t.Errorf("the addresses are %s", list)
			}
		})
	}
}

// withoutValues are the Set-Cookie lines without the values.
func withoutValues(a *authtest.Answer) []string {
	var lines []string
	for _, line := range a.Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		_, attributes, _ := strings.Cut(rest, ";")
		lines = append(lines, name+";"+attributes)
	}
	return lines
}

func TestDatabaseHooksThatRefuseAChangeAtOnce(t *testing.T) {
	for _, tc := range hookRefusals(userUnchanged) {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, atOnce, func(o *core.Options) {
				o.DatabaseHooks.User.BeforeUpdate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
			})
			c := s.Client()
			c.SignUp(email, password)
			answers(t, c.Post("/change-email", map[string]any{"newEmail": newEmail}), tc.status, tc.answer)
			same(t, "addresses", email, addresses(t, s))
			if n := mails(s); n != 0 {
				t.Errorf("%d mails were sent", n)
			}
		})
	}
}

func TestASenderOfConfirmationsThatFailsDoesNotShow(t *testing.T) {
	for name, send := range map[string]func(context.Context, core.ChangeEmailConfirmation) error{
		"fails":  func(context.Context, core.ChangeEmailConfirmation) error { return errors.New("no mail server") },
		"panics": func(context.Context, core.ChangeEmailConfirmation) error { panic("no mail server") },
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, changeable, func(o *core.Options) { o.User.ChangeEmail.SendChangeEmailConfirmation = send })
			c := s.Client()
			c.SignUp(email, password)
			update(t, s, "user", db.Row{"emailVerified": true})
			answers(t, c.Post("/change-email", map[string]any{"newEmail": newEmail}), http.StatusOK, accepted)
			s.Settle()
			if !strings.Contains(s.Log.String(), "no mail server") {
				t.Error("the failure is not logged")
			}
		})
	}
}

func TestChangeEmailWhenTheDatabaseFails(t *testing.T) {
	for k := int64(1); ; k++ {
		p := newProbe(memory.New())
		s := authtest.New(t, atOnce, func(o *core.Options) { o.Database = p })
		c := s.Client()
		c.SignUp(email, password)
		p.count(k)
		a := c.Post("/change-email", map[string]any{"newEmail": newEmail})
		if p.calls.Load() < k {
			if k < 4 {
				t.Errorf("only %d calls reach the database", k-1)
			}
			answers(t, a, http.StatusOK, accepted)
			return
		}
		p.count(0)
		answers(t, a, http.StatusInternalServerError, "")
		same(t, "addresses", email, addresses(t, s))
		answers(t, c.Post("/change-email", map[string]any{"newEmail": newEmail}), http.StatusOK, accepted)
		same(t, "addresses", newEmail, addresses(t, s))
	}
}
