package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// defaultListLimit is upstream's.
const defaultListLimit = 100

// ErrQuery is what List and Count answer to a query that no user table has an
// answer to: an unknown field, a negative limit. The error names what is wrong.
var ErrQuery = errors.New("not a query for users")

// Query selects users for List.
type Query struct {
	// Where holds conditions that must all be met, on the id and the fields of the
	// table, those that options and plugins have added among them; none match
	// every user. Values have the type of their field: see db.Coerce. Text is
	// compared as it is, without wildcards; e-mail addresses are stored in lower
	// case. Whoever takes a condition from a client has to see which fields that
	// client may ask for: a condition on a field that is not returned tells its
	// value all the same.
	Where db.Where
	// SortBy orders by one field, and users of equal value by id. Without it the
	// order is the database's, and may differ between calls.
	SortBy db.Order
	// Limit bounds how many users come back. Without one, or beyond
	// advanced.database.defaultFindManyLimit, it is that option's.
	Limit int
	// Offset leaves out that many users from the start.
	Offset int
}

// WithListLimit sets how many users List returns at most; 100 unless called.
// It is for whoever builds the store.
func (s *Store) WithListLimit(limit int) *Store {
	s.listLimit = limit
	return s
}

// List returns the users that a query selects, as they are stored: see Output.
// A query that asks for what there is not is an error that matches ErrQuery.
func (s *Store) List(ctx context.Context, q Query) ([]User, error) {
	if err := s.check(q); err != nil {
		return nil, err
	}
	selection := db.Query{Table: s.model.Table, Where: q.Where, Limit: s.bounded(q.Limit), Offset: q.Offset}
	switch q.SortBy.Field {
	case "":
	case db.ID:
		selection.Order = []db.Order{q.SortBy}
	default:
		selection.Order = []db.Order{q.SortBy, {Field: db.ID}}
	}
	rows, err := s.db.Select(ctx, selection)
	if err != nil {
		return nil, err
	}
	return s.model.Records(rows)
}

// Count returns how many users meet all conditions; see Query.Where. An unknown
// field is an error that matches ErrQuery.
func (s *Store) Count(ctx context.Context, where db.Where) (int64, error) {
	if err := s.checkFields(where); err != nil {
		return 0, err
	}
	return s.db.Count(ctx, s.model.Table, where)
}

func (s *Store) bounded(limit int) int {
	most := s.listLimit
	if most == 0 {
		most = defaultListLimit
	}
	if limit == 0 || limit > most {
		return most
	}
	return limit
}

func (s *Store) check(q Query) error {
	switch {
	case q.Limit < 0, q.Offset < 0:
		return fmt.Errorf("%w: limit %d and offset %d must not be negative", ErrQuery, q.Limit, q.Offset)
	case q.SortBy.Field != "" && !s.model.Table.Has(q.SortBy.Field):
		return fmt.Errorf("%w: there is no field %q to sort by", ErrQuery, q.SortBy.Field)
	}
	return s.checkFields(q.Where)
}

func (s *Store) checkFields(where db.Where) error {
	for _, cond := range where {
		for _, alternative := range cond.Any {
			if err := s.checkFields(alternative); err != nil {
				return err
			}
		}
		if len(cond.Any) == 0 && !s.model.Table.Has(cond.Field) {
			return fmt.Errorf("%w: there is no field %q", ErrQuery, cond.Field)
		}
	}
	return nil
}
