package routes_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

func TestVerifyEmail(t *testing.T) {
	for _, tc := range []struct {
		name     string
		callback any
		location string
	}{
		{"leads to the root by default", absent, "/"},
		{"leads to a path", "/welcome?a=b", "/welcome?a=b"},
		{"leads to a URL, as it was given", "http://localhost:3000/a?b=c&d=(e)#f", "http://localhost:3000/a?b=c&d=(e)#f"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, mailOnSignUp)
			s.Client().Post("/sign-up/email", body(map[string]any{"callbackURL": tc.callback}))
			link := lastMail(t, s).URL
			for range 2 { // the second time it is verified already
				a := open(s.Client(), link)
				redirects(t, a, tc.location)
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
				same(t, "Cache-Control", "no-store", a.Header.Get("Cache-Control"))
				same(t, "addresses", email+" verified", addresses(t, s))
			}
			answers(t, s.Client().Get(verifyPath(lastMail(t, s).Token, "")), http.StatusOK, verifiedBody)
			count(t, s, "session", 1)
		})
	}
}

func TestVerifyEmailRefusesInput(t *testing.T) {
	s := authtest.New(t)
	for query, answer := range map[string]string{
		"":                              `{"message":"[query.token] Invalid input: expected string, received undefined","code":"VALIDATION_ERROR"}`,
		"?callbackURL=https://evil.com": `{"message":"[query.token] Invalid input: expected string, received undefined","code":"VALIDATION_ERROR"}`,
		"?token=a&token=b":              `{"message":"[query.token] Invalid input: expected string, received array","code":"VALIDATION_ERROR"}`,
		"?token=a&callbackURL=/&callbackURL=https://evil.com": `{"message":"[query.callbackURL] Invalid input: expected string, received array","code":"VALIDATION_ERROR"}`,
	} {
		answers(t, s.Client().Get("/verify-email"+query), http.StatusBadRequest, answer)
	}
	answers(t, s.Client().Get(verifyPath("nonsense", "")+"&callbackURL="), http.StatusUnauthorized, badToken)
	for _, method := range []string{http.MethodPost, http.MethodHead} {
		if a := s.Client().Do(method, verifyPath("nonsense", ""), nil); a.Status != http.StatusNotFound {
			t.Errorf("%s gets %d", method, a.Status)
		}
	}
}

func TestVerifyingAUserWhoIsGone(t *testing.T) {
	s := authtest.New(t, mailOnSignUp)
	s.Client().SignUp(email, password)
	token := lastMail(t, s).Token
	remove(t, s, "user")
	answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, noUser)
	redirects(t, s.Client().Get(verifyPath(token, "/done")), "/done?error=USER_NOT_FOUND")
}

func TestTheApplicationHearsOfAVerification(t *testing.T) {
	app := &application{}
	s := authtest.New(t, mailOnSignUp, app.listen)
	s.Client().SignUp(email, password)
	token := lastMail(t, s).Token
	for range 2 {
		answers(t, s.Client().Get(verifyPath(token, "")), http.StatusOK, verifiedBody)
	}
	same(t, "events", []string{"before ann@example.com false", "after ann@example.com true"}, app.events)
}

func TestTheApplicationMayRefuseAVerification(t *testing.T) {
	for _, tc := range []struct {
		name   string
		when   string
		err    error
		status int
		answer string
		after  string
	}{
		{"before, in its own words", "before", errTeapot, http.StatusTeapot, noTea, email},
		{"before, with a code of ours", "before", core.ErrInvalidToken, http.StatusBadRequest, badToken, email},
		{"before, by failing", "before", errors.New("boom"), http.StatusInternalServerError, "", email},
		{"afterwards, when it is done", "after", errTeapot, http.StatusTeapot, noTea, email + " verified"},
		{"afterwards, by failing", "after", errors.New("boom"), http.StatusInternalServerError, "", email + " verified"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			app := &application{refuse: map[string]error{tc.when: tc.err}}
			s := authtest.New(t, mailOnSignUp, app.listen, func(o *core.Options) { o.EmailVerification.AutoSignInAfterVerification = true })
			s.Client().SignUp(email, password)
			token := lastMail(t, s).Token
			// What the application says goes to the caller, not to the callbackURL.
			a := s.Client().Get(verifyPath(token, "/done"))
			answers(t, a, tc.status, tc.answer)
			same(t, "addresses", tc.after, addresses(t, s))
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			count(t, s, "session", 1)
		})
	}
}

