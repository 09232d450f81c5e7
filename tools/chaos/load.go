package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// town is a server with users on it and a look behind it: what most scenarios
// break something of.
type town struct {
	*bench
	mail   *mailbox
	server *program
	proc   *local.Process
	client *client
	watch  *watch
	crowd  *crowd
}

// found starts a server on a database, without users yet.
func (b *bench) found(s settings) (*town, error) {
	mail, err := b.startMailbox()
	if err != nil {
		return nil, err
	}
	t := &town{bench: b, mail: mail, watch: &watch{}}
	if t.server, err = b.newProgram("server", configuration(mail, s)); err != nil {
		return nil, err
	}
	t.client = newClient(t.server.url(), t.watch)
	t.proc, err = t.server.start()
	return t, err
}

// settle lets users in.
func (t *town) settle(name string) { t.crowd = t.startCrowd(t.client, t.mail, name) }

// resident is a user who stays, to look at: signed up, with a session.
func (b *bench) resident(c *client, name string) (*user, error) {
	u := &user{email: name + "@example.com", password: userPassword}
	a, err := c.post(b.ctx, "/sign-up/email", "", settings{"name": "Resident", "email": u.email, "password": u.password})
	if a, err = good("sign up a resident", a, err); err != nil {
		return nil, err
	}
	u.born, u.sessions = true, []string{a.cookie}
	return u, nil
}

// resetToken asks for a reset token of a user's and waits for it.
func (b *bench) resetToken(c *client, m *mailbox, u *user) (string, error) {
	a, err := c.post(b.ctx, "/request-password-reset", "", settings{"email": u.email})
	if _, err = good("request-password-reset", a, err); err != nil {
		return "", err
	}
	if t := m.take(b.ctx, "reset-password", u.email); t != "" {
		return t, nil
	}
	return "", errors.New("no reset mail came")
}

// readers ask for a user's session again and again until the returned function
// is called, which returns how many answers said that the user is signed out.
func (b *bench) readers(c *client, u *user, size int) (stop func() int) {
	ctx, cancel := context.WithCancel(b.ctx)
	var wg sync.WaitGroup
	var out atomic.Int64
	for range size {
		wg.Go(func() {
			for ctx.Err() == nil {
				a, err := c.get(b.ctx, "/get-session", u.sessions[0], "")
				if err == nil && a.status == http.StatusOK && sessionEmail(a) != u.email {
					out.Add(1)
				}
				select {
				case <-time.After(breath):
				case <-ctx.Done():
				}
			}
		})
	}
	return func() int {
		cancel()
		wg.Wait()
		return int(out.Load())
	}
}

// onlyOutage wants of the samples that failed what a server in trouble may
// answer, and an answer to every request.
func onlyOutage(samples []sample, allowed ...int) error {
	for _, s := range samples {
		switch {
		case s.status == 0:
			return fmt.Errorf("%s %s got no answer after %s", s.method, s.path, s.took)
		case s.garbled:
			return fmt.Errorf("%s %s was answered %d with something that is not JSON", s.method, s.path, s.status)
		case s.failed() && !slices.Contains(allowed, s.status):
			return fmt.Errorf("%s %s was answered %d", s.method, s.path, s.status)
		}
	}
	return nil
}

func failures(samples []sample) []sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return !s.failed() })
}

// between are the samples of requests that were sent in a time.
func between(samples []sample, from, to time.Time) []sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.sent.Before(from) || !s.sent.Before(to) })
}

// lastFailure is how long after a time a request was sent that failed.
func lastFailure(samples []sample, from time.Time) time.Duration {
	var last time.Duration
	for _, s := range failures(samples) {
		last = max(last, s.sent.Sub(from))
	}
	return last
}

// longest is the longest time that an answer took.
func longest(samples []sample) time.Duration {
	var most time.Duration
	for _, s := range samples {
		most = max(most, s.took)
	}
	return most
}

// finish stops the users, audits all of them and compares with the rows.
func (t *town) finish(db *rows) (tally, error) {
	users, err := t.crowd.stop()
	if err != nil {
		return tally{}, err
	}
	auditor := *t.client
	auditor.watch = nil
	total, err := t.audit(&auditor, users)
	if err != nil {
		return total, err
	}
	if db != nil {
		if err := db.check(t.ctx, users); err != nil {
			return total, err
		}
	}
	if !t.proc.Running() {
		return total, fmt.Errorf("the server has ended: %w", t.proc.Err)
	}
	return total, t.proc.Stop()
}
