package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

func quiet(cfg Config) Config {
	cfg.Log = slog.New(slog.DiscardHandler)
	return cfg
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ask sends a request past the network.
func ask(t *testing.T, s *Server, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	s.serve(rec, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return rec
}

func TestProbes(t *testing.T) {
	t.Parallel()
	broken := errors.New("no connection to postgres://secret@db")
	degraded := func(context.Context) error { return &DegradedError{broken} }
	for name, test := range map[string]struct {
		method, path string
		ready        func(context.Context) error
		want         int
	}{
		"a process that runs is alive":                        {"GET", "/livez", nil, 200},
		"alive does not ask the database":                     {"GET", "/livez", func(context.Context) error { return broken }, 200},
		"ready without a database to ask":                     {"GET", "/readyz", nil, 200},
		"ready when the database answers":                     {"GET", "/readyz", func(context.Context) error { return nil }, 200},
		"not ready when the database does not answer":         {"GET", "/readyz", func(context.Context) error { return broken }, 503},
		"ready when what is away can be spared":               {"GET", "/readyz", degraded, 200},
		"probes are read":                                     {"HEAD", "/readyz", nil, 200},
		"probes are not written":                              {"POST", "/livez", nil, 405},
		"a path below a probe belongs to the handler":         {"GET", "/livez/", nil, 418},
		"a path with two slashes comes to the handler as is":  {"GET", "//livez", nil, 418},
		"everything else belongs to the handler, as it comes": {"GET", "/api/../x", nil, 418},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(quiet(Config{Ready: test.ready, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })}))
			rec := ask(t, s, test.method, test.path)
			if rec.Code != test.want {
				t.Errorf("status %d, want %d", rec.Code, test.want)
			}
			if strings.Contains(rec.Body.String(), "secret") {
				t.Errorf("the answer shows why: %s", rec.Body)
			}
		})
	}
}

// The order of a shutdown: readiness goes first, requests in flight finish,
// background work is flushed after them.
func TestDraining(t *testing.T) {
	t.Parallel()
	working, release := make(chan struct{}), make(chan struct{})
	flushing, flushed := make(chan struct{}), make(chan struct{})
	s := New(quiet(Config{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(working)
			<-release
			_, _ = io.WriteString(w, "done")
		}),
		Flush: func(context.Context) error {
			close(flushing)
			<-flushed
			return nil
		},
		ShutdownTimeout: time.Hour,
	}))
	l := loopback(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, []net.Listener{l}) }()

	answer := make(chan string, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/x", nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer func() { _ = res.Body.Close() }()
		text, _ := io.ReadAll(res.Body)
		answer <- string(text)
	}()
	<-working
	if code := ask(t, s, "GET", "/readyz").Code; code != 200 {
		t.Errorf("before: readiness %d", code)
	}
	stop()
	for !s.draining.Load() {
		runtime.Gosched() // until Run has seen it
	}
	if code := ask(t, s, "GET", "/readyz").Code; code != 503 {
		t.Errorf("while draining: readiness %d, want 503", code)
	}
	if code := ask(t, s, "GET", "/livez").Code; code != 200 {
		t.Errorf("while draining: liveness %d, want 200", code)
	}
	select {
	case <-flushing:
		t.Error("background work was flushed while a request could still add to it")
	default:
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("the request in flight got %q", got)
	}
	<-flushing
	close(flushed)
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestWhatDoesNotFinishIsReported(t *testing.T) {
	t.Parallel()
	working := make(chan struct{})
	s := New(quiet(Config{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(working)
			<-r.Context().Done()
		}),
		Flush:           func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		ShutdownTimeout: time.Millisecond,
	}))
	l := loopback(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, []net.Listener{l}) }()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-working
	stop()
	err = <-ended
	for _, want := range []string{"requests in flight", "background work"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error %v does not name the %s", err, want)
		}
	}
}

func TestALargeHeaderIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(nil)
	s := New(quiet(Config{Handler: http.NotFoundHandler()}))
	srv.Config = s.http
	srv.Start()
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", strings.Repeat("a", maxHeaderBytes+8<<10))
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", res.StatusCode)
	}
}
