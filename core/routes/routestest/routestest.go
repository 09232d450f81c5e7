// Package routestest holds the races that the core endpoints must win on every
// storage: many requests at once, through the real handler.
package routestest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

const (
	racers = 50 // requests that start at once
	rounds = 20 // repetitions of each race

	password = "password123"
)

// RunRaces runs every race on storage of its own. open returns an empty
// adapter, which it closes with the test; one that is a db.Migrator is brought
// to the server's tables here.
func RunRaces(t *testing.T, open func(t *testing.T) db.Adapter) {
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		run       func(*race)
	}{
		{"sign-ups with one address make one user", nil, signUps},
		{"sign-ups with one address make one user where duplicates look like success", hideDuplicates, hiddenSignUps},
		{"sign-ins pass up to the limit", limitRequests, limitedSignIns},
		{"a session that is due is extended once and signs nobody out", alwaysDue, refreshes},
		{"a session that is revoked while in use is over", alwaysDue, revocations},
		{"a session that is signed out while in use is over", alwaysDue, signOuts},
		{"sessions that are all revoked while in use are over", alwaysDue, revocationsOfAll},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				o.Database = open(t)
				if tc.configure != nil {
					tc.configure(o)
				}
			})
			if m, ok := s.Migrator(); ok {
				if _, err := m.Apply(t.Context(), s.Tables(), nil); err != nil {
					t.Fatalf("migrate: %v", err)
				}
			}
			for round := range rounds {
				tc.run(&race{t: t, s: s, round: round})
				if t.Failed() {
					t.Fatalf("in round %d", round+1)
				}
			}
		})
	}
}

// race is one round of one case.
type race struct {
	t     *testing.T
	s     *authtest.Server
	round int
}

// email is an address that no other round uses.
func (r *race) email() string { return fmt.Sprintf("racer%d@example.com", r.round) }

// client is a browser at an address that no other round uses.
func (r *race) client() *authtest.Client {
	c := r.s.Client()
	c.RemoteAddr = fmt.Sprintf("192.0.2.%d:1234", r.round+1)
	return c
}

// together sends the requests at once and returns the answers in their order.
// No answer may be a 5xx.
func (r *race) together(requests []*http.Request) []*authtest.Answer {
	r.t.Helper()
	answers := make([]*authtest.Answer, len(requests))
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for i, request := range requests {
		ready.Add(1)
		done.Go(func() {
			rec := httptest.NewRecorder()
			ready.Done()
			<-start
			r.s.ServeHTTP(rec, request)
			answers[i] = &authtest.Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	for _, a := range answers {
		if a.Status >= http.StatusInternalServerError {
			r.t.Errorf("an answer is %d %s", a.Status, a.Body)
		}
	}
	return answers
}

// rows counts the stored rows of a model that have a value.
func (r *race) rows(model, field string, value any) int64 {
	r.t.Helper()
	n, err := r.s.Store().Count(r.t.Context(), r.table(model), db.Where{db.By(field, value)})
	if err != nil {
		r.t.Fatalf("count the rows of %s: %v", model, err)
	}
	return n
}

// row is the one stored row of a model that has a value.
func (r *race) row(model, field string, value any) db.Row {
	r.t.Helper()
	rows, err := r.s.Store().Select(r.t.Context(), db.Query{Table: r.table(model), Where: db.Where{db.By(field, value)}})
	if err != nil || len(rows) != 1 {
		r.t.Fatalf("%d rows of %s have this %s, want 1 (error: %v)", len(rows), model, field, err)
	}
	return rows[0]
}

func (r *race) table(model string) *db.Table {
	for _, t := range r.s.Tables() {
		if t.Model == model {
			return t
		}
	}
	r.t.Fatalf("there is no table %q", model)
	return nil
}

// tally counts answers by status.
func tally(answers []*authtest.Answer) map[int]int {
	n := map[int]int{}
	for _, a := range answers {
		n[a.Status]++
	}
	return n
}

// wantTally compares the statuses of answers.
func (r *race) wantTally(want map[int]int, answers []*authtest.Answer) {
	r.t.Helper()
	got := tally(answers)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.t.Errorf("answers by status: %v, want %v", got, want)
	}
}

// wantRows compares the number of rows that have a value.
func (r *race) wantRows(want int64, model, field string, value any) {
	r.t.Helper()
	if got := r.rows(model, field, value); got != want {
		r.t.Errorf("%d rows of %s, want %d", got, model, want)
	}
}
