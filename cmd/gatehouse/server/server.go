// Package server runs an HTTP handler as a service: probes, bounds on time and
// size, and a shutdown that loses nothing which was accepted.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// The bounds of one connection. Config may change the first two and the last.
const (
	defaultHeaderTimeout = 5 * time.Second
	defaultBodyTimeout   = 15 * time.Second
	workTimeout          = 9 * time.Second  // from the end of the body; the answer is out within 10 s
	answerTimeout        = 10 * time.Second // for the client to take the answer
	idleTimeout          = 60 * time.Second
	maxHeaderBytes       = 64 << 10

	// DefaultShutdownTimeout is how long requests in flight, and after them the
	// background work, may take to finish.
	DefaultShutdownTimeout = 10 * time.Second
)

// Config is what a Server needs.
type Config struct {
	// Handler answers everything but the probes.
	Handler http.Handler
	// Ready tells whether requests can be served, such as by a ping of the
	// database. A *DegradedError says that they can, with something away. Nil:
	// always.
	Ready func(ctx context.Context) error
	// Flush finishes background work, once no request is in flight any more.
	Flush func(ctx context.Context) error
	Log   *slog.Logger
	// ShutdownTimeout bounds the requests in flight, and then Flush; default
	// DefaultShutdownTimeout.
	ShutdownTimeout time.Duration
	// HeaderTimeout and BodyTimeout bound how long a client takes to send its
	// request; default 5 s and 15 s.
	HeaderTimeout, BodyTimeout time.Duration
	// DrainDelay is how long the server goes on accepting after readiness has
	// turned 503, for load balancers that poll. Default: not at all.
	DrainDelay time.Duration
}

// Server is one service. It serves once.
type Server struct {
	cfg      Config
	http     *http.Server
	draining atomic.Bool
	pings    singleflight.Group // of the readiness probe: one at a time
	found    atomic.Value       // string: what the last of them found
}

// New returns a server that does not listen yet.
func New(cfg Config) *Server {
	if cfg.ShutdownTimeout <= 0 {
		cfg.ShutdownTimeout = DefaultShutdownTimeout
	}
	if cfg.HeaderTimeout <= 0 {
		cfg.HeaderTimeout = defaultHeaderTimeout
	}
	if cfg.BodyTimeout <= 0 {
		cfg.BodyTimeout = defaultBodyTimeout
	}
	s := &Server{cfg: cfg}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: cfg.HeaderTimeout,
		ReadTimeout:       cfg.HeaderTimeout + cfg.BodyTimeout, // also of what no handler reads
		// net/http would answer OPTIONS * by itself, without our bounds.
		DisableGeneralOptionsHandler: true,
		WriteTimeout:                 cfg.BodyTimeout + workTimeout + answerTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		ErrorLog:                     slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	return s
}

// Run serves on the listeners until ctx ends, then drains: readiness turns 503
// at once, requests in flight finish, background work is flushed. The error is
// nil when nothing was cut off. Run closes the listeners.
func (s *Server) Run(ctx context.Context, listeners []net.Listener) error {
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { ended <- s.http.Serve(l) }()
	}
	var failure error
	open := len(listeners)
	select {
	case <-ctx.Done():
		s.cfg.Log.Info("shutting down")
	case failure = <-ended:
		open--
		failure = fmt.Errorf("serve: %w", failure)
	}
	err := s.drain(context.WithoutCancel(ctx))
	for range open {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			failure = errors.Join(failure, fmt.Errorf("serve: %w", err))
		}
	}
	return errors.Join(failure, err)
}

// drain stops in the order in which nothing that was accepted is lost.
func (s *Server) drain(ctx context.Context) error {
	s.draining.Store(true)
	if s.cfg.DrainDelay > 0 {
		s.http.SetKeepAlivesEnabled(false)
		<-time.After(s.cfg.DrainDelay)
	}
	var errs []error
	within := func(what string, f func(context.Context) error) bool {
		ctx, cancel := context.WithTimeout(ctx, s.cfg.ShutdownTimeout)
		defer cancel()
		err := f(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s did not finish within %s: %w", what, s.cfg.ShutdownTimeout, err))
		}
		return err == nil
	}
	if !within("requests in flight", s.http.Shutdown) {
		_ = s.http.Close() // what is left has been reported
	}
	if s.cfg.Flush != nil {
		within("background work", s.cfg.Flush)
	}
	return errors.Join(errs...)
}
