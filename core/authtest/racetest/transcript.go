package racetest

import (
	"bytes"
	"sync"
)

// greeting and an address are the first line that a peer prints.
const greeting = "the peer serves at "

// transcript keeps what a peer prints and finds its address in it.
type transcript struct {
	mu      sync.Mutex
	text    []byte
	sent    bool
	address chan string
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	if _, rest, found := bytes.Cut(s.text, []byte(greeting)); found && !s.sent {
		// The line can come in pieces.
		if address, _, whole := bytes.Cut(rest, []byte("\n")); whole {
			s.sent = true
			s.address <- string(address)
		}
	}
	return len(p), nil
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}
