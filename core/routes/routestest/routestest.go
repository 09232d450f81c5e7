// Package routestest holds the races that the core endpoints must win on every
// storage: many requests at once, through the real handler.
package routestest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

const (
	racers = 50 // requests that start at once

	password = "password123"
)

// RunRaces runs every race on storage of its own. open returns an empty
// adapter, which it closes with the test; one that is a db.Migrator is brought
// to the server's tables here.
func RunRaces(t *testing.T, open func(t *testing.T) db.Adapter) {
	for _, tc := range races(&application{}) {
		t.Run(tc.name, func(t *testing.T) { runOn(t, 1, open, tc.configure, tc.run) })
	}
	runServers(t, open)
}

// raceCase is a race and the configuration that it is about.
type raceCase struct {
	name      string
	configure func(*core.Options) // may be nil
	run       func(*race)

	alone   bool // is about what one server keeps to itself
	idFirst bool // needs ids that are made before the row is written
}

// races are all races, of servers for one application.
func races(app *application) []raceCase {
	return slices.Concat(routeRaces(app), storageRaces(), limitRaces(), redemptionRaces(), interleavingRaces(app))
}

// routeRaces are the races for what one route does.
func routeRaces(app *application) []raceCase {
	mail, resets, leaving := &emails{app}, &passwords{app}, &departures{app}
	return []raceCase{
		{name: "sign-ups with one address make one user", run: signUps},
		{name: "sign-ups with one address make one user where duplicates look like success", configure: hideDuplicates, run: hiddenSignUps, idFirst: true},
		{name: "a session that is due is extended once and signs nobody out", configure: alwaysDue, run: refreshes},
		{name: "a session that is revoked while in use is over", configure: alwaysDue, run: revocations},
		{name: "a session that is signed out while in use is over", configure: alwaysDue, run: signOuts},
		{name: "sessions that are all revoked while in use are over", configure: alwaysDue, run: revocationsOfAll},
		{name: "one reset token resets one password", configure: resets.listen, run: resets.oneReset},
		{name: "many reset tokens of one user make one account", configure: resets.listen, run: resets.manyResets},
		{name: "of the changes of one password one wins", run: passwordChanges},
		{name: "of the changes of one password that end all sessions one wins", run: revokingChanges},
		{name: "of the first passwords of one user one wins", run: firstPasswords},
		{name: "nobody is signed in with a password that was changed", run: aChangeAmongSignIns},
		{name: "nobody is signed in with a password that was changed, from the secondary storage", configure: leaving.elsewhere, run: aChangeAmongSignIns},
		{name: "one link verifies an address once", configure: mail.listen, run: mail.verifications},
		{name: "one link verifies an address once where the application is asked before", configure: mail.answer, run: mail.verifications},
		{name: "links that change an address change it once", configure: mail.listen, run: mail.changes},
		{name: "requests that change an address at once change it once", configure: mail.skip, run: mail.changesAtOnce},
		{name: "users who want one address do not share it", configure: mail.skip, run: mail.oneAddress},
		{name: "changes of one user keep each other's fields", run: userUpdates},
		{name: "one mailed token deletes a user once", configure: leaving.mail, run: leaving.byToken},
		{name: "a user who asks many times is deleted once", configure: leaving.listen, run: leaving.bySession},
		{name: "nobody is signed in as a user who is deleted", configure: leaving.listen, run: leaving.whileSigningIn},
		{name: "nobody is signed in as a user who is deleted, from the secondary storage", configure: leaving.elsewhere, run: leaving.whileSigningIn},
		{name: "of a user's last two accounts one stays", run: lastAccounts},
		{name: "a user's accounts are unlinked once", configure: unlinkAll, run: allAccounts},
	}
}

// race is one round of one case.
type race struct {
	t       *testing.T
	s       *authtest.Server
	servers []server // s, and those that share its storages
	round   int
}

// email is an address that no other round uses.
func (r *race) email() string { return fmt.Sprintf("racer%d@example.com", r.round) }

// client is a browser at an address that no other round uses.
func (r *race) client() *authtest.Client {
	c := r.s.Client()
	c.RemoteAddr = fmt.Sprintf("192.0.2.%d:1234", r.round+1)
	return c
}

// together sends the requests at once, to each server in turn, and returns the
// answers in their order. No answer may be a 5xx.
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
			r.server(i).ServeHTTP(rec, request)
			answers[i] = &authtest.Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	r.collect()
	for _, a := range answers {
		if a.Status >= http.StatusInternalServerError {
			r.t.Errorf("an answer is %d %s", a.Status, a.Body)
		}
	}
	return answers
}

// settle waits until every server has done its work in the background.
func (r *race) settle() {
	r.t.Helper()
	for _, s := range r.servers {
		if err := s.settle(); err != nil {
			r.t.Fatalf("wait for background work: %v", err)
		}
	}
	r.collect()
}

// collect brings together what the application has heard from the servers.
func (r *race) collect() {
	r.t.Helper()
	for _, s := range r.servers {
		if err := s.collect(); err != nil {
			r.t.Fatalf("ask what the application has heard: %v", err)
		}
	}
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