// autoSignIn starts a server whose links sign in.
func autoSignIn(o *core.Options) {
	mailOnSignUp(o)
	o.EmailVerification.AutoSignInAfterVerification = true
}

const weekCookie = "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"

func TestVerificationSignsIn(t *testing.T) {
	s := authtest.New(t, autoSignIn)
	owner := s.Client()
	owner.SignUp(email, password)
	token := lastMail(t, s).Token
	t.Run("whoever opens the link first", func(t *testing.T) {
		c := s.Client()
		a := c.Get(verifyPath(token, "/done"))
		redirects(t, a, "/done")
		same(t, "cookies", []string{sessionCookie + "=<1>.signed" + weekCookie}, cookieLines(s, names{}, a))
		if tokenOf(c) == tokenOf(owner) {
			t.Error("the session is the owner's")
		}
		if who := c.Get("/get-session"); !strings.Contains(who.Body, `"email":"ann@example.com","emailVerified":true`) {
			t.Errorf("the session is %s", who.Body)
		}
		count(t, s, "session", 2)
	})
	t.Run("nobody else", func(t *testing.T) {
		a := s.Client().Get(verifyPath(token, "/done"))
		redirects(t, a, "/done")
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		count(t, s, "session", 2)
	})
}

func TestVerificationLeavesTheOwnSession(t *testing.T) {
	for _, remembered := range []bool{true, false} {
		s, _ := cached(t, cookies.StrategyCompact, autoSignIn)
		c := signUpAnn(t, s, map[string]any{"rememberMe": remembered})
		before := tokenOf(c)
		a := c.Get(verifyPath(lastMail(t, s).Token, ""))
		answers(t, a, http.StatusOK, verifiedBody)
		same(t, "session", before, tokenOf(c))
		count(t, s, "session", 1)
		lasts := strings.Contains(strings.Join(a.Header["Set-Cookie"], "\n"), sessionCookie+"="+c.Cookies[sessionCookie]+weekCookie)
		if lasts != remembered {
			t.Errorf("the session lasts: %v, want %v", lasts, remembered)
		}
		remove(t, s, "user") // the cache answers
		if who := c.Get("/get-session"); !strings.Contains(who.Body, `"emailVerified":true`) {
			t.Errorf("the cache says %s", who.Body)
		}
	}
}

// Bob opens Ann's link: his session does not become hers.
func TestVerificationDoesNotMixSessions(t *testing.T) {
	for _, remembered := range []bool{true, false} {
		s, _ := cached(t, cookies.StrategyCompact, autoSignIn)
		s.Client().SignUp(email, password)
		token := lastMail(t, s).Token
		bob := signUpAnn(t, s, map[string]any{"email": bobsEmail, "rememberMe": remembered})
		bobsToken := tokenOf(bob)
		a := bob.Get(verifyPath(token, ""))
		answers(t, a, http.StatusOK, verifiedBody)
		if tokenOf(bob) == bobsToken {
			t.Fatal("Ann has Bob's session")
		}
		lasts := strings.Contains(strings.Join(a.Header["Set-Cookie"], "\n"), sessionCookie+"="+bob.Cookies[sessionCookie]+weekCookie)
		if lasts != remembered {
			t.Errorf("the session lasts: %v, want %v", lasts, remembered)
		}
		owners := map[string]string{}
		for _, row := range stored(t, s, "session") {
			owners[fmt.Sprint(row["token"])] = fmt.Sprint(row["userId"])
		}
		same(t, "owner of the new session", idOf(t, s, email), owners[tokenOf(bob)])
		same(t, "owner of Bob's session", idOf(t, s, bobsEmail), owners[bobsToken])
		if who := bob.Get("/get-session"); !strings.Contains(who.Body, `"email":"ann@example.com","emailVerified":true`) {
			t.Errorf("the session is %s", who.Body)
		}
		same(t, "addresses", email+" verified, "+bobsEmail, addresses(t, s))
	}
}

// A session that was revoked is over, whatever a cache remembers of it.
func TestVerificationDoesNotReviveASession(t *testing.T) {
	s, _ := cached(t, cookies.StrategyCompact, autoSignIn)
	c := signUpAnn(t, s, nil)
	before := tokenOf(c)
	remove(t, s, "session")
	answers(t, c.Get(verifyPath(lastMail(t, s).Token, "")), http.StatusOK, verifiedBody)
	if tokenOf(c) == before {
		t.Error("the revoked session goes on")
	}
	count(t, s, "session", 1)
}

