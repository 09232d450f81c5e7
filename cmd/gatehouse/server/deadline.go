package server

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// bounded hands a request to the handler with a bound on the time that its body
// takes to arrive, and one on the work that follows.
func (s *Server) bounded(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		ctx, cancel := context.WithTimeout(r.Context(), workTimeout)
		defer cancel()
		s.cfg.Handler.ServeHTTP(w, r.WithContext(ctx))
		return
	}
	ctx := newDeadline(r.Context(), s.cfg.BodyTimeout)
	defer ctx.stop()
	r = r.WithContext(ctx)
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(s.cfg.BodyTimeout)) // a writer without a connection has none
	r.Body = &arriving{ReadCloser: r.Body, end: func() {
		_ = conn.SetReadDeadline(time.Time{}) // net/http watches for the client to leave
		ctx.extend(workTimeout)
	}}
	s.cfg.Handler.ServeHTTP(w, r)
}

// arriving is a body that tells when it has been read.
type arriving struct {
	io.ReadCloser
	end func()
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err == io.EOF && a.end != nil {
		a.end()
		a.end = nil
	}
	return n, err
}

// deadline is a context whose deadline can be set anew while it lasts, which
// those of package context cannot.
type deadline struct {
	context.Context
	done   chan struct{}
	timer  *time.Timer
	detach func() bool

	mu  sync.Mutex
	err error
}

func newDeadline(parent context.Context, d time.Duration) *deadline {
	c := &deadline{Context: parent, done: make(chan struct{})}
	c.timer = time.AfterFunc(d, func() { c.fail(context.DeadlineExceeded) })
	c.detach = context.AfterFunc(parent, func() { c.fail(parent.Err()) })
	return c
}

// extend lets the context last d from now, unless it has ended.
func (c *deadline) extend(d time.Duration) {
	if c.timer.Stop() {
		c.timer.Reset(d)
	}
}

// stop ends the context and frees what it holds.
func (c *deadline) stop() {
	c.timer.Stop()
	c.detach()
	c.fail(context.Canceled)
}

func (c *deadline) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	close(c.done)
}

// Done implements context.Context.
func (c *deadline) Done() <-chan struct{} { return c.done }

// Err implements context.Context.
func (c *deadline) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Deadline implements context.Context. It may move, so none is promised.
func (c *deadline) Deadline() (time.Time, bool) { return time.Time{}, false }
