package racetest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Tally counts answers by status.
func Tally(answers []*authtest.Answer) map[int]int {
	n := map[int]int{}
	for _, a := range answers {
		n[a.Status]++
	}
	return n
}

// WantTally compares the statuses of answers.
func (r *Round) WantTally(want map[int]int, answers []*authtest.Answer) {
	r.T.Helper()
	if got := Tally(answers); !maps.Equal(got, want) {
		r.T.Errorf("answers by status: %v, want %v", got, want)
	}
}

// WantWinner wants one success, and the same refusal for everybody else: a 400
// with this body.
func (r *Round) WantWinner(answers []*authtest.Answer, refusal string) {
	r.T.Helper()
	r.WantTally(map[int]int{http.StatusOK: 1, http.StatusBadRequest: len(answers) - 1}, answers)
	for _, a := range answers {
		if a.Status == http.StatusBadRequest && a.Body != refusal {
			r.T.Errorf("a loser gets %s, want %s", a.Body, refusal)
		}
	}
}

// WantAmong wants each answer to be one of those that are allowed: "200", or the
// status and the code of an error, such as "400 INVALID_TOKEN". It counts them.
func (r *Round) WantAmong(answers []*authtest.Answer, allowed ...string) (tally map[string]int) {
	r.T.Helper()
	tally = map[string]int{}
	for i, a := range answers {
		got := fmt.Sprint(a.Status)
		if a.Status != http.StatusOK {
			got += " " + a.Text(r.T, "code")
		}
		if tally[got]++; !slices.Contains(allowed, got) {
			r.T.Errorf("answer %d is %d %s, want one of %q", i, a.Status, a.Body, allowed)
		}
	}
	return tally
}

// Rows counts the stored rows of a model that have a value.
func (r *Round) Rows(model, field string, value any) int64 {
	r.T.Helper()
	n, err := r.Server.Store().Count(r.T.Context(), r.Table(model), db.Where{db.By(field, value)})
	if err != nil {
		r.T.Fatalf("count the rows of %s: %v", model, err)
	}
	return n
}

// WantRows compares the number of rows that have a value.
func (r *Round) WantRows(want int64, model, field string, value any) {
	r.T.Helper()
	if got := r.Rows(model, field, value); got != want {
		r.T.Errorf("%d rows of %s, want %d", got, model, want)
	}
}

// Row is the one stored row of a model that has a value.
func (r *Round) Row(model, field string, value any) db.Row {
	r.T.Helper()
	rows, err := r.Server.Store().Select(r.T.Context(), db.Query{Table: r.Table(model), Where: db.Where{db.By(field, value)}})
	if err != nil || len(rows) != 1 {
		r.T.Fatalf("%d rows of %s have this %s, want 1 (error: %v)", len(rows), model, field, err)
	}
	return rows[0]
}

// Table is the table of a model.
func (r *Round) Table(model string) *db.Table {
	r.T.Helper()
	table := r.Server.Table(model)
	if table == nil {
		r.T.Fatalf("there is no table %q", model)
	}
	return table
}
