// Package verification holds the record of a pending proof, such as a reset
// token, and the only code that touches its table.
package verification

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// ModelName is upstream's name of the model.
const ModelName = "verification"

// Verification is one pending proof. The identifier says what it is for.
type Verification struct {
	ID         string         `db:"id"`
	Identifier string         `db:"identifier,index"`
	Value      string         `db:"value"`
	ExpiresAt  time.Time      `db:"expiresAt"`
	CreatedAt  time.Time      `db:"createdAt,now"`
	UpdatedAt  time.Time      `db:"updatedAt,now,touch"`
	Extra      map[string]any `db:",extra"`
}

// NewModel declares the verification table with the given clock.
func NewModel(now func() time.Time) (*db.Model[Verification], error) {
	return db.NewModel[Verification](ModelName, now)
}

// Store reads and writes verifications.
type Store struct {
	db    *db.Store
	model *db.Model[Verification]
	own   int // fields that the model itself declares
}

// NewStore returns the store of the verification table.
func NewStore(s *db.Store, m *db.Model[Verification]) *Store {
	return &Store{db: s, model: m, own: m.Declared()}
}

// Table returns the declared table.
func (s *Store) Table() *db.Table { return s.model.Table }

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
		if id, err := s.db.NewID(ModelName); err != nil {
			return err
		} else if id != "" {
			row[db.ID] = id
		}
		if _, err := s.db.Adapter().Insert(ctx, t, row); err != nil {
			return err
		}
		_, err := s.db.Adapter().Delete(ctx, db.Removal{Table: t, Where: db.Where{db.By("identifier", identifier)}})
		return err
	})
}