func TestDatabaseHooksThatRefuseAVerification(t *testing.T) {
	t.Run("a session is stopped", func(t *testing.T) {
		s := authtest.New(t, autoSignIn, func(o *core.Options) {
			o.EmailAndPassword.DisableAutoSignIn = true
			o.DatabaseHooks.Session.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
		})
		s.Client().SignUp(email, password)
		a := s.Client().Get(verifyPath(lastMail(t, s).Token, "/done"))
		answers(t, a, http.StatusInternalServerError, `{"message":"Failed to create session","code":"FAILED_TO_CREATE_SESSION"}`)
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		same(t, "addresses", email+" verified", addresses(t, s))
	})
	for _, tc := range hookRefusals(userUnchanged) { // 1.6.9 signs in, too
		t.Run(tc.name, func(t *testing.T) {
			app := &application{}
			s := authtest.New(t, autoSignIn, app.listen, func(o *core.Options) {
				o.DatabaseHooks.User.BeforeUpdate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
			})
			s.Client().SignUp(email, password)
			a := s.Client().Get(verifyPath(lastMail(t, s).Token, ""))
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			same(t, "addresses", email, addresses(t, s))
			same(t, "events", []string{"before ann@example.com false"}, app.events)
			count(t, s, "session", 1)
			if errors.Is(tc.err, db.ErrStopped) {
				redirects(t, s.Client().Get(verifyPath(lastMail(t, s).Token, "/done")), "/done?error=FAILED_TO_UPDATE_USER")
			}
		})
	}
}

// Whichever call to the database fails, nothing is half done that cannot be
// done again, and the answer says so.
func TestVerifyEmailWhenTheDatabaseFails(t *testing.T) {
	for k := int64(1); ; k++ {
		p := newProbe(memory.New())
		s := authtest.New(t, autoSignIn, func(o *core.Options) { o.Database = p })
		c := s.Client()
		c.SignUp(email, password)
		token := lastMail(t, s).Token
		p.count(k)
		a := s.Client().Get(verifyPath(token, "/done"))
		if reached := p.calls.Load() >= k; !reached {
			if k < 4 {
				t.Errorf("only %d calls reach the database", k-1)
			}
			redirects(t, a, "/done")
			return
		}
		p.count(0)
		answers(t, a, http.StatusInternalServerError, "")
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		count(t, s, "session", 1)
		redirects(t, s.Client().Get(verifyPath(token, "/done")), "/done")
		same(t, "addresses", email+" verified", addresses(t, s))
	}
}

func TestVerifyEmailInProcess(t *testing.T) {
	s := authtest.New(t, mailOnSignUp)
	s.Client().SignUp(email, password)
	out, err := s.Routes.VerifyEmail.Call(t.Context(), routes.VerifyEmailInput{Token: lastMail(t, s).Token})
	if err != nil || !out.Status || !out.User.Null {
		t.Errorf("got %v, %v", out, err)
	}
	if _, err := s.Routes.VerifyEmail.Call(t.Context(), routes.VerifyEmailInput{Token: "nonsense"}); !errors.Is(err, core.ErrInvalidToken) {
		t.Errorf("got %v", err)
	}
	same(t, "addresses", email+" verified", addresses(t, s))
}

// A server without a database knows sessions of another process from their
// cookies, and takes none of them away.
func TestLinksAndSessionsWithoutADatabase(t *testing.T) {
	stateless := func(o *core.Options) { o.Database = nil }
	elsewhere, s := authtest.New(t, stateless), authtest.New(t, stateless, autoSignIn)
	c := elsewhere.Client()
	c.SignUp(bobsEmail, password)
	bob := s.Client()
	bob.Cookies = c.Cookies
	before := bob.Cookies[sessionCookie]
	a := bob.Post(sendPath, to(bobsEmail))
	answers(t, a, http.StatusOK, accepted)
	same(t, "session", before, bob.Cookies[sessionCookie])
	same(t, "recipient", bobsEmail, lastMail(t, s).User.Email)
	answers(t, bob.Get(verifyPath(lastMail(t, s).Token, "")), http.StatusUnauthorized, noUser)
	same(t, "session", before, bob.Cookies[sessionCookie])

	ann := s.Client()
	ann.SignUp(email, password)
	before = ann.Cookies[sessionCookie]
	answers(t, ann.Get(verifyPath(lastMail(t, s).Token, "")), http.StatusOK, verifiedBody)
	same(t, "session", before, ann.Cookies[sessionCookie])
	if who := ann.Get("/get-session"); !strings.Contains(who.Body, `"emailVerified":true`) {
		t.Errorf("the session says %s", who.Body)
	}
}
