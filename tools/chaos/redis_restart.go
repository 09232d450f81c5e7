package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

const (
	redisRecoveryBar = time.Second
)

// restartRedis kills Redis, leaves it away for some seconds, starts it again, and
// at last empties it. Tokens and limits are there and nowhere else; sessions are
// in the database, too.
func restartRedis(b *bench) error {
	r, err := b.startRedis()
	if err != nil {
		return err
	}
	b.tokensElsewhere = true
	file := filepath.Join(b.dir, "gatehouse.db")
	t, err := b.found(settings{
		"database":         settings{"dialect": "sqlite", "dsn": file},
		"secondaryStorage": settings{"redis": r.URL()},
		"session":          settings{"storeSessionInDatabase": true},
		"rateLimit":        settings{"enabled": true},
		"advanced":         settings{"ipAddress": settings{"trustedProxies": []string{"127.0.0.1/32"}}},
	})
	if err != nil {
		return err
	}
	t.client.travelling(1)
	db, err := b.openRows("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	reads := &watch{}
	reader := newClient(t.server.url(), reads).travelling(2)
	who, err := b.resident(t.client, "reader")
	if err != nil {
		return err
	}
	stop := b.readers(reader, who, 2)
	defer stop()
	t.settle("redis")
	rounds, short, long := b.pick(3, 1), time.Duration(b.pick(8, 3))*time.Second, time.Duration(b.pick(60, 3))*time.Second
	var slowest time.Duration
	for n := range rounds {
		away := short
		if n == rounds-1 {
			away = long
		}
		took, err := t.loseRedis(r, n, away)
		if err != nil {
			return fmt.Errorf("outage %d: %w", n+1, err)
		}
		slowest = max(slowest, took)
		b.say("outage %d of %d, %s: recovered in %s; %s; reads: %s", n+1, rounds, away, took.Round(time.Millisecond),
			statuses(t.watch.all()), statuses(reads.all()))
	}
	kills := b.pick(50, 5)
	if err := b.flap(r, kills); err != nil {
		return err
	}
	users, err := t.crowd.stop()
	if err != nil {
		return err
	}
	total, err := b.audit(newClient(t.server.url(), nil).travelling(3), users)
	if err != nil {
		return err
	}
	if err := t.emptyRedis(r); err != nil {
		return fmt.Errorf("FLUSHALL: %w", err)
	}
	if out := stop(); out > 0 {
		return fmt.Errorf("%d reads of a good session were answered as signed out", out)
	}
	if bad := failures(reads.all()); len(bad) > 0 {
		return fmt.Errorf("%d reads of %d failed, the first with %d after %s", len(bad), len(reads.all()), bad[0].status, bad[0].took)
	}
	samples := t.watch.all()
	if err := onlyOutage(samples, http.StatusInternalServerError, http.StatusServiceUnavailable); err != nil {
		return err
	}
	again, err := t.finish(db)
	if err != nil {
		return fmt.Errorf("after FLUSHALL: %w", err)
	}
	b.figure("outages, crashes of the server", "", "%d of %s and one of %s, 0", rounds-1, short, long)
	b.figure("kills one after the other, crashes of the server", "", "%d, 0", kills)
	b.figure("answers", "errors 500 and 503 only", "%s", statuses(samples))
	b.figure("sessions read", "all good", "%s in at most %s", statuses(reads.all()), longest(reads.all()).Round(time.Millisecond))
	b.figure("token found and limit counted, after Redis answers again", "1s", "%s", slowest.Round(time.Millisecond))
	b.figure("lost, half there, or usable twice", "0", "0 of %s", total)
	b.figure("the same, after FLUSHALL", "0", "0 of %s", again)
	return nil
}

// flap kills Redis again and again as soon as users are at it, so that it is lost
// also in the instants between a commit and what follows it.
func (b *bench) flap(r *redis, kills int) error {
	random := b.random(2)
	for n := range kills {
		if err := b.rest(time.Duration(300+random.IntN(1200)) * time.Millisecond); err != nil {
			return err
		}
		if err := r.Proc.Kill(); err != nil {
			return err
		}
		if err := r.start(); err != nil {
			return fmt.Errorf("kill %d: %w", n+1, err)
		}
		if (n+1)%10 == 0 {
			b.say("kill %d of %d of Redis", n+1, kills)
		}
	}
	return nil
}

// loseRedis takes Redis away for a time. It returns how long after its return a
// request that needs it was answered.
func (t *town) loseRedis(r *redis, n int, away time.Duration) (time.Duration, error) {
	u, err := t.resident(t.client, fmt.Sprintf("outage%d", n))
	if err != nil {
		return 0, err
	}
	used, err := t.resetToken(t.client, t.mail, u)
	if err != nil {
		return 0, err
	}
	redeem := func(text string) (answer, error) {
		return t.client.post(t.ctx, "/reset-password", "", settings{"token": text, "newPassword": userPassword})
	}
	a, err := redeem(used)
	if _, err := good("redeem a token", a, err); err != nil {
		return 0, err
	}
	fresh, err := t.resetToken(t.client, t.mail, u)
	if err != nil {
		return 0, err
	}
	if err := r.Proc.Kill(); err != nil {
		return 0, err
	}
	began := time.Now()
	for time.Since(began) < away {
		for _, text := range []string{used, fresh} {
			if a, err := redeem(text); err != nil || a.status != http.StatusServiceUnavailable && a.status != http.StatusInternalServerError {
				return 0, fmt.Errorf("a token while Redis is away: %s (error: %w)", a, err)
			}
		}
		a, err := t.client.post(t.ctx, "/sign-in/email", "", settings{"email": u.email, "password": u.password})
		if err != nil || a.status != http.StatusServiceUnavailable && a.status != http.StatusInternalServerError {
			return 0, fmt.Errorf("a sign-in that nobody can count: %s (error: %w)", a, err)
		}
		if err := t.rest(100 * time.Millisecond); err != nil {
			return 0, err
		}
	}
	if err := r.start(); err != nil {
		return 0, err
	}
	back := time.Now()
	// A limit is counted and a token looked up, and no password hashed, which on a
	// busy machine takes as long as it does.
	if err := t.until(redisRecoveryBar, "a token is found again", func() error {
		a, err := t.client.get(t.ctx, "/reset-password/"+fresh+"?callbackURL=%2F", "", "")
		if err == nil && a.status != http.StatusFound {
			err = fmt.Errorf("the link is answered %s", a)
		}
		return err
	}); err != nil {
		return 0, err
	}
	took := time.Since(back)
	if a, err := redeem(used); err != nil || !refused(a) {
		return 0, fmt.Errorf("a token that was used before the outage: %s (error: %w)", a, err)
	}
	a, err = redeem(fresh)
	if _, err := good("a token from before the outage", a, err); err != nil {
		return 0, err
	}
	if a, err := redeem(fresh); err != nil || !refused(a) {
		return 0, fmt.Errorf("a token for the second time: %s (error: %w)", a, err)
	}
	return took, nil
}

// emptyRedis removes everything there: no token is good then, used or not.
func (t *town) emptyRedis(r *redis) error {
	u, err := t.resident(t.client, "flushed")
	if err != nil {
		return err
	}
	used, err := t.resetToken(t.client, t.mail, u)
	if err != nil {
		return err
	}
	a, err := t.client.post(t.ctx, "/reset-password", "", settings{"token": used, "newPassword": userPassword})
	if _, err := good("redeem a token", a, err); err != nil {
		return err
	}
	unused, err := t.resetToken(t.client, t.mail, u)
	if err != nil {
		return err
	}
	if err := r.Command(r.ctx, "FLUSHALL", "+OK"); err != nil {
		return err
	}
	for _, text := range []string{used, unused} {
		a, err := t.client.post(t.ctx, "/reset-password", "", settings{"token": text, "newPassword": userPassword})
		if err != nil || !refused(a) {
			return fmt.Errorf("a token that Redis has forgotten: %s (error: %w)", a, err)
		}
	}
	return nil
}
