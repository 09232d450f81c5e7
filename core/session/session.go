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
	"github.com/gatehouse-auth/gatehouse/core/wire"
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

	returned []string
}

// MarshalJSON encodes what an answer carries: the core fields, then the extra
// fields that Store.Output has admitted, then the id.
func (s Session) MarshalJSON() ([]byte, error) {
	o := wire.NewObject()
	o.Set("expiresAt", s.ExpiresAt)
	o.Set("token", s.Token)
	o.Set("createdAt", s.CreatedAt)
	o.Set("updatedAt", s.UpdatedAt)
	o.Set("ipAddress", s.IPAddress)
	o.Set("userAgent", s.UserAgent)
	o.Set("userId", s.UserID)
	for _, name := range s.returned {
		o.Set(name, s.Extra[name])
	}
	o.Set("id", s.ID)
	return wire.Marshal(o)
}

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
