package racetest

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
)

// isPeer tells whether this process is a peer.
func isPeer() bool { return os.Getenv(peerVariable) != "" }

// serve is the life of a peer.
func (p Processes) serve(t *testing.T, races Races) {
	t.Helper()
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		t.Fatalf("hear what to serve: %v", err)
	}
	app := &Application{}
	race, known := find(races(app), o.Race)
	if !known {
		t.Fatalf("there is no race %q", o.Race)
	}
	on := p.open(t, o.At)
	s := race.startOne(t, app, &on)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: (&post{local: local{s, t.Context(), race.Actions}, app: app}).handler(), ReadHeaderTimeout: startTime}
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

// post is where a peer hears from its test.
type post struct {
	local

	app *Application

	mu sync.Mutex // guards the clock from two who set it
}

func (p *post) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(actionPath, answering(func(asked performance) (json.RawMessage, error) {
		return p.perform(asked.Action, asked.In)
	}))
	mux.HandleFunc(settlePath, answering(func(any) (any, error) { return nil, p.settle() }))
	mux.HandleFunc(heardPath, answering(func(any) ([]Event, error) { return p.app.take(), nil }))
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

// answering is a handler of JSON.
func answering[In, Out any](answer func(In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := answer(in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the connection tells
	}
}
