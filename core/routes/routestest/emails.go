package routestest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// emails are the races about one address.
type emails struct{ *racetest.Application }

// listen starts to count what the application hears.
func (e *emails) listen(o *core.Options) {
	sends := true
	o.EmailVerification.SendOnSignUp = &sends
	o.EmailVerification.AutoSignInAfterVerification = true
	o.EmailVerification.AfterEmailVerification = e.Told(afterVerification)
	o.User.ChangeEmail.Enabled = true
	o.DatabaseHooks.User.AfterUpdate = func(_ context.Context, row db.Row) error {
		address, _ := row["email"].(string)
		e.Hear(racetest.Event{Kind: userUpdate, Address: address})
		return nil
	}
}

// answer is listen for an application that is asked before.
func (e *emails) answer(o *core.Options) {
	e.listen(o)
	o.EmailVerification.BeforeEmailVerification = e.Told(beforeVerification)
}

// skip is listen where unverified addresses change without a link.
func (e *emails) skip(o *core.Options) {
	e.listen(o)
	o.User.ChangeEmail.UpdateEmailWithoutVerification = true
}

// mailedTo is the token of the last verification mail to an address.
func (r *race) mailedTo(address string) string {
	r.T.Helper()
	r.Settle()
	tokens := r.tokens(racetest.VerificationMail, address)
	if len(tokens) == 0 {
		r.T.Fatalf("no mail was sent to %s", address)
	}
	return tokens[len(tokens)-1]
}

// links opens links of these tokens in turn, all at once.
func (r *race) links(tokens ...string) []*authtest.Answer {
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodGet, "/verify-email?token="+tokens[i%len(tokens)], nil)
	}
	return r.Together(requests)
}

// verifications: all succeed, one of them has verified the address and signs in.
// A server asks the application once at most.
func (e *emails) verifications(r *race) {
	r.Client().SignUp(r.Email(), password)
	token := r.mailedTo(r.Email())
	answers := r.links(token)
	r.WantTally(map[int]int{http.StatusOK: racers}, answers)
	signedIn := 0
	for _, a := range answers {
		signedIn += len(a.Header["Set-Cookie"])
	}
	after, rows, before := r.heard(afterVerification, r.Email()), r.heard(userUpdate, r.Email()), r.heard(beforeVerification, r.Email())
	if signedIn != 1 || after != 1 || rows != 1 || before > r.Servers() {
		r.T.Errorf("%d are signed in; the application hears of %d verifications and %d updates, and is asked %d times", signedIn, after, rows, before)
	}
	r.WantRows(2, "session", "userId", r.Row("user", "email", r.Email())[db.ID])
}

// changes: of two changes of one address one happens, once. Whoever loses hears
// what a later one hears.
func (e *emails) changes(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	id := r.Row("user", "email", r.Email())[db.ID]
	if _, _, err := r.Server.Users().Update(r.T.Context(), id.(string), db.Row{"emailVerified": true}); err != nil {
		r.T.Fatal(err)
	}
	one, other := "one-"+r.Email(), "other-"+r.Email()
	for _, address := range []string{one, other} {
		if a := c.Post("/change-email", map[string]any{"newEmail": address}); a.Status != http.StatusOK {
			r.T.Fatalf("ask for a change: %d %s", a.Status, a.Body)
		}
	}
	tokens := []string{r.mailedTo(one), r.mailedTo(other)}
	answers := r.links(tokens...)
	later := r.Client().Get("/verify-email?token=" + tokens[0])
	if later.Status != http.StatusUnauthorized {
		r.T.Errorf("a later one gets %d %s", later.Status, later.Body)
	}
	r.WantTally(map[int]int{http.StatusOK: 1, later.Status: racers - 1}, answers)
	for _, a := range answers {
		if a.Status == later.Status && a.Body != later.Body {
			r.T.Errorf("a loser gets %s, a later one %s", a.Body, later.Body)
		}
	}
	heard := r.heard(afterVerification, one) + r.heard(afterVerification, other)
	if rows := r.heard(userUpdate, one) + r.heard(userUpdate, other); heard != 1 || rows != 1 {
		r.T.Errorf("the application hears of %d changes and %d updates, want 1", heard, rows)
	}
	r.WantRows(0, "user", "email", r.Email())
}

// changesAtOnce: one of the requests has changed the address and sends a mail.
func (e *emails) changesAtOnce(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	address := "new-" + r.Email()
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address})
	}
	answers := r.Together(requests)
	later := c.Post("/change-email", map[string]any{"newEmail": address})
	if later.Status != http.StatusBadRequest {
		r.T.Errorf("a later one gets %d %s", later.Status, later.Body)
	}
	r.WantTally(map[int]int{http.StatusOK: 1, later.Status: racers - 1}, answers)
	r.WantRows(1, "user", "email", address)
	r.WantRows(0, "user", "email", r.Email())
	r.Settle()
	mails := r.heard(racetest.VerificationMail, address)
	if rows := r.heard(userUpdate, address); mails != 1 || rows != 1 {
		r.T.Errorf("%d mails and %d updates, want 1", mails, rows)
	}
}

// oneAddress: users who want the same address do not share it.
func (e *emails) oneAddress(r *race) {
	address := "wanted-" + r.Email()
	requests := make([]*http.Request, 0, racers)
	for i := range wanters {
		c := r.Client()
		c.SignUp(fmt.Sprintf("wanter%d-%s", i, r.Email()), password)
		for range racers / wanters {
			requests = append(requests, c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address}))
		}
	}
	for _, a := range r.Together(requests) {
		if a.Status != http.StatusOK && a.Status != http.StatusBadRequest {
			r.T.Errorf("an answer is %d %s", a.Status, a.Body)
		}
	}
	r.WantRows(1, "user", "email", address)
}

const wanters = 5 // users who want one address
