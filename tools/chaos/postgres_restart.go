package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	recoveryBar = 2 * time.Second
)

// restartPostgres restarts the database again and again while users go on.
func restartPostgres(b *bench) error {
	pg, err := b.startPostgres()
	if err != nil {
		return err
	}
	t, err := b.found(settings{"database": pg.database()})
	if err != nil {
		return err
	}
	db, err := b.openRows("pgx", pg.dsn())
	if err != nil {
		return err
	}
	t.settle("restart")
	rounds := b.pick(10, 2)
	random := b.random(2)
	var slowest, longestAway time.Duration
	for n := range rounds {
		// Long enough for somebody to be in the middle of everything.
		if err := b.rest(time.Second + time.Duration(random.Int64N(int64(2*time.Second)))); err != nil {
			return err
		}
		began := time.Now()
		if err := pg.Restart(); err != nil {
			return err
		}
		if err := b.until(time.Minute, "PostgreSQL accepts connections again", pg.accepts); err != nil {
			return err
		}
		accepted := time.Now()
		if err := b.until(startTimeout, "the server signs up again", func() error {
			_, err := b.resident(t.client, fmt.Sprintf("after%d.%d", n+1, time.Now().UnixNano()))
			return err
		}); err != nil {
			return err
		}
		if err := b.rest(recoveryBar); err != nil {
			return err
		}
		samples := between(t.watch.all(), began, time.Now())
		var recovered time.Duration // from accepting until the last failure
		for _, s := range failures(samples) {
			recovered = max(recovered, s.end().Sub(accepted))
		}
		if recovered > recoveryBar {
			return fmt.Errorf("restart %d: a request failed %s after PostgreSQL accepted again", n+1, recovered)
		}
		slowest, longestAway = max(slowest, recovered), max(longestAway, accepted.Sub(began))
		b.say("restart %d of %d: away for %s, last failure %s after; %s", n+1, rounds,
			accepted.Sub(began).Round(time.Millisecond), recovered.Round(time.Millisecond), statuses(samples))
	}
	total, err := t.finish(db)
	if err != nil {
		return err
	}
	samples := t.watch.all()
	if err := onlyOutage(samples, 500, 503); err != nil {
		return err
	}
	if len(failures(samples)) == 0 {
		return errors.New("no request met a restart: nothing was tried")
	}
	b.figure("restarts, crashes of the server", "10, 0", "%d, 0", rounds)
	b.figure("answers", "errors 500 and 503 only", "%s", statuses(samples))
	b.figure("longest time away", "", "%s", longestAway.Round(time.Millisecond))
	b.figure("last failure after it accepted again", "2s", "%s", slowest.Round(time.Millisecond))
	b.figure("lost, half there, or usable twice", "0", "0 of %s", total)
	return nil
}
