package racetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// Round is one round of a race.
type Round struct {
	T      *testing.T
	Server *authtest.Server // that of this process
	N      int              // the number of the round, from 0

	servers []server // Server, and those that share its storages
	app     *Application
}

// Email is an address that no other round uses.
func (r *Round) Email() string { return fmt.Sprintf("racer%d@example.com", r.N) }

// Address is an IP address that no other round uses.
func (r *Round) Address() string { return fmt.Sprintf("192.0.2.%d", r.N+1) }

// Client is a browser at this round's address. What it sends itself goes to
// Server.
func (r *Round) Client() *authtest.Client {
	c := r.Server.Client()
	c.RemoteAddr = r.Address() + ":1234"
	return c
}

// Servers is the number of servers.
func (r *Round) Servers() int { return len(r.servers) }

// Handler is the server that is sent the request with this number.
func (r *Round) Handler(i int) http.Handler { return r.server(i) }

func (r *Round) server(i int) server { return r.servers[i%len(r.servers)] }

// Together sends the requests at once, to each server in turn, and returns the
// answers in their order. No answer may be a 5xx.
func (r *Round) Together(requests []*http.Request) []*authtest.Answer {
	r.T.Helper()
	handlers := make([]http.Handler, len(r.servers))
	for i := range handlers {
		handlers[i] = r.servers[i]
	}
	answers := Together(r.T, requests, handlers...)
	r.collect()
	return answers
}

// Together is Round.Together for any handlers.
func Together(t *testing.T, requests []*http.Request, handlers ...http.Handler) []*authtest.Answer {
	t.Helper()
	answers := make([]*authtest.Answer, len(requests))
	atOnce(len(requests), func(i int) { answers[i] = send(handlers[i%len(handlers)], requests[i]) })
	for _, a := range answers {
		if a.Status >= http.StatusInternalServerError {
			t.Errorf("an answer is %d %s", a.Status, a.Body)
		}
	}
	return answers
}

func send(to http.Handler, r *http.Request) *authtest.Answer {
	rec := httptest.NewRecorder()
	to.ServeHTTP(rec, r)
	return &authtest.Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
}

// AtOnce has a number of racers try something at once, and counts how many of
// them win. An error fails the test.
func (r *Round) AtOnce(racers int, try func(i int) (won bool, err error)) int {
	r.T.Helper()
	var winners atomic.Int64
	atOnce(racers, func(i int) {
		won, err := try(i)
		if err != nil {
			r.T.Errorf("a racer failed: %v", err)
		}
		if won {
			winners.Add(1)
		}
	})
	r.collect()
	return int(winners.Load())
}

// atOnce calls n functions when all of them are ready.
func atOnce(n int, run func(i int)) {
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// AtTheEnd sends the requests while the time comes at which something expires:
// all of them around it, or in every other round all of them after it. What
// begins after it must not succeed.
func (r *Round) AtTheEnd(lifetime time.Duration, requests []*http.Request) []*authtest.Answer {
	r.T.Helper()
	end := r.Server.Clock.Now().Add(lifetime)
	answers := make([]*authtest.Answer, len(requests))
	over := make(chan struct{})
	r.AtOnce(len(requests), func(i int) (bool, error) {
		switch {
		case i == 0:
			r.Server.Clock.Advance(lifetime)
			close(over)
		case r.N%2 == 1:
			<-over
		}
		late := !r.Server.Clock.Now().Before(end)
		answers[i] = send(r.server(i), requests[i])
		if late && answers[i].Status == http.StatusOK {
			return false, fmt.Errorf("it succeeds after the end: %s", answers[i].Body)
		}
		return false, nil
	})
	return answers
}

// Settle waits until every server has done its work in the background.
func (r *Round) Settle() {
	r.T.Helper()
	for _, s := range r.servers {
		if err := s.settle(); err != nil {
			r.T.Fatalf("wait for background work: %v", err)
		}
	}
	r.collect()
}

// collect brings together what the application has heard from the servers.
func (r *Round) collect() {
	r.T.Helper()
	for _, s := range r.servers {
		if err := s.collect(); err != nil {
			r.T.Fatalf("ask what the application has heard: %v", err)
		}
	}
}

// Events are what the application has heard about an address, in whichever
// process, in the order in which it was heard of. Of mail, and of what else goes
// on in the background, call Settle first.
func (r *Round) Events(kind, address string) []Event { return r.app.about(kind, address) }
