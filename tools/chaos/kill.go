package main

import (
	"fmt"
	"path/filepath"
	"time"
)

const (
	// mostAnswers is how many requests a server answers at most before it is
	// killed, and longestLife how long that may take: a machine that has other work
	// gets as far as an idle one.
	mostAnswers = 60
	longestLife = 8 * time.Second
	longestTurn = 150 * time.Millisecond // about what hashing a password takes
)

func killOnSQLite(b *bench) error {
	file := filepath.Join(b.dir, "gatehouse.db")
	return killServer(b, settings{"dialect": "sqlite", "dsn": file}, "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
}

func killOnPostgres(b *bench) error {
	pg, err := b.startPostgres()
	if err != nil {
		return err
	}
	return killServer(b, pg.database(), "pgx", pg.dsn())
}

// killServer kills a server again and again, each time at a random moment, and
// looks at everything that users did when it is back.
func killServer(b *bench, database settings, driver, dsn string) error {
	mail, err := b.startMailbox()
	if err != nil {
		return err
	}
	p, err := b.newProgram("server", configuration(mail, settings{"database": database}))
	if err != nil {
		return err
	}
	db, err := b.openRows(driver, dsn)
	if err != nil {
		return err
	}
	server, err := p.start()
	if err != nil {
		return err
	}
	rounds := b.rounds
	if rounds == 0 {
		rounds = b.pick(200, 3)
	}
	random := b.random(1)
	var everybody []*user
	var total tally
	var writes int
	var slowest time.Duration
	for n := range rounds {
		seen := &watch{}
		crowd := b.startCrowd(newClient(p.url(), seen), mail, fmt.Sprintf("round%d", n+1))
		answers, end := random.IntN(mostAnswers), time.Now().Add(longestLife)
		for seen.len() < answers && time.Now().Before(end) {
			if err := b.rest(5 * time.Millisecond); err != nil {
				return err
			}
		}
		if err := b.rest(time.Duration(random.Int64N(int64(longestTurn)))); err != nil {
			return err
		}
		if err := server.Kill(); err != nil {
			return err
		}
		users, err := crowd.stop()
		if err != nil {
			return err
		}
		writes += len(seen.all())
		everybody = append(everybody, users...)
		began := time.Now()
		if server, err = p.start(); err != nil {
			return fmt.Errorf("start again: %w", err)
		}
		slowest = max(slowest, time.Since(began))
		if err := db.check(b.ctx, everybody); err != nil {
			return fmt.Errorf("after kill %d: %w", n+1, err)
		}
		t, err := b.audit(newClient(p.url(), nil), users)
		if err != nil {
			return fmt.Errorf("after kill %d: %w", n+1, err)
		}
		if err := db.check(b.ctx, everybody); err != nil {
			return fmt.Errorf("after kill %d and the audit: %w", n+1, err)
		}
		total.add(t)
		if (n+1)%10 == 0 || n+1 == rounds {
			b.say("%d of %d kills: %s", n+1, rounds, total)
		}
	}
	if total.whole+total.absent == 0 && !b.quick {
		return fmt.Errorf("no kill came in the middle of a request: nothing was tried")
	}
	b.figure("kills", "200", "%d", rounds)
	b.figure("requests before the kills", "", "%d", writes)
	b.figure("lost, half there, or usable twice", "0", "0 of %s", total)
	b.figure("slowest start after a kill, ready", "", "%s", slowest.Round(time.Millisecond))
	return server.Stop()
}
