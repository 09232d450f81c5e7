package account

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Unlink removes one account of a user: the one that choose picks among all of
// them, by its id. One call at a time goes on for a user, so that what choose
// saw holds until the account is gone. An error of choose is returned and keeps
// them all; so does the refusal of a database hook, which matches db.ErrStopped.
func (s *Store) Unlink(ctx context.Context, userID string, choose func(linked []Account) (id string, err error)) error {
	return s.locked(ctx, userID, s.OfUser, func(ctx context.Context, linked []Account) error {
		id, err := choose(linked)
		if err != nil {
			return err
		}
		_, err = s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{db.By(db.ID, id), db.By("userId", userID)}})
		return err
	})
}

// DeleteOfUser removes all accounts of a user. A refusal of a database hook
// matches db.ErrStopped.
func (s *Store) DeleteOfUser(ctx context.Context, userID string) error {
	_, err := s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{db.By("userId", userID)}})
	return err
}
