package verification

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// secondaryKey is where a record stands in the secondary storage, as upstream.
func secondaryKey(stored string) string { return "verification:" + stored }

func secondaryKeys(stored []string) []string {
	keys := make([]string, len(stored))
	for i, identifier := range stored {
		keys[i] = secondaryKey(identifier)
	}
	return keys
}

// insertSecondary writes a record to the secondary storage only. It has no id
// there, as upstream.
func (s *Store) insertSecondary(ctx context.Context, _ *db.Table, row db.Row) (db.Row, error) {
	delete(row, db.ID)
	return row, s.copyToSecondary(ctx, row)
}

func (s *Store) insertBoth(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	stored, err := s.db.Adapter().Insert(ctx, t, row)
	if err != nil {
		return nil, err
	}
	return stored, s.copyToSecondary(ctx, stored)
}

func (s *Store) copyToSecondary(ctx context.Context, row db.Row) error {
	return db.AfterCommit(ctx, func(ctx context.Context) error { return s.setSecondary(ctx, row) })
}

func (s *Store) setSecondary(ctx context.Context, row db.Row) error {
	expiresAt, _ := row["expiresAt"].(time.Time)
	identifier, _ := row["identifier"].(string)
	key, ttl := secondaryKey(identifier), expiresAt.Sub(s.cfg.Now()).Truncate(time.Second)
	if ttl <= 0 {
		return s.cfg.Secondary.Delete(ctx, key) // what stands there is not the newest any more
	}
	text, err := s.model.Table.JSON(row)
	if err != nil {
		return err
	}
	return s.cfg.Secondary.Set(ctx, key, string(text), ttl)
}

// decode reads what setSecondary or upstream has written. Anything else counts
// as absent.
func (s *Store) decode(identifier, text string) (Verification, bool) {
	if text == "" {
		return Verification{}, false
	}
	rec, err := s.model.FromJSON(text)
	rec.Identifier = identifier
	return rec, err == nil
}

// redeemSecondary removes a record that no other caller has removed since it
// was read. The first of the identifiers that has one decides: what is stored in
// an earlier way is older, and goes with it.
func (s *Store) redeemSecondary(ctx context.Context, stored []string, wanted func(Verification) bool) (Verification, bool, error) {
	for i, identifier := range stored {
		key := secondaryKey(identifier)
		text, err := s.cfg.Secondary.Get(ctx, key)
		if err != nil {
			return Verification{}, false, err
		}
		rec, ok := s.decode(identifier, text)
		if !ok || !rec.ExpiresAt.After(s.cfg.Now()) {
			continue
		}
		if !wanted(rec) {
			break
		}
		// Whoever comes second finds another value, or none: there is no second
		// try, so that a record that was replaced meanwhile stays for its own holder.
		ok, err = s.cfg.Secondary.CompareAndSet(ctx, key, text, "", 0)
		if ok && err == nil && i+1 < len(stored) {
			err = s.cfg.Secondary.Delete(ctx, secondaryKeys(stored[i+1:])...)
		}
		if !ok || err != nil {
			return Verification{}, false, err
		}
		return rec, true, nil
	}
	return Verification{}, false, nil
}
