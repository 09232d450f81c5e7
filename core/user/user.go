// Package user holds the user record and the only code that touches its table.
package user

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// ModelName is upstream's name of the model.
const ModelName = "user"

// User is one person. Extra holds the fields that options and plugins add.
type User struct {
	ID            string         `db:"id"`
	Name          string         `db:"name,sortable"`
	Email         string         `db:"email,unique,sortable"` // lower case
	EmailVerified bool           `db:"emailVerified,noinput,false"`
	Image         *string        `db:"image"`
	CreatedAt     time.Time      `db:"createdAt,now"`
	UpdatedAt     time.Time      `db:"updatedAt,now,touch"`
	Extra         map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries: the core fields, then the extra
// fields that Store.Output has admitted, then the id.
func (u User) MarshalJSON() ([]byte, error) { return db.MarshalRecord(u) }

// AppendJSON is MarshalJSON for package wire.
func (u *User) AppendJSON(dst []byte) ([]byte, error) { return db.AppendRecord(dst, u) }

// NormalizeEmail is how an address is stored and looked up: lower case, as
// JavaScript's toLowerCase does it.
func NormalizeEmail(email string) string { return wire.ToLower(strings.ToValidUTF8(email, "\uFFFD")) }

// Store reads and writes users.
type Store struct {
	db        *db.Store
	model     *db.Model[User]
	listLimit int      // see WithListLimit
	follower  Follower // see Follow
}

// Follower keeps users in another place, too.
type Follower interface {
	// Reach tells whether that place can be reached. It is asked before there is a
	// transaction, which others would wait for.
	Reach(ctx context.Context, id string) error
	// RefreshUser hears of a user who has changed, and ForgetUser of one who is about
	// to be deleted, in the transaction in which it happens. An error rolls back.
	RefreshUser(ctx context.Context, id string) error
	ForgetUser(ctx context.Context, id string) error
}

// NewModel declares the user table with the given clock.
func NewModel(now func() time.Time) (*db.Model[User], error) {
	return db.NewModel[User](ModelName, now)
}

// NewStore returns the store of the user table.
func NewStore(s *db.Store, m *db.Model[User]) *Store { return &Store{db: s, model: m} }

// Follow has f hear of changes. It is called once, before the store is used.
func (s *Store) Follow(f Follower) { s.follower = f }

// followed runs write in a transaction where there is a Follower.
func (s *Store) followed(ctx context.Context, id string, write func(context.Context) error) error {
	if s.follower == nil {
		return write(ctx)
	}
	if !db.InTx(ctx) {
		if err := s.follower.Reach(ctx, id); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, write)
}

// Table returns the declared table.
func (s *Store) Table() *db.Table { return s.model.Table }

// Output returns the copy of a record that may leave the server: extra fields
// that are not returned are gone.
func (s *Store) Output(u User) User { return s.model.Output(u) }

// Record decodes a row, for code that reads users through a join.
func (s *Store) Record(row db.Row) (User, error) { return s.model.Record(row) }

// Create writes a user. The address is stored in lower case. A taken address
// is an error that matches db.ErrUnique.
func (s *Store) Create(ctx context.Context, u User) (User, error) {
	u.Email = NormalizeEmail(u.Email)
	row, err := s.db.Create(ctx, s.model.Table, s.model.Row(u))
	if err != nil {
		return User{}, err
	}
	return s.model.Record(row)
}

// ByEmail finds a user by address, in any case. ok is false when there is none.
func (s *Store) ByEmail(ctx context.Context, email string) (u User, ok bool, err error) {
	return s.first(ctx, db.Where{db.By("email", NormalizeEmail(email))})
}

// ByID finds a user by id. ok is false when there is none.
func (s *Store) ByID(ctx context.Context, id string) (u User, ok bool, err error) {
	if id == "" {
		return User{}, false, nil
	}
	return s.first(ctx, db.Where{db.By(db.ID, id)})
}

func (s *Store) first(ctx context.Context, w db.Where) (User, bool, error) {
	row, err := s.db.First(ctx, db.Query{Table: s.model.Table, Where: w})
	if err != nil || row == nil {
		return User{}, false, err
	}
	u, err := s.model.Record(row)
	return u, err == nil, err
}

// WithAccounts finds a user by address together with the accounts, in one
// statement. ok is false when there is none.
func (s *Store) WithAccounts(ctx context.Context, email string, accounts *account.Store) (u User, linked []account.Account, ok bool, err error) {
	row, err := s.db.First(ctx, db.Query{
		Table: s.model.Table,
		Where: db.Where{db.By("email", NormalizeEmail(email))},
		Joins: []db.Join{{Table: accounts.Table(), Local: db.ID, Foreign: "userId", Many: true}},
	})
	if err != nil || row == nil {
		return User{}, nil, false, err
	}
	rows, _ := row[account.ModelName].([]db.Row)
	if linked, err = accounts.Records(rows); err != nil {
		return User{}, nil, false, err
	}
	u, err = s.model.Record(row)
	return u, linked, err == nil, err
}

// Update changes fields of one user by id and returns the user as it is then.
// ok is false when there is no such user.
func (s *Store) Update(ctx context.Context, id string, set db.Row) (u User, ok bool, err error) {
	return s.UpdateIf(ctx, id, nil, set)
}

// UpdateIf is Update for a user who still meets a condition. Of many at once
// with a condition that the change ends, exactly one is ok.
func (s *Store) UpdateIf(ctx context.Context, id string, still db.Where, set db.Row) (u User, ok bool, err error) {
	set = maps.Clone(set)
	if email, has := set["email"].(string); has {
		set["email"] = NormalizeEmail(email)
	}
	where := append(db.Where{db.By(db.ID, id)}, still...)
	err = s.followed(ctx, id, func(ctx context.Context) error {
		u, ok = User{}, false // of an earlier run
		res, err := s.db.Update(ctx, db.Change{Table: s.model.Table, Where: where, Set: set, Returning: true})
		if err != nil || len(res.Rows) == 0 {
			return err
		}
		if u, err = s.model.Record(res.Rows[0]); err != nil {
			return err
		}
		if ok = true; s.follower == nil {
			return nil
		}
		return s.follower.RefreshUser(ctx, id)
	})
	if err != nil {
		return User{}, false, err
	}
	return u, ok, nil
}

// RowJSON encodes a whole record, as a storage beside the database keeps it.
func (s *Store) RowJSON(u User) (json.RawMessage, error) { return s.model.RowJSON(u) }

// FromJSON reads the forms that MarshalJSON and RowJSON write.
func (s *Store) FromJSON(text string) (User, error) { return s.model.FromJSON(text) }
