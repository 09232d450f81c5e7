package server

import (
	"context"
	"net/http"
	"time"
)

const pingTimeout = 2 * time.Second

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
	if s.draining.Load() {
		probe(w, r, http.StatusServiceUnavailable, "shutting down")
		return
	}
	if s.cfg.Ready != nil {
		if err := s.ping(r.Context()); err != nil {
			s.cfg.Log.Warn("not ready", "error", err)
			probe(w, r, http.StatusServiceUnavailable, "not ready")
			return
		}
	}
	probe(w, r, http.StatusOK, "ready")
}

// ping runs one check at a time, so that many probes cannot use up the
// connections of a database that hangs.
func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	select {
	case s.pinging <- struct{}{}:
		defer func() { <-s.pinging }()
		return s.cfg.Ready(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
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
