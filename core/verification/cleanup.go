package verification

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// cleanUp removes expired records from the database, in the background and at
// most once a minute. Upstream does so at every look-up, in the request.
func (s *Store) cleanUp() {
	now := s.cfg.Now()
	if s.cfg.Background == nil || !s.cleanup.Due(now) {
		return
	}
	s.cfg.Background("removal of expired verifications", func(ctx context.Context) error {
		_, err := s.db.Delete(ctx, db.Removal{
			Table: s.model.Table, Where: db.Where{{Field: "expiresAt", Op: db.Lt, Value: db.Millis(now)}},
		})
		if errors.Is(err, db.ErrStopped) {
			return nil // a hook that keeps one keeps all, as upstream
		}
		return err
	})
}
