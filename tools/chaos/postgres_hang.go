package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

const (
	hangReaders = 40
	hangBar     = 10 * time.Second // the server's own bound on the work for a request is 9 s
	// hangSlack is what a client on a busy machine may measure on top of it.
	hangSlack = time.Second
	// poolBar is more connections than the server's pool may have.
	poolBar = 40
)

// hangPostgres stops every process of the database, with its connections open.
func hangPostgres(b *bench) error {
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
	who, err := b.resident(t.client, "reader")
	if err != nil {
		return err
	}
	t.settle("hang")
	stop := b.readers(t.client, who, hangReaders)
	defer stop()
	if err := b.rest(3 * time.Second); err != nil {
		return err
	}
	before, err := t.proc.Usage()
	if err != nil {
		return err
	}
	hang := time.Duration(b.pick(30, 12)) * time.Second
	b.say("PostgreSQL stops for %s", hang)
	began := time.Now()
	resume := func() { _ = pg.Signal(syscall.SIGCONT) }
	b.later(resume)
	if err := pg.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	peak, slowestLive, slowestReady := local.Usage{}, time.Duration(0), time.Duration(0)
	for time.Since(began) < hang {
		u, err := t.proc.Usage()
		if err != nil {
			return err
		}
		peak = local.Usage{Threads: max(peak.Threads, u.Threads), Files: max(peak.Files, u.Files), Resident: max(peak.Resident, u.Resident)}
		live, status := t.ask("/livez")
		if status != http.StatusOK || live > time.Second {
			return fmt.Errorf("/livez answers %d after %s", status, live)
		}
		slowestLive = max(slowestLive, live)
		ready, status := t.ask("/readyz")
		if time.Since(began) > 2*time.Second && status != http.StatusServiceUnavailable {
			return fmt.Errorf("/readyz answers %d while the database hangs", status)
		}
		slowestReady = max(slowestReady, ready)
		if err := b.rest(200 * time.Millisecond); err != nil {
			return err
		}
	}
	resume()
	resumed := time.Now()
	if err := b.until(startTimeout, "the server signs up again", func() error {
		_, err := b.resident(t.client, fmt.Sprintf("after.%d", time.Now().UnixNano()))
		return err
	}); err != nil {
		return err
	}
	back := time.Since(resumed)
	if err := b.rest(3 * time.Second); err != nil {
		return err
	}
	connections, err := pg.connections(db)
	if err != nil {
		return err
	}
	if out := stop(); out > 0 {
		return fmt.Errorf("%d reads of a good session were answered as signed out", out)
	}
	total, err := t.finish(db)
	if err != nil {
		return err
	}
	samples := t.watch.all()
	// Of those that were at work when it stopped, too.
	during := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.end().Before(began) || s.sent.After(resumed) })
	failed := failures(samples)
	slowest := longest(during)
	b.figure("answers during the hang", "errors 503 and 504 only", "%s", statuses(during))
	b.figure("slowest answer", "10s, and 1s for the client", "%s", slowest.Round(10*time.Millisecond))
	b.figure("/livez, /readyz, slowest answer", "1s, 503 within 3s", "%s, %s", slowestLive.Round(time.Millisecond), slowestReady.Round(time.Millisecond))
	b.figure("threads, files: before, most", "bounded", "%d, %d → %d, %d", before.Threads, before.Files, peak.Threads, peak.Files)
	b.figure("resident memory: before, most", "", "%d MiB → %d MiB", before.Resident>>20, peak.Resident>>20)
	b.figure("connections of the server afterwards", fmt.Sprintf("at most %d", poolBar), "%d", connections)
	b.figure("last request that failed, after it went on", "2s", "%s", lastFailure(samples, resumed).Round(time.Millisecond))
	b.figure("first sign-up answered after that", "", "%s", back.Round(time.Millisecond))
	b.figure("lost, half there, or usable twice", "0", "0 of %s", total)
	switch {
	case len(failed) == 0:
		return fmt.Errorf("no request met the hang: nothing was tried")
	case slowest > hangBar+hangSlack:
		return fmt.Errorf("an answer took %s", slowest)
	case slowestReady > 3*time.Second:
		return fmt.Errorf("/readyz took %s", slowestReady)
	case connections > poolBar:
		return fmt.Errorf("the server holds %d connections", connections)
	case peak.Files > before.Files+2*(b.clients+hangReaders)+poolBar:
		return fmt.Errorf("the server held %d files, before %d", peak.Files, before.Files)
	case peak.Threads > before.Threads+poolBar:
		return fmt.Errorf("the server had %d threads, before %d", peak.Threads, before.Threads)
	}
	if last := lastFailure(samples, resumed); last > recoveryBar {
		return fmt.Errorf("a request failed that was sent %s after the hang", last)
	}
	return onlyOutage(samples, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
}

// ask asks one of the server's own paths.
func (t *town) ask(path string) (took time.Duration, status int) {
	ctx, cancel := context.WithTimeout(t.ctx, 5*time.Second)
	defer cancel()
	c := &client{base: "http://" + t.server.addr, http: t.client.http}
	began := time.Now()
	a, err := c.get(ctx, path, "", "")
	if err != nil {
		return time.Since(began), 0
	}
	return time.Since(began), a.status
}
