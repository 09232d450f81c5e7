package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

const (
	drainDelay  = time.Second
	signInLimit = 3 // in 10 s, upstream's
)

// restartInTurn restarts two servers behind a proxy, one after the other, while
// users go on. Nobody may notice.
func restartInTurn(b *bench) error {
	pg, err := b.startPostgres()
	if err != nil {
		return err
	}
	limits := settings{"enabled": true, "storage": "database"}
	s := settings{
		"database": pg.database(), "rateLimit": limits,
		"advanced": settings{"ipAddress": settings{"trustedProxies": []string{"127.0.0.1/32"}}},
	}
	redis, err := b.startRedis()
	var skip *local.MissingError
	switch {
	case errors.As(err, &skip):
		b.say("without Redis: %v", err)
	case err != nil:
		return err
	default:
		s["secondaryStorage"] = settings{"redis": redis.URL()}
		s["session"] = settings{"storeSessionInDatabase": true}
		limits["storage"] = "secondary-storage"
	}
	mail, err := b.startMailbox()
	if err != nil {
		return err
	}
	var programs []*program
	var procs []*local.Process
	for _, name := range []string{"server1", "server2"} {
		p, err := b.newProgram(name, configuration(mail, s), "--drain-delay", drainDelay.String())
		if err != nil {
			return err
		}
		proc, err := p.start()
		if err != nil {
			return err
		}
		programs, procs = append(programs, p), append(procs, proc)
	}
	front, err := b.startProxy(programs...)
	if err != nil {
		return err
	}
	if err := front.wait(b); err != nil {
		return err
	}
	seen := &watch{}
	c := newClient(front.url, seen).travelling(1)
	pair := twins{b, mail, newClient(programs[0].url(), nil).travelling(2), newClient(programs[1].url(), nil).travelling(3)}
	who, err := b.resident(c, "stays")
	if err != nil {
		return err
	}
	crowd := b.startCrowd(c, mail, "rolling")
	rounds := b.pick(10, 2)
	var slowest time.Duration
	for n := range rounds {
		if err := b.rest(time.Second); err != nil {
			return err
		}
		i := n % 2
		began := time.Now()
		if err := procs[i].Stop(); err != nil {
			return err
		}
		if procs[i], err = programs[i].start(); err != nil {
			return err
		}
		slowest = max(slowest, time.Since(began))
		if err := front.wait(b); err != nil {
			return err
		}
		if err := pair.check(n, who); err != nil {
			return fmt.Errorf("after restart %d: %w", n+1, err)
		}
		b.say("restart %d of %d: %s", n+1, rounds, statuses(seen.all()))
	}
	users, err := crowd.stop()
	if err != nil {
		return err
	}
	samples := seen.all()
	if bad := failures(samples); len(bad) > 0 {
		return fmt.Errorf("%d of %d requests failed (%s), the first: %s %s", len(bad), len(samples), statuses(samples), bad[0].method, bad[0].path)
	}
	if crowd.waits > 0 {
		return fmt.Errorf("%d letters did not come", crowd.waits)
	}
	total, err := b.audit(newClient(front.url, nil).travelling(4), users)
	if err != nil {
		return err
	}
	db, err := b.openRows("pgx", pg.dsn())
	if err != nil {
		return err
	}
	if err := db.check(b.ctx, users); err != nil {
		return err
	}
	b.figure("restarts under load, with Redis", "", "%d, %v", rounds, redis != nil)
	b.figure("requests that failed, letters lost", "0, 0", "0 of %d, 0", len(samples))
	b.figure("sessions, tokens, limits between servers", "one answer", "%d× each", rounds)
	b.figure("slowest stop and start", "", "%s", slowest.Round(10*time.Millisecond))
	b.figure("lost, half there, or usable twice", "0", "0 of %s", total)
	return errors.Join(procs[0].Stop(), procs[1].Stop())
}

// wait waits until every server is seen as ready.
func (p *proxy) wait(b *bench) error {
	return b.until(startTimeout, "the proxy finds both servers ready", func() error {
		for _, s := range p.back {
			if !s.ready.Load() {
				return fmt.Errorf("%s is not", s.name)
			}
		}
		return nil
	})
}

// twins are two servers that have to behave as one.
type twins struct {
	*bench
	mail *mailbox
	a, b *client
}

// check asks one about what the other has done.
func (t twins) check(n int, who *user) error {
	u, err := t.resident(t.a, fmt.Sprintf("twin%d", n))
	if err != nil {
		return err
	}
	return errors.Join(t.checkSessions(who, u), t.checkToken(u), t.checkLimit(n))
}

// checkSessions: a session of one is one of the other, from the first moment to
// the last; that of who has lived through every restart.
func (t twins) checkSessions(who, u *user) error {
	for _, c := range []*client{t.a, t.b} {
		for _, s := range []*user{who, u} {
			got, err := c.get(t.ctx, "/get-session", s.sessions[0], "")
			if err != nil || sessionEmail(got) != s.email {
				return fmt.Errorf("the session of %s: %s (error: %w)", s.email, got, err)
			}
		}
	}
	got, err := t.b.post(t.ctx, "/sign-out", u.sessions[0], settings{})
	if _, err := good("sign out", got, err); err != nil {
		return err
	}
	got, err = t.a.get(t.ctx, "/get-session", u.sessions[0], "")
	if err != nil || got.body != "null" {
		return fmt.Errorf("a session that the other server has ended: %s (error: %w)", got, err)
	}
	return nil
}

// checkToken: of requests to both at once one redeems a token.
func (t twins) checkToken(u *user) error {
	text, err := t.resetToken(t.a, t.mail, u)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	got := make([]answer, 6)
	for i := range got {
		c := []*client{t.a, t.b}[i%2]
		wg.Go(func() {
			got[i], _ = c.post(t.ctx, "/reset-password", "", settings{"token": text, "newPassword": fmt.Sprintf("%s %d", userPassword, i)})
		})
	}
	wg.Wait()
	won := 0
	for _, a := range got {
		switch {
		case a.status == http.StatusOK:
			won++
		case !refused(a):
			return fmt.Errorf("one of many redemptions: %s", a)
		}
	}
	if won != 1 {
		return fmt.Errorf("a token was redeemed %d times", won)
	}
	return nil
}

// checkLimit: both count together.
func (t twins) checkLimit(n int) error {
	address, passed := fmt.Sprintf("192.0.2.%d", n+1), 0
	for i := range 2 * signInLimit {
		c := []*client{t.a, t.b}[i%2].at(address)
		got, err := c.post(t.ctx, "/sign-in/email", "", settings{"email": "nobody@example.com", "password": userPassword})
		if err != nil {
			return err
		}
		if got.status != http.StatusTooManyRequests {
			passed++
		}
	}
	if passed != signInLimit {
		return fmt.Errorf("%d sign-ins passed from one address, want %d", passed, signInLimit)
	}
	return nil
}
