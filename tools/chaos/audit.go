package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

const (
	// auditors is how many users are looked at at once.
	auditors = 2
	// tries is how often a question is asked that changes nothing: a machine with
	// other work lets a server miss its own deadline.
	tries = 5
)

// tally counts what an audit found.
type tally struct {
	users, sessions, spent, unspent int
	whole, absent                   int // requests without an answer that had happened, and that had not
	vain                            int // tokens that were spent without an answer, for nothing
}

func (t *tally) add(o tally) {
	t.users += o.users
	t.sessions += o.sessions
	t.spent += o.spent
	t.unspent += o.unspent
	t.whole += o.whole
	t.absent += o.absent
	t.vain += o.vain
}

func (t tally) String() string {
	return fmt.Sprintf("%d users, %d good and %d spent tokens, %d sessions; of the unanswered requests %d had happened, %d had not (%d tokens spent in vain)",
		t.users, t.unspent, t.spent, t.sessions, t.whole, t.absent, t.vain)
}

// audit compares what a server says about users with what it has said before.
func (b *bench) audit(c *client, users []*user) (tally, error) {
	var (
		mu    sync.Mutex
		total tally
		wrong []error
		wg    sync.WaitGroup
	)
	work := make(chan *user)
	for range auditors {
		wg.Go(func() {
			for u := range work {
				a := audit{bench: b, client: c, user: u}
				err := a.run()
				mu.Lock()
				if err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %w", u.email, err))
				}
				total.add(a.tally)
				mu.Unlock()
			}
		})
	}
	for _, u := range users {
		work <- u
	}
	close(work)
	wg.Wait()
	if len(wrong) > 0 {
		return total, fmt.Errorf("audit, %d findings: %w", len(wrong), errors.Join(wrong[:min(len(wrong), 5)]...))
	}
	return total, nil
}

// audit is that of one user.
type audit struct {
	*bench
	*user
	client *client
	tally  tally
}

func (a *audit) run() error {
	if a.doubt != nil {
		d := a.doubt
		happened, err := a.settle(d)
		if err != nil {
			return fmt.Errorf("a %s without an answer: %w", d.kind, err)
		}
		if happened {
			a.tally.whole++
		} else {
			a.tally.absent++
		}
		a.doubt = nil
		if d.kind == signingUp {
			a.tally.users++
			return nil // has just signed in, or up
		}
	}
	a.tally.users++
	in, err := a.signsIn(a.email, a.password)
	if err != nil {
		return err
	}
	if in == a.gone {
		return fmt.Errorf("deleted: %v, can sign in: %v", a.gone, in)
	}
	if err := a.checkSessions(); err != nil {
		return err
	}
	for _, t := range a.spent {
		a.tally.spent++
		if got, err := a.redeem(t, "a password of nobody"); err != nil || !refused(got) {
			return fmt.Errorf("the token of an answered %s, again: %s (error: %w)", t.kind, got, err)
		}
	}
	if a.unspent != "" {
		a.tally.unspent++
		return a.redeemOnce()
	}
	return nil
}

// settle finds out whether a request without an answer has happened, and
// redeems its token if not. Either way the user is then as if it had.
func (a *audit) settle(d *doubt) (happened bool, err error) {
	switch d.kind {
	case signingUp:
		return a.settleSignUp()
	case verifying:
		got, err := a.redeem(token{verifying, d.token}, "")
		if _, err := good("the link again", got, err); err != nil {
			return false, err
		}
		a.verified = true
		return true, nil // nobody can tell
	case resetting:
		return a.settleReset(d)
	case changing:
		return a.settleChange(d)
	case deleting:
		return a.settleDeletion(d)
	}
	return false, errors.New("nothing to settle")
}

func (a *audit) settleSignUp() (bool, error) {
	in, err := a.signsIn(a.email, a.password)
	if err != nil || in {
		a.born = in
		return in, err
	}
	got, err := a.client.post(a.ctx, "/sign-up/email", "", settings{"name": "Chaos", "email": a.email, "password": a.password})
	if _, err := good("cannot sign in, and sign up neither", got, err); err != nil {
		return false, err
	}
	a.born = true
	return false, nil
}

// either wants exactly one of two credentials to be good.
func (a *audit) either(oldEmail, oldPassword, newEmail, newPassword string) (happened bool, err error) {
	before, err := a.signsIn(oldEmail, oldPassword)
	if err != nil {
		return false, err
	}
	after, err := a.signsIn(newEmail, newPassword)
	if err != nil {
		return false, err
	}
	if before == after {
		return false, fmt.Errorf("the old credentials are good: %v, the new ones: %v", before, after)
	}
	return after, nil
}

