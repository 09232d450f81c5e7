package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
)

// untilReady asks until /readyz says a word with 200, at most for a while.
func (b *browser) untilReady(word string) {
	b.t.Helper()
	var status int
	var answer string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		var err error
		if status, answer, err = b.try("GET", "/readyz", ""); err != nil {
			b.t.Fatal(err)
		}
		if status == 200 && answer == `{"status":"`+word+`"}` {
			return
		}
	}
	b.t.Fatalf("GET /readyz: still %d %s, want %s", status, answer, word)
}

// Sessions that are in the database, too, outlive the Redis: the server stays
// where a load balancer finds it, whether the Redis is away or hangs.
func TestAServerThatCanSpareItsRedisStaysReady(t *testing.T) {
	t.Parallel()
	n := redistest.New(t)
	g, via := through(t, n.URL)
	text := configuration("sqlite", "auth.db", fmt.Sprintf("session: {storeSessionInDatabase: true}\nsecondaryStorage: {redis: %q, keyPrefix: %q}\n", via, n.Prefix))
	p := start(t, migrated(t, text), "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0")
	b := p.browser()
	b.Timeout = hangTimeout
	b.send(200, "POST", "/api/auth/sign-up/email", credentials)
	b.untilReady("ready")
	for _, leave := range []func(){g.vanish, g.hang} {
		leave()
		b.untilReady("degraded")
		if answer := b.send(200, "GET", "/api/auth/get-session", ""); !strings.Contains(answer, "ada@example.com") {
			t.Errorf("without the Redis the session is gone: %s", answer)
		}
		g.resume()
		b.untilReady("ready")
	}
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.output)
	}
	log := p.output.String()
	if lines := strings.Count(log, `"msg":"degraded"`); lines != 2 || strings.Contains(log, "not ready") {
		t.Errorf("%d lines about two outages:\n%s", lines, log)
	}
}
