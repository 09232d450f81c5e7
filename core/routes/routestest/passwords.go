package routestest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// passwords are the races about one user's password.
type passwords struct{ *racetest.Application }

// listen starts to keep the reset tokens that are mailed, and to count what the
// application hears.
func (p *passwords) listen(o *core.Options) {
	ep := &o.EmailAndPassword
	ep.RevokeSessionsOnPasswordReset = true
	ep.SendResetPassword = racetest.Sender(p.Application, resetMail, func(m core.ResetPasswordEmail) (string, string) { return m.User.Email, m.Token })
	ep.OnPasswordReset = p.Told(passwordReset)
}

// mailed asks for a number of resets and returns their tokens.
func (p *passwords) mailed(r *race, n int) []string {
	r.T.Helper()
	for range n {
		if a := r.Client().Post("/request-password-reset", map[string]any{"email": r.Email()}); a.Status != http.StatusOK {
			r.T.Fatalf("ask for a reset: %d %s", a.Status, a.Body)
		}
	}
	r.Settle()
	tokens := r.tokens(resetMail, r.Email())
	if len(tokens) != n {
		r.T.Fatalf("%d tokens were mailed, want %d", len(tokens), n)
	}
	return tokens
}

// oneReset presents one token many times, each with a password of its own.
func (p *passwords) oneReset(r *race) {
	r.Client().SignUp(r.Email(), password)
	token := p.mailed(r, 1)[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": racing(i), "token": token})
	}
	answers := r.Together(requests)
	r.WantWinner(answers, `{"message":"Invalid token","code":"INVALID_TOKEN"}`)
	if n := r.heard(passwordReset, r.Email()); n != 1 {
		r.T.Errorf("the application heard of %d resets, want 1", n)
	}
	r.WantRows(0, "session", "userId", r.Row("user", "email", r.Email())[db.ID])
	r.wantPasswordOf(answers)
}

// manyResets presents many tokens of a user who has no password yet.
func (p *passwords) manyResets(r *race) {
	r.Client().SignUp(r.Email(), password)
	r.dropAccounts()
	const tokens = 10
	requests := make([]*http.Request, tokens)
	for i, token := range p.mailed(r, tokens) {
		requests[i] = r.Client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": racing(i), "token": token})
	}
	r.WantTally(map[int]int{http.StatusOK: tokens}, r.Together(requests))
	if n := r.heard(passwordReset, r.Email()); n != tokens {
		r.T.Errorf("the application heard of %d resets, want %d", n, tokens)
	}
	r.WantRows(1, "account", "userId", r.Row("user", "email", r.Email())[db.ID])
}

// passwordChanges change one password many times over one session.
func passwordChanges(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	answers := r.Together(passwordChangesOf(c, false))
	r.WantWinner(answers, `{"message":"Invalid password","code":"INVALID_PASSWORD"}`)
	r.wantPasswordOf(answers)
}

// revokingChanges do so and end all sessions: of the losers some find none.
func revokingChanges(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	answers := r.Together(passwordChangesOf(c, true))
	id := r.Row("user", "email", r.Email())[db.ID]
	won := 0
	for i, a := range answers {
		switch a.Status {
		case http.StatusOK:
			won++
			r.WantRows(1, "session", "token", a.Text(r.T, "token"))
		case http.StatusBadRequest, http.StatusUnauthorized:
		default:
			r.T.Errorf("answer %d is %d %s", i, a.Status, a.Body)
		}
		if cookie := len(a.Header["Set-Cookie"]); a.Status == http.StatusBadRequest && cookie != 0 {
			r.T.Errorf("a loser gets %d cookies", cookie)
		}
	}
	if won != 1 {
		r.T.Errorf("%d changes, want 1", won)
	}
	r.WantRows(1, "session", "userId", id)
	r.wantPasswordOf(answers)
}

// firstPasswords give a password, many times at once, to a user who has none.
func firstPasswords(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	r.dropAccounts()
	won := r.AtOnce(racers, func(i int) (bool, error) {
		code, err := setPassword.On(r.Round, i, firstPassword{Cookies: c.Cookies, Password: racing(i)})
		if code != "" && code != "PASSWORD_ALREADY_SET" {
			err = fmt.Errorf("a loser gets %s", code)
		}
		return code == "" && err == nil, err
	})
	if won != 1 {
		r.T.Errorf("%d passwords were set, want 1", won)
	}
	r.WantRows(1, "account", "userId", r.Row("user", "email", r.Email())[db.ID])
}

// firstPassword is for the user whose browser holds these cookies.
type firstPassword struct {
	Cookies  map[string]string
	Password string
}

// setPassword returns the code of the error if there is one to answer with.
var setPassword = racetest.Action[firstPassword, string]{
	Name: "set a first password",
	Do: func(ctx context.Context, s *authtest.Server, in firstPassword) (string, error) {
		c := s.Client()
		c.Cookies = in.Cookies
		_, err := s.Routes.SetPassword.Call(ctx, routes.SetPasswordInput{NewPassword: in.Password}, core.FromRequest(c.Request(http.MethodPost, "/", nil)))
		if e, worded := errors.AsType[*core.Error](err); worded {
			return e.Code(), nil
		}
		return "", err
	},
}

// racing is the new password of one racer.
func racing(i int) string { return fmt.Sprintf("new-password-%d", i) }

func passwordChangesOf(c *authtest.Client, revoke bool) []*http.Request {
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodPost, "/change-password", map[string]any{
			"currentPassword": password, "newPassword": racing(i), "revokeOtherSessions": revoke,
		})
	}
	return requests
}

// dropAccounts leaves this round's user without a way to sign in.
func (r *race) dropAccounts() {
	r.T.Helper()
	id := r.Row("user", "email", r.Email())[db.ID]
	_, err := r.Server.Store().Delete(r.T.Context(), db.Removal{Table: r.Table(account.ModelName), Where: db.Where{db.By("userId", id)}})
	if err != nil {
		r.T.Fatalf("drop the accounts: %v", err)
	}
}

// wantPasswordOf wants the password of the winner, and none of the others'.
func (r *race) wantPasswordOf(answers []*authtest.Answer) {
	r.T.Helper()
	for i, a := range answers {
		got := r.Client().Post("/sign-in/email", map[string]any{"email": r.Email(), "password": racing(i)})
		if signedIn := got.Status == http.StatusOK; signedIn != (a.Status == http.StatusOK) {
			r.T.Errorf("racer %d was answered %d %s, and signs in with %d", i, a.Status, a.Body, got.Status)
		}
	}
}

// aChangeAmongSignIns changes a password and ends all sessions among sign-ins
// with the old one: whoever gets a session has one that is over.
func aChangeAmongSignIns(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	requests := r.signIns(racers)
	change := racers / 2
	requests[change] = c.Request(http.MethodPost, "/change-password", map[string]any{
		"currentPassword": password, "newPassword": newPassword, "revokeOtherSessions": true,
	})
	for i, a := range r.Together(requests) {
		switch {
		case i == change:
			if a.Status != http.StatusOK {
				r.T.Errorf("the change gets %d %s", a.Status, a.Body)
			}
		case a.Status == http.StatusOK:
			if _, alive := r.session(a.Text(r.T, "token")); alive {
				r.T.Errorf("sign-in %d outlives its password", i)
			}
		case a.Status != http.StatusUnauthorized:
			r.T.Errorf("sign-in %d gets %d %s", i, a.Status, a.Body)
		}
	}
}
