package routestest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// passwords are the races about one user's password.
type passwords struct{ *application }

// listen starts to keep the reset tokens that are mailed, and to count what the
// application hears.
func (p *passwords) listen(o *core.Options) {
	p.forget()
	ep := &o.EmailAndPassword
	ep.RevokeSessionsOnPasswordReset = true
	ep.SendResetPassword = func(_ context.Context, m core.ResetPasswordEmail) error {
		p.hear(event{Kind: resetMail, Address: m.User.Email, Token: m.Token})
		return nil
	}
	ep.OnPasswordReset = p.told(passwordReset)
}

// mailed asks for a number of resets and returns their tokens.
func (p *passwords) mailed(r *race, n int) []string {
	r.t.Helper()
	for range n {
		if a := r.client().Post("/request-password-reset", map[string]any{"email": r.email()}); a.Status != http.StatusOK {
			r.t.Fatalf("ask for a reset: %d %s", a.Status, a.Body)
		}
	}
	r.settle()
	tokens := p.tokens(resetMail, r.email())
	if len(tokens) != n {
		r.t.Fatalf("%d tokens were mailed, want %d", len(tokens), n)
	}
	return tokens
}

// oneReset presents one token many times, each with a password of its own.
func (p *passwords) oneReset(r *race) {
	r.client().SignUp(r.email(), password)
	token := p.mailed(r, 1)[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": racing(i), "token": token})
	}
	answers := r.together(requests)
	r.wantWinner(answers, `{"message":"Invalid token","code":"INVALID_TOKEN"}`)
	if n := p.count(passwordReset, r.email()); n != 1 {
		r.t.Errorf("the application heard of %d resets, want 1", n)
	}
	r.wantRows(0, "session", "userId", r.row("user", "email", r.email())[db.ID])
	r.wantPasswordOf(answers)
}

// manyResets presents many tokens of a user who has no password yet.
func (p *passwords) manyResets(r *race) {
	r.client().SignUp(r.email(), password)
	r.dropAccounts()
	const tokens = 10
	requests := make([]*http.Request, tokens)
	for i, token := range p.mailed(r, tokens) {
		requests[i] = r.client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": racing(i), "token": token})
	}
	r.wantTally(map[int]int{http.StatusOK: tokens}, r.together(requests))
	if n := p.count(passwordReset, r.email()); n != tokens {
		r.t.Errorf("the application heard of %d resets, want %d", n, tokens)
	}
	r.wantRows(1, "account", "userId", r.row("user", "email", r.email())[db.ID])
}

// passwordChanges change one password many times over one session.
func passwordChanges(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	answers := r.together(passwordChangesOf(c, false))
	r.wantWinner(answers, `{"message":"Invalid password","code":"INVALID_PASSWORD"}`)
	r.wantPasswordOf(answers)
}

// revokingChanges do so and end all sessions: of the losers some find none.
func revokingChanges(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	answers := r.together(passwordChangesOf(c, true))
	id := r.row("user", "email", r.email())[db.ID]
	won := 0
	for i, a := range answers {
		switch a.Status {
		case http.StatusOK:
			won++
			r.wantRows(1, "session", "token", a.Text(r.t, "token"))
		case http.StatusBadRequest, http.StatusUnauthorized:
		default:
			r.t.Errorf("answer %d is %d %s", i, a.Status, a.Body)
		}
		if cookie := len(a.Header["Set-Cookie"]); a.Status == http.StatusBadRequest && cookie != 0 {
			r.t.Errorf("a loser gets %d cookies", cookie)
		}
	}
	if won != 1 {
		r.t.Errorf("%d changes, want 1", won)
	}
	r.wantRows(1, "session", "userId", id)
	r.wantPasswordOf(answers)
}

// firstPasswords give a password, many times at once, to a user who has none.
func firstPasswords(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	r.dropAccounts()
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodPost, "/", nil)
	}
	won := r.atOnce(func(i int) (bool, error) {
		code, err := r.server(i).setPassword(requests[i], racing(i))
		if code != "" && code != "PASSWORD_ALREADY_SET" {
			err = fmt.Errorf("a loser gets %s", code)
		}
		return code == "" && err == nil, err
	})
	if won != 1 {
		r.t.Errorf("%d passwords were set, want 1", won)
	}
	r.wantRows(1, "account", "userId", r.row("user", "email", r.email())[db.ID])
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
	r.t.Helper()
	id := r.row("user", "email", r.email())[db.ID]
	_, err := r.s.Store().Delete(r.t.Context(), db.Removal{Table: r.table(account.ModelName), Where: db.Where{db.By("userId", id)}})
	if err != nil {
		r.t.Fatalf("drop the accounts: %v", err)
	}
}

// wantWinner wants one success, and the same refusal for everybody else.
func (r *race) wantWinner(answers []*authtest.Answer, refusal string) {
	r.t.Helper()
	r.wantTally(map[int]int{http.StatusOK: 1, http.StatusBadRequest: racers - 1}, answers)
	for _, a := range answers {
		if a.Status == http.StatusBadRequest && a.Body != refusal {
			r.t.Errorf("a loser gets %s, want %s", a.Body, refusal)
		}
	}
}

// wantPasswordOf wants the password of the winner, and none of the others'.
func (r *race) wantPasswordOf(answers []*authtest.Answer) {
	r.t.Helper()
	for i, a := range answers {
		got := r.client().Post("/sign-in/email", map[string]any{"email": r.email(), "password": racing(i)})
		if signedIn := got.Status == http.StatusOK; signedIn != (a.Status == http.StatusOK) {
			r.t.Errorf("racer %d was answered %d %s, and signs in with %d", i, a.Status, a.Body, got.Status)
		}
	}
}

// aChangeAmongSignIns changes a password and ends all sessions among sign-ins
// with the old one: whoever gets a session has one that is over.
func aChangeAmongSignIns(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	requests := r.signIns(racers)
	change := racers / 2
	requests[change] = c.Request(http.MethodPost, "/change-password", map[string]any{
		"currentPassword": password, "newPassword": newPassword, "revokeOtherSessions": true,
	})
	for i, a := range r.together(requests) {
		switch {
		case i == change:
			if a.Status != http.StatusOK {
				r.t.Errorf("the change gets %d %s", a.Status, a.Body)
			}
		case a.Status == http.StatusOK:
			if _, alive := r.session(a.Text(r.t, "token")); alive {
				r.t.Errorf("sign-in %d outlives its password", i)
			}
		case a.Status != http.StatusUnauthorized:
			r.t.Errorf("sign-in %d gets %d %s", i, a.Status, a.Body)
		}
	}
}
