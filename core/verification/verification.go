// Package verification holds the record of a pending proof, such as a reset
// token, and the only code that touches its table.
package verification

import (
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
