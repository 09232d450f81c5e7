// Package account holds the account record, the link between a user and a way
// to sign in, and the only code that touches its table.
package account

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// ModelName is upstream's name of the model.
const ModelName = "account"

// Credential is the provider id of the account that holds a password.
const Credential = "credential"

// Account is one way to sign in as a user. Tokens and the password hash never
// leave the server: the record has no JSON form of its own.
type Account struct {
	ID                    string         `db:"id"`
	AccountID             string         `db:"accountId"` // the provider's id of the user; the user's own id for credentials
	ProviderID            string         `db:"providerId"`
	UserID                string         `db:"userId,index,ref=user"`
	AccessToken           *string        `db:"accessToken,noreturn"`
	RefreshToken          *string        `db:"refreshToken,noreturn"`
	IDToken               *string        `db:"idToken,noreturn"`
	AccessTokenExpiresAt  *time.Time     `db:"accessTokenExpiresAt,noreturn"`
	RefreshTokenExpiresAt *time.Time     `db:"refreshTokenExpiresAt,noreturn"`
	Scope                 *string        `db:"scope"`
	Password              *string        `db:"password,noreturn"` // see core/password for the format
	CreatedAt             time.Time      `db:"createdAt,now"`
	UpdatedAt             time.Time      `db:"updatedAt,now,touch"`
	Extra                 map[string]any `db:",extra"`
}

// MarshalJSON encodes an empty object, so that an account that is encoded by
// mistake reveals nothing.
func (a Account) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }

// Store reads and writes accounts.
type Store struct {
	db    *db.Store
	model *db.Model[Account]
}

// NewModel declares the account table with the given clock.
func NewModel(now func() time.Time) (*db.Model[Account], error) {
	return db.NewModel[Account](ModelName, now)
}

// NewStore returns the store of the account table.
func NewStore(s *db.Store, m *db.Model[Account]) *Store { return &Store{db: s, model: m} }

// Table returns the declared table.
func (s *Store) Table() *db.Table { return s.model.Table }

// Records decodes rows, for code that reads accounts through a join.
func (s *Store) Records(rows []db.Row) ([]Account, error) { return s.model.Records(rows) }

// Create links an account to a user.
func (s *Store) Create(ctx context.Context, a Account) (Account, error) {
	row, err := s.db.Create(ctx, s.model.Table, s.model.Row(a))
	if err != nil {
		return Account{}, err
	}
	return s.model.Record(row)
}

// OfUser lists the accounts of a user.
func (s *Store) OfUser(ctx context.Context, userID string) ([]Account, error) {
	rows, err := s.db.Select(ctx, db.Query{Table: s.model.Table, Where: db.Where{db.By("userId", userID)}})
	if err != nil {
		return nil, err
	}
	return s.model.Records(rows)
}

// List returns the accounts of a user, the oldest first and no more than limit.
func (s *Store) List(ctx context.Context, userID string, limit int) ([]Account, error) {
	rows, err := s.db.Select(ctx, db.Query{
		Table: s.model.Table, Where: db.Where{db.By("userId", userID)},
		Order: []db.Order{{Field: "createdAt"}}, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	return s.model.Records(rows)
}

// locked runs fn with accounts of a user in a transaction, while no other call
// that decides by them goes on for that user.
func (s *Store) locked(ctx context.Context, userID string, read func(ctx context.Context, userID string) ([]Account, error), fn func(context.Context, []Account) error) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		// Ahead of any reading: what the transaction sees is no older than its turn.
		if err := s.db.Lock(ctx, "accounts of "+userID); err != nil {
			return fmt.Errorf("lock the accounts of a user: %w", err)
		}
		accounts, err := read(ctx, userID)
		if err != nil {
			return err
		}
		return fn(ctx, accounts)
	})
}
