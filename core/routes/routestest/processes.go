package routestest

import (
	"context"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
)

// creation is the race of two processes for the tables of an empty database.
var creation = racetest.Race{
	Name: "one of two processes creates the tables", Run: run(creations), Empty: true, Actions: []racetest.Callable{createTables},
}

// createTables returns how many steps that took.
var createTables = racetest.Action[struct{}, int]{
	Name: "create the tables",
	Do: func(ctx context.Context, s *authtest.Server, _ struct{}) (int, error) {
		m, ok := s.Migrator()
		if !ok {
			return 0, nil
		}
		plan, err := m.Apply(ctx, s.Tables(), nil)
		if err != nil {
			return 0, err
		}
		return len(plan.Steps), nil
	},
}

// creations: one creates the tables and the other finds nothing to do, and both
// serve.
func creations(r *race) {
	if _, ok := r.Server.Migrator(); !ok {
		r.T.Skip("the database needs no tables")
	}
	steps := make([]int, r.Servers())
	created := r.AtOnce(len(steps), func(i int) (bool, error) {
		var err error
		steps[i], err = createTables.On(r.Round, i, struct{}{})
		return steps[i] > 0, err
	})
	if created != 1 {
		r.T.Fatalf("the processes ran %v steps, want some and none", steps)
	}
	requests := r.signUpRequests()
	r.WantTally(map[int]int{http.StatusOK: 1, http.StatusUnprocessableEntity: len(requests) - 1}, r.Together(requests))
}
