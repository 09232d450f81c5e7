// Package session holds the session record and the only code that touches its
// table.
package session

import (
	"context"
	"encoding/json"
	"errors"
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

// Store reads and writes sessions.
type Store struct {
	db       *db.Store
	model    *db.Model[Session]
	users    *user.Store
	newToken func() string
}

// NewModel declares the session table with the given clock.
func NewModel(now func() time.Time) (*db.Model[Session], error) {
	m, err := db.NewModel[Session](ModelName, now)
	if err != nil {
		return nil, err
	}
	m.Table.Field("updatedAt").Default = m.Table.Field("updatedAt").OnUpdate
	return m, nil
}

// NewStore returns the store of the session table. newToken makes a fresh
// session token.
func NewStore(s *db.Store, m *db.Model[Session], users *user.Store, newToken func() string) *Store {
	return &Store{db: s, model: m, users: users, newToken: newToken}
}

// Table returns the declared table.
func (s *Store) Table() *db.Table { return s.model.Table }

// Output returns the copy of a record that may leave the server: extra fields
// that are not returned are gone.
func (s *Store) Output(rec Session) Session {
	rec.returned, rec.Extra = s.model.Admit(rec.Extra)
	return rec
}

// Create writes a session under a new token. The caller sets the user, the
// expiry, the address and the user agent.
func (s *Store) Create(ctx context.Context, rec Session) (Session, error) {
	rec.ID, rec.Token = "", s.newToken()
	row, err := s.db.Create(ctx, s.model.Table, s.model.Row(rec))
	if err != nil {
		return Session{}, err
	}
	return s.model.Record(row)
}

// ByToken finds a session and its user in one statement, expired or not. ok is
// false when either is gone.
func (s *Store) ByToken(ctx context.Context, token string) (found WithUser, ok bool, err error) {
	row, err := s.db.First(ctx, db.Query{
		Table: s.model.Table,
		Where: db.Where{db.By("token", token)},
		Joins: []db.Join{{Table: s.users.Table(), Local: "userId", Foreign: db.ID}},
	})
	if err != nil || row == nil {
		return WithUser{}, false, err
	}
	owner, _ := row[user.ModelName].(db.Row)
	if owner == nil {
		return WithUser{}, false, nil
	}
	if found.User, err = s.users.Record(owner); err != nil {
		return WithUser{}, false, err
	}
	found.Session, err = s.model.Record(row)
	return found, err == nil, err
}

// Active lists the sessions of a user that have not expired at now.
func (s *Store) Active(ctx context.Context, userID string, now time.Time) ([]Session, error) {
	rows, err := s.db.Select(ctx, db.Query{Table: s.model.Table, Where: db.Where{
		db.By("userId", userID), {Field: "expiresAt", Op: db.Gt, Value: db.Millis(now)},
	}})
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(rows))
	for i, row := range rows {
		if out[i], err = s.model.Record(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Extend moves the expiry of a session that still exists and has not expired
// at now. ok is false when it is gone.
func (s *Store) Extend(ctx context.Context, token string, now, expiresAt time.Time) (rec Session, ok bool, err error) {
	res, err := s.db.Update(ctx, db.Change{
		Table: s.model.Table,
		Where: db.Where{db.By("token", token), {Field: "expiresAt", Op: db.Gt, Value: db.Millis(now)}},
		Set:   db.Row{"expiresAt": db.Millis(expiresAt), "updatedAt": db.Millis(now)}, Returning: true,
	})
	if err != nil || len(res.Rows) == 0 {
		return Session{}, false, err
	}
	rec, err = s.model.Record(res.Rows[0])
	return rec, err == nil, err
}

// Delete removes the session of a token, if it is there.
func (s *Store) Delete(ctx context.Context, token string) error {
	return s.delete(ctx, db.By("token", token))
}

// DeleteExpired removes the session of a token if it has expired at now, so
// that a refresh that happens meanwhile survives.
func (s *Store) DeleteExpired(ctx context.Context, token string, now time.Time) error {
	return s.delete(ctx, db.By("token", token), db.Cond{Field: "expiresAt", Op: db.Lte, Value: db.Millis(now)})
}

// DeleteOwn removes the session of a token if it belongs to the user.
func (s *Store) DeleteOwn(ctx context.Context, token, userID string) error {
	return s.delete(ctx, db.By("token", token), db.By("userId", userID))
}

// DeleteAll removes every session of a user.
func (s *Store) DeleteAll(ctx context.Context, userID string) error {
	return s.delete(ctx, db.By("userId", userID))
}

// DeleteOthers removes every session of a user but the one of the token.
func (s *Store) DeleteOthers(ctx context.Context, userID, token string) error {
	return s.delete(ctx, db.By("userId", userID), db.Cond{Field: "token", Op: db.Ne, Value: token})
}

func (s *Store) delete(ctx context.Context, w ...db.Cond) error {
	_, err := s.db.Delete(ctx, db.Removal{Table: s.model.Table, Where: w})
	if errors.Is(err, db.ErrStopped) {
		return nil // the application keeps the session; upstream answers success
	}
	return err
}

// FromJSON reads the form that MarshalJSON writes, as the cookie cache keeps it.
func (s *Store) FromJSON(raw json.RawMessage) (Session, error) { return s.model.FromJSON(raw) }
