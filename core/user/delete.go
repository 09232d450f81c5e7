package user

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Delete removes a user, and of what belongs to it only what the database's
// references take along. Of several calls at once exactly one gets ok; it is
// false when there is no such user any more. A refusal of a database hook matches
// db.ErrStopped.
func (s *Store) Delete(ctx context.Context, id string) (ok bool, err error) {
	err = s.followed(ctx, id, func(ctx context.Context) error {
		if s.follower != nil {
			if err := s.follower.ForgetUser(ctx, id); err != nil {
				return err
			}
		}
		res, err := s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{db.By(db.ID, id)}})
		ok = res.Count > 0
		return err
	})
	return ok && err == nil, err
}