func (a *audit) settleReset(d *doubt) (bool, error) {
	happened, err := a.either(a.email, a.password, a.email, d.value)
	if err != nil {
		return false, err
	}
	if !happened {
		if err := a.checkSessions(); err != nil {
			return false, fmt.Errorf("the password is the old one: %w", err)
		}
		got, err := a.redeem(token{resetting, d.token}, d.value)
		if err == nil && a.tokensElsewhere && refused(got) {
			a.tally.vain++
			a.spent = append(a.spent, token{resetting, d.token})
			return false, nil
		}
		if _, err := good("the password is the old one, and the token", got, err); err != nil {
			return false, err
		}
	}
	a.wasReset(d) // and so the token is tried again
	return happened, nil
}

func (a *audit) settleChange(d *doubt) (bool, error) {
	happened, err := a.either(a.email, a.password, d.value, a.password)
	if err != nil {
		return false, err
	}
	if !happened {
		got, err := a.redeem(token{changing, d.token}, "")
		if _, err := good("the address is the old one, and the link", got, err); err != nil {
			return false, err
		}
	}
	a.wasChanged(d)
	return happened, nil
}

func (a *audit) settleDeletion(d *doubt) (bool, error) {
	in, err := a.signsIn(a.email, a.password)
	if err != nil {
		return false, err
	}
	if in {
		if err := a.checkSessions(); err != nil {
			return false, fmt.Errorf("the user is there: %w", err)
		}
		got, err := a.client.get(a.ctx, "/delete-user/callback", d.cookie, d.token)
		if err == nil && a.tokensElsewhere && refused(got) {
			a.tally.vain++
			return false, nil
		}
		if _, err := good("the user is there, and the token", got, err); err != nil {
			return false, err
		}
	}
	a.wasDeleted(d)
	return !in, nil
}

// signsIn tells whether credentials are good.
func (a *audit) signsIn(email, password string) (bool, error) {
	got, err := a.again(func() (answer, error) {
		return a.client.post(a.ctx, "/sign-in/email", "", settings{"email": email, "password": password})
	})
	switch {
	case err != nil:
		return false, err
	case got.status == http.StatusOK:
		return true, nil
	case got.status == http.StatusUnauthorized:
		return false, nil
	}
	return false, fmt.Errorf("sign-in: %s", got)
}

// again asks until there is an answer, a few times.
func (a *audit) again(ask func() (answer, error)) (got answer, err error) {
	for range tries {
		if got, err = ask(); err == nil && got.status != http.StatusServiceUnavailable {
			break
		}
	}
	return got, err
}

func (a *audit) checkSessions() error {
	for _, cookie := range a.sessions {
		a.tally.sessions++
		got, err := a.again(func() (answer, error) { return a.client.get(a.ctx, "/get-session", cookie, "") })
		if got, err = good("get-session", got, err); err != nil {
			return err
		}
		if sessionEmail(got) != a.email {
			return fmt.Errorf("a session is lost: %s", got)
		}
	}
	for _, cookie := range a.ended {
		got, err := a.again(func() (answer, error) { return a.client.get(a.ctx, "/get-session", cookie, "") })
		if got, err = good("get-session", got, err); err != nil {
			return err
		}
		if got.body != "null" {
			return errors.New("a session that has ended is good again")
		}
	}
	return nil
}

func (a *audit) redeem(t token, password string) (answer, error) {
	switch t.kind {
	case resetting:
		return a.client.post(a.ctx, "/reset-password", "", settings{"token": t.text, "newPassword": password})
	case deleting:
		cookie := ""
		if len(a.ended) > 0 {
			cookie = a.ended[0]
		}
		return a.client.get(a.ctx, "/delete-user/callback", cookie, t.text)
	case verifying, changing, signingUp:
	}
	return a.client.get(a.ctx, "/verify-email", "", t.text)
}

// redeemOnce uses the token that the user has left.
func (a *audit) redeemOnce() error {
	d := &doubt{kind: resetting, token: a.unspent, value: userPassword + ", late"}
	got, err := a.redeem(token{resetting, a.unspent}, d.value)
	if _, err := good("a token that was mailed", got, err); err != nil {
		return err
	}
	a.unspent = ""
	a.wasReset(d)
	if got, err := a.redeem(token{resetting, d.token}, d.value); err != nil || !refused(got) {
		return fmt.Errorf("a token for the second time: %s (error: %w)", got, err)
	}
	return nil
}
