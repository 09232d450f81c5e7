package user

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Delete removes a user, and of what belongs to it only what the database's
// references take along. Of several calls at once exactly one gets ok; it is
// false when there is no such user any more. Beside an error it may be true, as
// with Update. A refusal of a database hook matches db.ErrStopped.
func (s *Store) Delete(ctx context.Context, id string) (ok bool, err error) {
	res, err := s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{db.By(db.ID, id)}})
	if err != nil || res.Count == 0 {
		return false, err
	}
	return true, s.tell(ctx, id)
}
