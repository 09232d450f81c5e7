package verification

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// DeleteOf removes from the database the proofs of every purpose that have a
// value, such as those whose value is the id of a user who is deleted. What only
// a secondary storage has cannot be found by its value: it stays there until it
// expires, and whoever redeems it finds no such user. A refusal of a database
// hook matches db.ErrStopped.
func (s *Store) DeleteOf(ctx context.Context, value string) error {
	if !s.inDatabase() {
		return nil
	}
	res, err := s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{db.By("value", value)}, Returning: true})
	if err != nil || s.cfg.Secondary == nil || len(res.Rows) == 0 {
		return err
	}
	keys := make([]string, len(res.Rows))
	for i, row := range res.Rows {
		stored, _ := row["identifier"].(string)
		keys[i] = secondaryKey(stored)
	}
	return db.AfterCommit(ctx, func(ctx context.Context) error { return s.cfg.Secondary.Delete(ctx, keys...) })
}
