// Package session holds the session record and the only code that touches its
// table, and what the secondary storage keeps of it.
//
// One of two keepers has the last word on whether a session lives: the database
// (database.go), with copies in the secondary storage where there is one
// (copies.go), or the secondary storage (secondary.go).
package session

import (
	"maps"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// ModelName is upstream's name of the model.
const ModelName = "session"

// Session is one signed-in client. Extra holds the fields that options and plugins add.
type Session struct {
	ID        string         `db:"id"`
	ExpiresAt time.Time      `db:"expiresAt"`
	Token     string         `db:"token,unique"` // the bearer secret: 32 letters and digits
	CreatedAt time.Time      `db:"createdAt,now"`
	UpdatedAt time.Time      `db:"updatedAt,now,touch"`
	IPAddress *string        `db:"ipAddress"` // "" when unknown
	UserAgent *string        `db:"userAgent"` // "" when absent
	UserID    string         `db:"userId,index,ref=user"`
	Extra     map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries: the core fields, then the extra
// fields that Store.Output has admitted, then the id.
func (s Session) MarshalJSON() ([]byte, error) { return db.MarshalRecord(s) }

// AppendJSON is MarshalJSON for package wire.
func (s *Session) AppendJSON(dst []byte) ([]byte, error) { return db.AppendRecord(dst, s) }

// WithUser is a session together with its user.
type WithUser struct {
	Session Session   `json:"session"`
	User    user.User `json:"user"`
}

// NewModel declares the session table with the given clock.
func NewModel(now func() time.Time) (*db.Model[Session], error) {
	return db.NewModel[Session](ModelName, now)
}

// output makes the record of a row as it is stored.
func output(m *db.Model[Session], row db.Row) (Session, error) {
	row = maps.Clone(row)
	if err := db.Output(m.Table, row); err != nil {
		return Session{}, err
	}
	return m.Record(row)
}
