package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	mailTakes = 300 * time.Millisecond
	// quietFor is how long nothing may come before all mail is there: the server
	// has a queue.
	quietFor = 2 * time.Second
)

// mailbox is a webhook that takes its time.
type mailbox struct {
	url string

	server *http.Server
	mu     sync.Mutex
	last   time.Time         // when something came or was taken
	links  map[string]string // the last one, by address
}

func startMailbox() (*mailbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once
	if err != nil {
		return nil, err
	}
	m := &mailbox{url: "http://" + l.Addr().String(), last: time.Now(), links: map[string]string{}}
	m.server = &http.Server{Handler: m, ReadHeaderTimeout: clientTimeout}
	go func() { _ = m.server.Serve(l) }()
	return m, nil
}

func (m *mailbox) close() { _ = m.server.Close() }

// ServeHTTP takes a message.
func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct {
		To   string
		Data struct{ URL string }
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	time.Sleep(mailTakes)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last, m.links[message.To] = time.Now(), message.Data.URL
	w.WriteHeader(http.StatusNoContent)
}

// quiet waits until no more mail comes.
func (m *mailbox) quiet(ctx context.Context) error {
	m.mu.Lock()
	m.last = time.Now()
	m.mu.Unlock()
	for {
		m.mu.Lock()
		rest := quietFor - time.Since(m.last)
		m.mu.Unlock()
		if rest <= 0 {
			return nil
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *mailbox) link(address string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	link, ok := m.links[address]
	return link, ok
}
