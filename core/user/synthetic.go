package user

import (
	"context"
	"fmt"
	"strconv"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// NextSerial is the id that a database which counts would most likely give to
// the next user, for an answer that must not reveal that none was written.
func (s *Store) NextSerial(ctx context.Context) (string, error) {
	row, err := s.db.First(ctx, db.Query{
		Table: s.model.Table, Order: []db.Order{{Field: "createdAt", Desc: true}}, Fields: []string{db.ID},
	})
	if err != nil || row == nil {
		return "1", err
	}
	id, _ := row[db.ID].(string)
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return "", fmt.Errorf("the id of the newest user is no number: %w", err)
	}
	return strconv.FormatInt(n+1, 10), nil
}

// Conflicts tells whether a user has a value already that must be unique and
// that the new user brings along, besides the address.
func (s *Store) Conflicts(ctx context.Context, fresh User) (bool, error) {
	var alternatives []db.Where
	for _, f := range s.model.Table.Fields[s.model.Declared():] {
		if v := fresh.Extra[f.Name]; f.Unique && v != nil {
			alternatives = append(alternatives, db.Where{db.By(f.Name, v)})
		}
	}
	if len(alternatives) == 0 {
		return false, nil
	}
	n, err := s.db.Count(ctx, s.model.Table, db.Where{{Any: alternatives}})
	return n > 0, err
}
