package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// user is one person, and all that the servers have told about that person.
type user struct {
	email, password string
	born            bool // the sign-up was answered
	verified        bool
	gone            bool
	sessions        []string // cookies that are good
	ended           []string // cookies that are over
	spent           []token  // answered redemptions
	unspent         string   // a reset token that was mailed and not redeemed
	doubt           *doubt   // of the last request
}

// token is a text that is good once.
type token struct {
	kind doubtKind // of the request that redeems it
	text string
}

// doubt is a request with an unknown end. It has happened as a whole or not at
// all; the next audit finds out.
type doubt struct {
	kind   doubtKind
	token  string
	value  string // the new password or address
	cookie string
}

type doubtKind string

const (
	signingUp doubtKind = "sign-up"
	verifying doubtKind = "verification"
	resetting doubtKind = "password reset"
	changing  doubtKind = "change of address"
	deleting  doubtKind = "deletion"
)

// life is a user who does things.
type life struct {
	*crowd
	*user
	client *client
	random *rand.Rand
	number int // of addresses so far
	name   string
}

// live lets a user sign up and do things in any order until the crowd is
// stopped or an answer stays out.
func (l *life) live() error {
	l.email, l.password = l.address(), userPassword
	if err := l.signUp(); err != nil {
		return err
	}
	steps := []func() error{l.verify, l.signIn, l.signOut, l.reset, l.changeEmail, l.read, l.signIn, l.reset}
	l.random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	steps = append(steps[:2+l.random.IntN(len(steps)-2)], []func() error{l.delete, l.delete, l.leaveReset, l.read}[l.random.IntN(4)])
	for _, step := range steps {
		if l.stopped() {
			return nil
		}
		if err := step(); err != nil {
			return fmt.Errorf("%s: %w", l.email, err)
		}
	}
	return nil
}

func (l *life) address() string {
	l.number++
	return fmt.Sprintf("%s.%d@example.com", l.name, l.number)
}

func (l *life) signUp() error {
	l.doubt = &doubt{kind: signingUp}
	a, err := l.client.post(l.ctx, "/sign-up/email", "", settings{"name": "Chaos", "email": l.email, "password": l.password})
	if a, err = good("sign-up", a, err); err != nil {
		return err
	}
	l.born, l.doubt = true, nil
	l.sessions = append(l.sessions, a.cookie)
	return nil
}

func (l *life) signIn() error {
	a, err := l.client.post(l.ctx, "/sign-in/email", "", settings{"email": l.email, "password": l.password})
	if a, err = good("sign-in", a, err); err != nil {
		return err
	}
	l.sessions = append(l.sessions, a.cookie)
	return nil
}

// session is a session of the user's, a new one when there is none.
func (l *life) session() (string, error) {
	if len(l.sessions) == 0 {
		if err := l.signIn(); err != nil {
			return "", err
		}
	}
	return l.sessions[0], nil
}

func (l *life) read() error {
	cookie, err := l.session()
	if err != nil {
		return err
	}
	a, err := l.client.get(l.ctx, "/get-session", cookie, "")
	if a, err = good("get-session", a, err); err != nil {
		return err
	}
	if sessionEmail(a) != l.email {
		return fmt.Errorf("get-session of a good session: %s", a)
	}
	return nil
}

// sessionEmail is whose session get-session answers with, or "".
func sessionEmail(a answer) string {
	var found *struct{ User struct{ Email string } }
	if err := json.Unmarshal([]byte(a.body), &found); err != nil || found == nil {
		return ""
	}
	return found.User.Email
}

func (l *life) verify() error {
	if l.verified || l.number > 1 { // the letter went to the first address
		return nil
	}
	t := l.mail("verification-email", l.email)
	if t == "" {
		return nil
	}
	l.doubt = &doubt{kind: verifying, token: t}
	a, err := l.client.get(l.ctx, "/verify-email", "", t)
	if _, err = good("verify-email", a, err); err != nil {
		return err
	}
	l.verified, l.doubt = true, nil
	return nil
}

// askReset returns a token from the mail; "" when none came.
func (l *life) askReset() (string, error) {
	a, err := l.client.post(l.ctx, "/request-password-reset", "", settings{"email": l.email})
	if _, err = good("request-password-reset", a, err); err != nil {
		return "", err
	}
	return l.mail("reset-password", l.email), nil
}

func (l *life) reset() error {
	t, err := l.askReset()
	if t == "" || err != nil {
		return err
	}
	d := &doubt{kind: resetting, token: t, value: fmt.Sprintf("%s %d", userPassword, l.random.Int())}
	l.doubt = d
	a, err := l.client.post(l.ctx, "/reset-password", "", settings{"token": t, "newPassword": d.value})
	if _, err = good("reset-password", a, err); err != nil {
		return err
	}
	l.wasReset(d)
	return nil
}

// wasReset knows that a reset has happened.
func (u *user) wasReset(d *doubt) {
	u.password, u.doubt = d.value, nil
	u.spent = append(u.spent, token{resetting, d.token})
	u.ended, u.sessions = append(u.ended, u.sessions...), nil
}

// leaveReset asks for a token and does not use it.
func (l *life) leaveReset() (err error) {
	l.unspent, err = l.askReset()
	return err
}

func (l *life) changeEmail() error {
	cookie, err := l.session()
	if err != nil {
		return err
	}
	to := l.address()
	a, err := l.client.post(l.ctx, "/change-email", cookie, settings{"newEmail": to})
	if _, err = good("change-email", a, err); err != nil {
		return err
	}
	if l.verified {
		t := l.mail("change-email-confirmation", l.email)
		if t == "" {
			return nil
		}
		a, err := l.client.get(l.ctx, "/verify-email", "", t)
		if _, err = good("confirm a change of address", a, err); err != nil {
			return err
		}
	}
	t := l.mail("verification-email", to)
	if t == "" {
		return nil
	}
	d := &doubt{kind: changing, token: t, value: to}
	l.doubt = d
	a, err = l.client.get(l.ctx, "/verify-email", "", t)
	if _, err = good("change the address", a, err); err != nil {
		return err
	}
	l.wasChanged(d)
	return nil
}

func (u *user) wasChanged(d *doubt) {
	u.email, u.doubt = d.value, nil
	u.spent = append(u.spent, token{changing, d.token})
}

func (l *life) signOut() error {
	cookie, err := l.session()
	if err != nil {
		return err
	}
	l.sessions = l.sessions[1:] // until it is known
	a, err := l.client.post(l.ctx, "/sign-out", cookie, settings{})
	if _, err = good("sign-out", a, err); err != nil {
		return err
	}
	l.ended = append(l.ended, cookie)
	return nil
}

func (l *life) delete() error {
	cookie, err := l.session()
	if err != nil {
		return err
	}
	a, err := l.client.post(l.ctx, "/delete-user", cookie, settings{})
	if _, err = good("delete-user", a, err); err != nil {
		return err
	}
	t := l.mail("delete-account", l.email)
	if t == "" {
		return nil
	}
	d := &doubt{kind: deleting, token: t, cookie: cookie}
	l.doubt = d
	a, err = l.client.get(l.ctx, "/delete-user/callback", cookie, t)
	if _, err = good("delete by token", a, err); err != nil {
		return err
	}
	l.wasDeleted(d)
	return nil
}

func (u *user) wasDeleted(d *doubt) {
	u.gone, u.doubt = true, nil
	u.spent = append(u.spent, token{deleting, d.token})
	u.ended, u.sessions = append(u.ended, u.sessions...), nil
}
