package verification

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// CreateOnce is Create unless there is a proof of the purpose under the key: of many
// callers at once, exactly one has created it. It is how a count begins that
// [Store.Replace] goes on with.
func (s *Store) CreateOnce(ctx context.Context, p Purpose, key, value string, expiresAt time.Time) (created bool, err error) {
	if !s.inDatabase() {
		return s.createOnceSecondary(ctx, p, key, value, expiresAt)
	}
	stored, err := s.stored(p.Prefix + key)
	if err != nil {
		return false, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		created = false
		if err := s.db.Lock(ctx, secondaryKey(stored)); err != nil {
			return err
		}
		_, there, err := s.Find(ctx, p, key)
		if err != nil || there {
			return err
		}
		created = true
		_, err = s.Create(ctx, p, key, value, expiresAt)
		return err
	})
	return created && err == nil, err
}

// createOnceSecondary is CreateOnce where only the secondary storage has the record.
// It does not wait for the end of a transaction.
func (s *Store) createOnceSecondary(ctx context.Context, p Purpose, key, value string, expiresAt time.Time) (bool, error) {
	stored, err := s.stored(p.Prefix + key)
	if err != nil {
		return false, err
	}
	row := db.Row{"identifier": stored, "value": value, "expiresAt": expiresAt}
	_, err = s.db.CreateIn(ctx, s.model.Table, row, func(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
		delete(row, db.ID)
		text, err := t.JSON(row)
		if err != nil {
			return nil, err
		}
		first, err := s.cfg.Secondary.CompareAndSet(ctx, secondaryKey(stored), "", string(text), expiresAt.Sub(s.cfg.Now()))
		if err == nil && !first {
			err = errThere
		}
		return row, err
	})
	if errors.Is(err, errThere) {
		return false, nil
	}
	return err == nil, err
}

var errThere = errors.New("there is a record already")
