package verification

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Decoy writes a record and removes it, in one transaction that commits: the
// work of a request that must not be told from one that writes. identifier is
// one that nobody looks up. Hooks do not see it. A table with fields of the
// application's own is left alone, since only the application could fill them.
func (s *Store) Decoy(ctx context.Context, identifier string, now time.Time) error {
	t := s.model.Table
	if len(t.Fields) > s.own {
		return nil
	}
	now = db.Millis(now)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		row := db.Row{"identifier": identifier, "value": "", "expiresAt": now, "createdAt": now, "updatedAt": now}
		if err := s.db.Identify(ModelName, row); err != nil {
			return err
		}
		if _, err := s.db.Adapter().Insert(ctx, t, row); err != nil {
			return err
		}
		_, err := s.db.Adapter().Delete(ctx, db.Removal{Table: t, Where: db.Where{db.By("identifier", identifier)}})
		return err
	})
}
