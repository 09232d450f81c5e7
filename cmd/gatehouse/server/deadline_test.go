package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// handle runs one request through bounded and returns what the handler saw.
func handle(t *testing.T, body io.Reader, work func(ctx context.Context, body io.Reader)) {
	t.Helper()
	s := New(quiet(Config{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { work(r.Context(), r.Body) })}))
	s.bounded(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body))
}

func TestWorkHasTenSecondsFromTheEndOfTheBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		reads  time.Duration // how long the body takes
		within time.Duration // then until the context ends
	}{
		"without a body, from the start":            {"", 0, workTimeout},
		"with a body that comes at once, from then": {"x", 0, workTimeout},
		"with a slow body, from its end":            {"x", 14 * time.Second, workTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handle(t, strings.NewReader(test.body), func(ctx context.Context, body io.Reader) {
					time.Sleep(test.reads)
					if _, err := io.ReadAll(body); err != nil {
						t.Fatal(err)
					}
					if err := ctx.Err(); err != nil {
						t.Fatalf("ended while the body was read: %v", err)
					}
					start := time.Now()
					<-ctx.Done()
					if d := time.Since(start); d != test.within {
						t.Errorf("ended after %s, want %s", d, test.within)
					}
					// Core answers 503 to this error, and nothing to a cancelled request.
					if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("ended with %v", err)
					}
				})
			})
		})
	}
}

func TestABodyThatNeverEndsEndsTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handle(t, strings.NewReader("never read to its end"), func(ctx context.Context, _ io.Reader) {
			start := time.Now()
			<-ctx.Done()
			if d := time.Since(start); d != defaultBodyTimeout {
				t.Errorf("ended after %s, want %s", d, defaultBodyTimeout)
			}
		})
	})
}

func TestADeadlineFollowsItsParent(t *testing.T) {
	t.Parallel()
	parent, cancel := context.WithCancel(t.Context())
	d := newDeadline(parent, time.Hour)
	defer d.stop()
	child, done := context.WithTimeout(d, time.Hour)
	defer done()
	cancel()
	<-child.Done()
	if !errors.Is(d.Err(), context.Canceled) || !errors.Is(child.Err(), context.Canceled) {
		t.Errorf("ended with %v, its child with %v", d.Err(), child.Err())
	}
	d.extend(time.Hour)
	if d.Err() == nil {
		t.Error("an ended context came back to life")
	}
}

func TestAStoppedDeadlineIsCancelled(t *testing.T) {
	t.Parallel()
	d := newDeadline(t.Context(), time.Hour)
	d.stop()
	<-d.Done()
	if !errors.Is(d.Err(), context.Canceled) {
		t.Errorf("ended with %v", d.Err())
	}
}

func TestWhatIsBelowADeadlineEndsWithItsError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDeadline(t.Context(), time.Second)
		defer d.stop()
		below, cancel := context.WithCancel(d)
		defer cancel()
		<-below.Done()
		if err := below.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("below it ended with %v", err)
		}
	})
}
