package verification

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// redeem removes what stands under the key, if it is what the caller wants.
func (s *Store) redeem(ctx context.Context, p Purpose, key string, value *string) (Verification, bool, error) {
	stored, err := s.candidates(p, key)
	if err != nil {
		return Verification{}, false, err
	}
	wanted := func(rec Verification) bool { return s.live(p, rec) && (value == nil || rec.Value == *value) }
	if !s.inDatabase() {
		return s.redeemSecondary(ctx, stored, wanted)
	}
	if s.cfg.Secondary != nil {
		// The copy proves nothing here. It goes first, so that a storage that is
		// down spends nothing; should the record stay, it is found without it.
		if err := s.cfg.Secondary.Delete(ctx, secondaryKeys(stored)...); err != nil {
			return Verification{}, false, err
		}
	}
	s.cleanUp()
	if p.Shape == nil && value == nil {
		return s.redeemDatabase(ctx, stored, wanted)
	}
	var rec Verification
	var ok bool
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		var err error
		if rec, ok, err = s.redeemDatabase(ctx, stored, wanted); err == nil && !ok {
			err = errNotWanted // and so it stays for whom it is meant
		}
		return err
	})
	if errors.Is(err, errNotWanted) {
		return Verification{}, false, nil
	}
	return rec, ok, err
}

var errNotWanted = errors.New("there is no such record")

// redeemDatabase removes every record of the identifier in one statement:
// upstream can leave several, of which the newest counts.
func (s *Store) redeemDatabase(ctx context.Context, stored []string, wanted func(Verification) bool) (rec Verification, ok bool, err error) {
	res, err := s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{oneOf(stored)}, Returning: true})
	if errors.Is(err, db.ErrStopped) {
		return Verification{}, false, nil
	}
	if err != nil {
		return Verification{}, false, err
	}
	for i, row := range res.Rows {
		r, err := s.model.Record(row)
		if err != nil {
			return Verification{}, false, err
		}
		if i == 0 || r.CreatedAt.After(rec.CreatedAt) {
			rec = r
		}
	}
	if len(res.Rows) == 0 || !wanted(rec) {
		return Verification{}, false, nil
	}
	return rec, true, nil
}
