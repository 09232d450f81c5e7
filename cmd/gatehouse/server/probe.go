package server

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	pingTimeout  = 1500 * time.Millisecond
	probeTimeout = 2 * time.Second // for the ping that is under way to end
)

// DegradedError is what Config.Ready returns when something is away without
// which requests are still served. The probe answers 200 then, so that a load
// balancer does not take out every server at once.
type DegradedError struct {
	Err error // what is away
}

// Error is that of what is away.
func (e *DegradedError) Error() string { return e.Err.Error() }

// Unwrap returns what is away.
func (e *DegradedError) Unwrap() error { return e.Err }

// The words of /readyz.
const (
	isReady      = "ready"
	isDegraded   = "degraded"
	isNotReady   = "not ready"
	shuttingDown = "shutting down"
)

// serve routes by the plain path. http.ServeMux would redirect paths such as
// "//api", which the handler has to see, and refuse, as they came.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/livez":
		probe(w, r, http.StatusOK, "ok")
	case "/readyz":
		s.ready(w, r)
	default:
		s.bounded(w, r)
	}
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	state := shuttingDown
	if !s.draining.Load() {
		state = s.state(r.Context())
	}
	status := http.StatusOK
	if state == isNotReady || state == shuttingDown {
		status = http.StatusServiceUnavailable
	}
	probe(w, r, status, state)
}

// state waits for the one ping that is under way, or starts it. Anybody may ask,
// as often as they like: they share its result, and neither the connections of a
// database that hangs nor a load balancer's own probe suffer.
func (s *Server) state(ctx context.Context) string {
	if s.cfg.Ready == nil {
		return isReady
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	select {
	case found := <-s.pings.DoChan("", func() (any, error) {
		// Whoever started it may leave while others wait.
		return s.ping(context.WithoutCancel(ctx)), nil
	}):
		state, _ := found.Val.(string) // which ping returns
		return state
	case <-ctx.Done():
		return isNotReady
	}
}

// ping asks once and logs what has changed since the last time. One runs at a
// time.
func (s *Server) ping(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := s.cfg.Ready(ctx)
	state := isReady
	if _, degraded := errors.AsType[*DegradedError](err); degraded {
		state = isDegraded
	} else if err != nil {
		state = isNotReady
	}
	before := s.found.Swap(state)
	switch {
	case before == state || before == nil && state == isReady:
	case s.draining.Load(): // what is asked may be closing
	case err != nil:
		s.cfg.Log.Warn(state, "error", err)
	default:
		s.cfg.Log.Info(state)
	}
	return state
}

func probe(w http.ResponseWriter, r *http.Request, status int, text string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		status, text = http.StatusMethodNotAllowed, "method not allowed"
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"status":"` + text + `"}`)) // the prober may be gone
}
