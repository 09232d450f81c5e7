package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"
)

// mailTimeout is how long a user waits for a letter before turning to something
// else: what a server had in its queue when it was killed never comes.
const mailTimeout = 5 * time.Second

// mailbox is the webhook that gets the mail of all users.
type mailbox struct {
	url string

	mu      sync.Mutex
	letters map[letter]string // the newest token
	came    chan struct{}     // closed when something comes
}

// letter is what a user waits for.
type letter struct{ kind, to string }

func (b *bench) startMailbox() (*mailbox, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(b.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailbox{url: "http://" + l.Addr().String(), letters: map[letter]string{}, came: make(chan struct{})}
	server := &http.Server{Handler: m, ReadHeaderTimeout: startTimeout}
	go func() { _ = server.Serve(l) }()
	b.later(func() { _ = server.Close() })
	return m, nil
}

// ServeHTTP takes a message.
func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Type, To string
		Data     struct{ Token string }
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters[letter{message.Type, message.To}] = message.Data.Token
	close(m.came)
	m.came = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}

// take waits for a letter and removes it; "" when none comes.
func (m *mailbox) take(ctx context.Context, kind, to string) string {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	want := letter{kind, to}
	for {
		m.mu.Lock()
		token, came := m.letters[want], m.came
		delete(m.letters, want)
		m.mu.Unlock()
		if token != "" {
			return token
		}
		select {
		case <-came:
		case <-ctx.Done():
			return ""
		}
	}
}
