package routestest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// isPeer tells whether this process is a peer.
func isPeer() bool { return os.Getenv(peerVariable) != "" }

// serve is the life of a peer.
func (p Processes) serve(t *testing.T) {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		t.Fatalf("hear what to serve: %v", err)
	}
	app := &application{}
	tc, known := find(races(app), o.Race)
	if !known {
		t.Fatalf("there is no race %q", o.Race)
	}
	s := p.start(t, tc, o.At)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: (&post{local: local{s, t.Context()}, app: app}).handler(), ReadHeaderTimeout: startTime}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Printf("%s%s\n", greeting, listener.Addr())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Errorf("wait for the end: %v", err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("stop serving: %v", err)
	}
	if err := <-served; err != http.ErrServerClosed { //nolint:errorlint // Serve returns it as it is
		t.Errorf("serve: %v", err)
	}
}

// find finds a race by its name; "" is a server without one.
func find(cases []raceCase, name string) (raceCase, bool) {
	for _, tc := range cases {
		if tc.name == name {
			return tc, true
		}
	}
	return raceCase{}, name == ""
}

// post is where a peer hears from its test.
type post struct {
	local

	app   *application
	mails int // of the outbox, that the test knows of

	mu sync.Mutex
}

func (p *post) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(redeemPath, answering(func(_ *http.Request, asked redemption) (got redeemed, err error) {
		got.Value, got.OK, err = p.redeem(asked)
		return got, err
	}))
	mux.HandleFunc(setPasswordPath, answering(func(r *http.Request, password string) (string, error) {
		return p.setPassword(r, password)
	}))
	mux.HandleFunc(settlePath, answering(func(*http.Request, any) (any, error) { return nil, p.settle() }))
	mux.HandleFunc(heardPath, answering(func(*http.Request, any) ([]event, error) { return p.heard(), nil }))
	mux.HandleFunc(migratePath, answering(func(r *http.Request, _ any) (int, error) {
		m, ok := p.Options().Database.(db.Migrator)
		if !ok {
			return 0, nil
		}
		plan, err := m.Apply(r.Context(), p.Tables(), nil)
		if err != nil {
			return 0, err
		}
		return len(plan.Steps), nil
	}))
	mux.Handle("/", p.Server)
	return p.arriving(mux)
}

// arriving gives a request the address that it was sent from, and the server the
// time of that moment.
func (p *post) arriving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if address := r.Header.Get(addressHeader); address != "" {
			r.RemoteAddr = address
		}
		if sent, err := strconv.ParseInt(r.Header.Get(timeHeader), 10, 64); err == nil {
			p.advance(time.Unix(0, sent))
		}
		r.Header.Del(addressHeader)
		r.Header.Del(timeHeader)
		next.ServeHTTP(w, r)
	})
}

// advance moves the clock to a later time.
func (p *post) advance(to time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := to.Sub(p.Clock.Now()); d > 0 {
		p.Clock.Advance(d)
	}
}

// heard is what the application has heard since the last time.
func (p *post) heard() []event {
	p.mu.Lock()
	defer p.mu.Unlock()
	events := p.app.take()
	sent := authtest.Sent[core.VerificationEmail](p.Outbox)
	for _, m := range sent[p.mails:] {
		events = append(events, event{Kind: verificationMail, Address: m.User.Email, Token: m.Token})
	}
	p.mails = len(sent)
	return events
}

// answering is a handler of JSON.
func answering[In, Out any](answer func(*http.Request, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := answer(r, in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the connection tells
	}
}
