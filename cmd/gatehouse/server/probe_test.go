package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// Whoever floods the probe keeps neither the database busy nor the load balancer
// waiting: all share what the one ping finds.
func TestProbesShareOnePing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 100
		asked, release := 0, make(chan struct{})
		s := New(quiet(Config{Ready: func(context.Context) error {
			asked++
			<-release
			return nil
		}}))
		statuses := make(chan int, many)
		for range many {
			go func() { statuses <- ask(t, s, "GET", "/readyz").Code }()
		}
		synctest.Wait()
		close(release)
		for range many {
			if status := <-statuses; status != http.StatusOK {
				t.Errorf("status %d, want 200", status)
			}
		}
		if asked != 1 {
			t.Errorf("the database was asked %d times", asked)
		}
	})
}

// The first who asks may leave; the others get their answer.
func TestAProbeOutlivesWhoStartedIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := New(quiet(Config{Ready: func(ctx context.Context) error {
			<-release
			return ctx.Err()
		}}))
		ctx, leave := context.WithCancel(t.Context())
		left, stayed := make(chan int, 1), make(chan int, 1)
		go func() {
			rec := httptest.NewRecorder()
			s.serve(rec, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
			left <- rec.Code
		}()
		synctest.Wait()
		go func() { stayed <- ask(t, s, "GET", "/readyz").Code }()
		synctest.Wait()
		leave()
		if status := <-left; status != http.StatusServiceUnavailable {
			t.Errorf("who left got %d", status)
		}
		close(release)
		if status := <-stayed; status != http.StatusOK {
			t.Errorf("who stayed got %d, want 200", status)
		}
	})
}

// A database that hangs, and a driver that does not heed the time, are answered
// 503 before a load balancer gives up.
func TestAHangingPingIsNotReady(t *testing.T) {
	t.Parallel()
	for name, heeds := range map[string]bool{"the ping is cut off": true, "the ping goes on": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				s := New(quiet(Config{Ready: func(ctx context.Context) error {
					if heeds {
						<-ctx.Done()
						return ctx.Err()
					}
					<-release
					return nil
				}}))
				if status := ask(t, s, "GET", "/readyz").Code; status != http.StatusServiceUnavailable {
					t.Errorf("status %d, want 503", status)
				}
			})
		})
	}
}

// One outage is two lines, however often somebody asks.
func TestOnlyChangesOfReadinessAreLogged(t *testing.T) {
	t.Parallel()
	away := errors.New("database: away")
	spared := &DegradedError{errors.New("secondaryStorage: away")}
	var log bytes.Buffer
	var now error
	s := New(Config{
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
		Ready: func(context.Context) error { return now },
	})
	bodies := []string{}
	for _, now = range []error{nil, nil, away, away, away, nil, nil, spared, spared, away, spared, nil} {
		bodies = append(bodies, ask(t, s, "GET", "/readyz").Body.String())
	}
	ready, not, degraded := `{"status":"ready"}`, `{"status":"not ready"}`, `{"status":"degraded"}`
	if want := []string{ready, ready, not, not, not, ready, ready, degraded, degraded, not, degraded, ready}; !slices.Equal(bodies, want) {
		t.Errorf("answers %q\nwant %q", bodies, want)
	}
	lines := []string{}
	for line := range strings.Lines(log.String()) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		lines = append(lines, text)
	}
	want := []string{
		`level=WARN msg="not ready" error="database: away"`,
		`level=INFO msg=ready`,
		`level=WARN msg=degraded error="secondaryStorage: away"`,
		`level=WARN msg="not ready" error="database: away"`,
		`level=WARN msg=degraded error="secondaryStorage: away"`,
		`level=INFO msg=ready`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("the log:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}
