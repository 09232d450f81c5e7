package routes_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

const noUserInfo = `{"message":"Failed to get user info","code":"FAILED_TO_GET_USER_INFO"}`

// bearers are the two ways to hand in a token.
var bearers = map[string]func(c *authtest.Client, token string) *authtest.Answer{
	"in the body": func(c *authtest.Client, token string) *authtest.Answer {
		return c.Post("/delete-user", map[string]any{"token": token})
	},
	"by the link": func(c *authtest.Client, token string) *authtest.Answer {
		return c.Get("/delete-user/callback?token=" + url.QueryEscape(token))
	},
}

func TestATokenDeletesWhomItWasMailedTo(t *testing.T) {
	for name, present := range bearers {
		t.Run(name, func(t *testing.T) {
			outbox := &authtest.Outbox{}
			s := authtest.New(t, byMail(outbox))
			ann, bob := signUpAnn(t, s, nil), s.Client()
			bob.SignUp("bob@example.com", password)
			older := mailedToken(t, s, outbox, ann)
			token := mailedToken(t, s, outbox, ann)
			bobs := mailedToken(t, s, outbox, bob)

			answers(t, present(bob, token), http.StatusNotFound, badToken)
			answers(t, present(ann, bobs), http.StatusNotFound, badToken)
			a := present(s.Client(), token)
			if name == "by the link" {
				answers(t, a, http.StatusNotFound, noUserInfo)
			} else {
				answers(t, a, http.StatusUnauthorized, unauthorized)
			}
			count(t, s, "verification", 3)
			same(t, "users", "Ann Test User", who(t, s))

			s.Clock.Advance(day - millisecond)
			bobs = mailedToken(t, s, outbox, bob)
			a = present(ann, token)
			answers(t, a, http.StatusOK, userDeleted)
			same(t, "cookies", signedOut, a.Header["Set-Cookie"])
			same(t, "users", "Test User", who(t, s))
			for _, token := range []string{token, older} {
				answers(t, present(bob, token), http.StatusNotFound, badToken)
			}
			answers(t, present(bob, bobs), http.StatusOK, userDeleted)
			for _, model := range []string{"user", "session", "account", "verification"} {
				count(t, s, model, 0)
			}
		})
	}
}

func TestTokensThatDeleteNobody(t *testing.T) {
	for name, present := range bearers {
		t.Run(name, func(t *testing.T) {
			outbox := &authtest.Outbox{}
			s := authtest.New(t, byMail(outbox))
			c := signUpAnn(t, s, nil)
			id := stored(t, s, "user")[0]["id"].(string)
			for _, proof := range []struct{ prefix, key, value string }{
				{"reset-password:", "reset", id}, {"", "plain", id}, {"delete-account-", "shape", `{"userId":"` + id + `"}`}, {"delete-account-", "nobody", ""},
			} {
				if _, err := s.Verifications().Create(t.Context(), verification.Purpose{Prefix: proof.prefix}, proof.key, proof.value, authtest.Start.Add(day)); err != nil {
					t.Fatal(err)
				}
			}
			token := mailedToken(t, s, outbox, c)
			for _, none := range []string{
				"reset", "reset-password:reset", "plain", "shape", "nobody", "nope", strings.ToUpper(token), token + " ", token[:31], "delete-account-" + token, "%", "*",
			} {
				answers(t, present(c, none), http.StatusNotFound, badToken)
			}
			s.Clock.Advance(day)
			answers(t, present(c, token), http.StatusNotFound, badToken)
			same(t, "users", "Ann", who(t, s))
		})
	}
}

// Without a token the link deletes nobody, however fresh the session is.
func TestALinkWithoutAToken(t *testing.T) {
	s := authtest.New(t, deletable)
	c := signUpAnn(t, s, nil)
	answers(t, c.Get("/delete-user/callback?token="), http.StatusNotFound, badToken)
	for query, message := range map[string]string{
		"":                                       "[query.token] Invalid input: expected string, received undefined",
		"?token=a&token=b":                       "[query.token] Invalid input: expected string, received array",
		"?callbackURL=/":                         "[query.token] Invalid input: expected string, received undefined",
		"?token=a&callbackURL=/a&callbackURL=/b": "[query.callbackURL] Invalid input: expected string, received array",
	} {
		answers(t, c.Get("/delete-user/callback"+query), http.StatusBadRequest, `{"message":"`+message+`","code":"VALIDATION_ERROR"}`)
	}
	answers(t, c.Post("/delete-user/callback?token=x", nil), http.StatusNotFound, "")
	same(t, "users", "Ann", who(t, s))
}

