// Package authtest gives tests a ready server with a cookie-keeping client, an
// outbox, a clock that they set and a log that they can read. It serves the
// tests of Gatehouse and those of plugin authors.
package authtest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// The fixed points of a test server.
const (
	BaseURL = "http://localhost:3000"
	Secret  = "authtest-secret-0123456789-abcdefghijklmnop"
)

// Start is where the clock of a test server stands at first.
var Start = time.Date(2026, 3, 14, 9, 26, 53, 589e6, time.UTC)

// Server is a server on the in-memory adapter, with password sign-in enabled,
// rate limits off and a cheap password hash, unless the test configures others.
type Server struct {
	*core.Auth
	Routes *routes.Plugin
	Clock  *Clock
	Outbox *Outbox
	Log    *Log

	t     testing.TB
	leaks *leaks
}

// New starts a server. configure may change any option before it starts. The
// server is closed with the test, which fails if that takes too long.
func New(t testing.TB, configure ...func(*core.Options)) *Server {
	t.Helper()
	s, err := Try(t, configure...)
	if err != nil {
		t.Fatalf("start the server: %v", err)
	}
	return s
}

// Try is New for tests of configurations that may be refused.
func Try(t testing.TB, configure ...func(*core.Options)) (*Server, error) {
	t.Helper()
	s := &Server{Routes: routes.New(), Clock: NewClock(Start), Outbox: &Outbox{}, Log: &Log{}, t: t}
	disabled := false
	opts := core.Options{
		BaseURL: BaseURL, Secret: Secret, Database: memory.New(), Clock: s.Clock.Now,
		EmailAndPassword:  core.EmailAndPassword{Enabled: true},
		EmailVerification: core.EmailVerification{SendVerificationEmail: Keep[core.VerificationEmail](s.Outbox)},
		RateLimit:         core.RateLimit{Enabled: &disabled},
		Hasher:            CheapHasher(),
		Logger:            core.Logger{Handler: slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug})},
	}
	for _, f := range configure {
		f(&opts)
	}
	opts.Plugins = append([]core.Plugin{s.Routes}, opts.Plugins...)
	s.leaks = &leaks{t: t, outbox: s.Outbox, log: s.Log, passwords: map[string]bool{}, sessions: map[string]bool{}}
	var err error
	if s.Auth, err = core.New(opts); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close the server: %v", err)
		}
		s.leaks.check()
	})
	return s, nil
}

// CheapHasher hashes in upstream's format with a cost that is right for tests only.
func CheapHasher() *password.Scrypt { return password.NewScrypt(password.ScryptOptions{N: 2, R: 1}) }

// Settle waits until the background work is done, such as mail.
func (s *Server) Settle() {
	s.t.Helper()
	if err := s.Idle(s.t.Context()); err != nil {
		s.t.Fatalf("wait for background work: %v", err)
	}
}

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now tells the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, backwards when d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Log keeps what the server logged.
type Log struct {
	mu   sync.Mutex
	text []byte
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String returns the log so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
