package routestest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// emails are the races about one address.
type emails struct{ *application }

// listen starts to count what the application hears.
func (e *emails) listen(o *core.Options) {
	e.forget()
	sends := true
	o.EmailVerification.SendOnSignUp = &sends
	o.EmailVerification.AutoSignInAfterVerification = true
	o.EmailVerification.AfterEmailVerification = e.told(afterVerification)
	o.User.ChangeEmail.Enabled = true
	o.DatabaseHooks.User.AfterUpdate = func(_ context.Context, row db.Row) error {
		address, _ := row["email"].(string)
		e.hear(event{Kind: userUpdate, Address: address})
		return nil
	}
}

// answer is listen for an application that is asked before.
func (e *emails) answer(o *core.Options) {
	e.listen(o)
	o.EmailVerification.BeforeEmailVerification = e.told(beforeVerification)
}

// skip is listen where unverified addresses change without a link.
func (e *emails) skip(o *core.Options) {
	e.listen(o)
	o.User.ChangeEmail.UpdateEmailWithoutVerification = true
}

// mailTo is the last verification mail to an address.
func (r *race) mailTo(address string) core.VerificationEmail {
	r.t.Helper()
	r.settle()
	var last core.VerificationEmail
	for _, m := range authtest.Sent[core.VerificationEmail](r.s.Outbox) {
		if m.User.Email == address {
			last = m
		}
	}
	if last.Token == "" {
		r.t.Fatalf("no mail was sent to %s", address)
	}
	return last
}

// links opens links of these tokens in turn, all at once.
func (r *race) links(tokens ...string) []*authtest.Answer {
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.client().Request(http.MethodGet, "/verify-email?token="+tokens[i%len(tokens)], nil)
	}
	return r.together(requests)
}

// verifications: all succeed, one of them has verified the address and signs in.
// A server asks the application once at most.
func (e *emails) verifications(r *race) {
	r.client().SignUp(r.email(), password)
	token := r.mailTo(r.email()).Token
	answers := r.links(token)
	r.wantTally(map[int]int{http.StatusOK: racers}, answers)
	signedIn := 0
	for _, a := range answers {
		signedIn += len(a.Header["Set-Cookie"])
	}
	after, rows, before := e.count(afterVerification, r.email()), e.count(userUpdate, r.email()), e.count(beforeVerification, r.email())
	if signedIn != 1 || after != 1 || rows != 1 || before > len(r.servers) {
		r.t.Errorf("%d are signed in; the application hears of %d verifications and %d updates, and is asked %d times", signedIn, after, rows, before)
	}
	r.wantRows(2, "session", "userId", r.row("user", "email", r.email())[db.ID])
}

// changes: of two changes of one address one happens, once. Whoever loses hears
// what a later one hears.
func (e *emails) changes(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	id := r.row("user", "email", r.email())[db.ID]
	if _, _, err := r.s.Users().Update(r.t.Context(), id.(string), db.Row{"emailVerified": true}); err != nil {
		r.t.Fatal(err)
	}
	one, other := "one-"+r.email(), "other-"+r.email()
	for _, address := range []string{one, other} {
		if a := c.Post("/change-email", map[string]any{"newEmail": address}); a.Status != http.StatusOK {
			r.t.Fatalf("ask for a change: %d %s", a.Status, a.Body)
		}
	}
	tokens := []string{r.mailTo(one).Token, r.mailTo(other).Token}
	answers := r.links(tokens...)
	later := r.client().Get("/verify-email?token=" + tokens[0])
	if later.Status != http.StatusUnauthorized {
		r.t.Errorf("a later one gets %d %s", later.Status, later.Body)
	}
	r.wantTally(map[int]int{http.StatusOK: 1, later.Status: racers - 1}, answers)
	for _, a := range answers {
		if a.Status == later.Status && a.Body != later.Body {
			r.t.Errorf("a loser gets %s, a later one %s", a.Body, later.Body)
		}
	}
	heard := e.count(afterVerification, one) + e.count(afterVerification, other)
	if rows := e.count(userUpdate, one) + e.count(userUpdate, other); heard != 1 || rows != 1 {
		r.t.Errorf("the application hears of %d changes and %d updates, want 1", heard, rows)
	}
	r.wantRows(0, "user", "email", r.email())
}

// changesAtOnce: one of the requests has changed the address and sends a mail.
func (e *emails) changesAtOnce(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	address := "new-" + r.email()
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address})
	}
	answers := r.together(requests)
	later := c.Post("/change-email", map[string]any{"newEmail": address})
	if later.Status != http.StatusBadRequest {
		r.t.Errorf("a later one gets %d %s", later.Status, later.Body)
	}
	r.wantTally(map[int]int{http.StatusOK: 1, later.Status: racers - 1}, answers)
	r.wantRows(1, "user", "email", address)
	r.wantRows(0, "user", "email", r.email())
	r.settle()
	mails := 0
	for _, m := range authtest.Sent[core.VerificationEmail](r.s.Outbox) {
		if m.User.Email == address {
			mails++
		}
	}
	if rows := e.count(userUpdate, address); mails != 1 || rows != 1 {
		r.t.Errorf("%d mails and %d updates, want 1", mails, rows)
	}
}

// oneAddress: users who want the same address do not share it.
func (e *emails) oneAddress(r *race) {
	address := "wanted-" + r.email()
	requests := make([]*http.Request, 0, racers)
	for i := range wanters {
		c := r.client()
		c.SignUp(fmt.Sprintf("wanter%d-%s", i, r.email()), password)
		for range racers / wanters {
			requests = append(requests, c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address}))
		}
	}
	for _, a := range r.together(requests) {
		if a.Status != http.StatusOK && a.Status != http.StatusBadRequest {
			r.t.Errorf("an answer is %d %s", a.Status, a.Body)
		}
	}
	r.wantRows(1, "user", "email", address)
}

const wanters = 5 // users who want one address