// In 1.6.9 the cookie cache vouches for it.
func TestARevokedSessionDeletesNobody(t *testing.T) {
	outbox := &authtest.Outbox{}
	s, _ := cached(t, cookies.StrategyCompact, byMail(outbox))
	c := signUpAnn(t, s, nil)
	token := mailedToken(t, s, outbox, c)
	remove(t, s, "session")
	phone := s.Client()
	phone.Cookies = maps.Clone(c.Cookies)
	answers(t, phone.Post("/delete-user", `{}`), http.StatusUnauthorized, unauthorized)
	a := c.Get("/delete-user/callback?token=" + token + "&callbackURL=/bye")
	answers(t, a, http.StatusNotFound, noUserInfo)
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	same(t, "users", "Ann", who(t, s))
	count(t, s, "verification", 1)
}

func TestTheLinkLeadsToItsTarget(t *testing.T) {
	outbox := &authtest.Outbox{}
	s := authtest.New(t, byMail(outbox), func(o *core.Options) {
		o.TrustedOrigins = []string{"https://*.example.com", "myapp://", "https://app.example.com"}
	})
	c := s.Client()
	for _, target := range goodTargets {
		c.Post("/sign-up/email", body(nil))
		if a := c.Post("/delete-user", map[string]any{"callbackURL": target}); a.Status != http.StatusOK {
			t.Fatalf("%q: got %d %s", target, a.Status, a.Body)
		}
		s.Settle()
		a := open(c, authtest.Last[core.DeleteAccountEmail](t, outbox).URL)
		answers(t, a, http.StatusFound, "")
		same(t, "target", target, a.Header.Get("Location"))
		same(t, "cookies", signedOut, a.Header["Set-Cookie"])
	}
	same(t, "users", "", who(t, s))
}

func TestDeletionsDoNotLeadElsewhere(t *testing.T) {
	outbox := &authtest.Outbox{}
	s := authtest.New(t, byMail(outbox), func(o *core.Options) {
		o.TrustedOrigins = []string{"https://*.example.com", "myapp://", "https://app.example.com"}
	})
	c := signUpAnn(t, s, nil)
	token := mailedToken(t, s, outbox, c)
	for _, target := range badTargets {
		t.Run(target, func(t *testing.T) {
			for where, a := range map[string]*authtest.Answer{
				"the link":                 c.Get("/delete-user/callback?token=" + token + "&callbackURL=" + url.QueryEscape(target)),
				"the query of the request": c.Post("/delete-user?callbackURL="+url.QueryEscape(target), `{}`),
				"the body of the request":  c.Post("/delete-user", map[string]any{"callbackURL": target}),
			} {
				if where == "the body of the request" && strings.Contains(target, "\x00") {
					same(t, "status", http.StatusBadRequest, a.Status)
					continue
				}
				answers(t, a, http.StatusForbidden, badCallback)
				if a.Header.Get("Location") != "" || a.Header["Set-Cookie"] != nil {
					t.Errorf("%s: the refusal carries %v", where, a.Header)
				}
			}
		})
	}
	same(t, "users", "Ann", who(t, s))
	count(t, s, "verification", 1)
}

// Where the check of origins is off, a target still cannot break out of its header.
func TestTargetsOfDeletionsWithoutTheOriginCheck(t *testing.T) {
	outbox := &authtest.Outbox{}
	s := authtest.New(t, byMail(outbox), func(o *core.Options) { o.Advanced.DisableOriginCheck = true })
	c := signUpAnn(t, s, nil)
	token := mailedToken(t, s, outbox, c)
	for _, target := range []string{"/a\r\nX: y", "javascript:alert(1)", "//evil.com"} {
		answers(t, c.Get("/delete-user/callback?token="+token+"&callbackURL="+url.QueryEscape(target)), http.StatusForbidden, badCallback)
	}
	same(t, "users", "Ann", who(t, s))
	a := c.Get("/delete-user/callback?token=" + token + "&callbackURL=" + url.QueryEscape("https://anywhere.example/"))
	answers(t, a, http.StatusFound, "")
	same(t, "target", "https://anywhere.example/", a.Header.Get("Location"))
}

func TestAnOlderSessionMayUseTheLink(t *testing.T) {
	outbox := &authtest.Outbox{}
	s := authtest.New(t, byMail(outbox), func(o *core.Options) { o.User.DeleteUser.DeleteTokenExpiresIn = 48 * time.Hour })
	c := signUpAnn(t, s, nil)
	token := mailedToken(t, s, outbox, c)
	s.Clock.Advance(47 * time.Hour)
	answers(t, c.Get("/delete-user/callback?token="+token), http.StatusOK, userDeleted)
}
