package verification

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Replace gives a proof another value, if it still has the value that the caller
// has seen: of many callers at once with the same one, exactly one is ok. It is how
// attempts are counted in a value. The proof ends when it did.
func (s *Store) Replace(ctx context.Context, p Purpose, key, seen, value string) (ok bool, err error) {
	stored, err := s.candidates(p, key)
	if err != nil {
		return false, err
	}
	if !s.inDatabase() {
		return s.replaceSecondary(ctx, p, stored, seen, value)
	}
	if s.cfg.Secondary != nil {
		// As when it is redeemed: the copy goes first, and the row is found without it.
		if err := s.cfg.Secondary.Delete(ctx, secondaryKeys(stored)...); err != nil {
			return false, err
		}
	}
	res, err := s.db.Update(ctx, db.Change{
		Table: s.model.Table,
		Where: db.Where{oneOf(stored), db.By("value", seen), {Field: "expiresAt", Op: db.Gt, Value: s.cfg.Now()}},
		Set:   db.Row{"value": value},
	})
	return err == nil && res.Count > 0, err
}

// replaceSecondary is Replace where only the secondary storage has the record.
func (s *Store) replaceSecondary(ctx context.Context, p Purpose, stored []string, seen, value string) (bool, error) {
	for _, identifier := range stored {
		key := secondaryKey(identifier)
		text, err := s.cfg.Secondary.Get(ctx, key)
		if err != nil {
			return false, err
		}
		rec, ok := s.decode(identifier, text)
		if !ok || !s.live(p, rec) {
			continue
		}
		if rec.Value != seen {
			return false, nil
		}
		row := s.model.Row(rec)
		row["value"], row["updatedAt"] = value, db.Millis(s.cfg.Now())
		next, err := s.model.Table.JSON(row)
		if err != nil {
			return false, err
		}
		return s.cfg.Secondary.CompareAndSet(ctx, key, text, string(next), rec.ExpiresAt.Sub(s.cfg.Now()))
	}
	return false, nil
}
