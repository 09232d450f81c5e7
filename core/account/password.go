package account

import (
	"context"
	"errors"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// WithPassword finds the account that holds a user's password. ok is false when
// there is none.
func (s *Store) WithPassword(ctx context.Context, userID string) (a Account, ok bool, err error) {
	accounts, err := s.credentials(ctx, userID)
	if err != nil {
		return Account{}, false, err
	}
	a = WithPassword(accounts)
	return a, a.hasPassword(), nil
}

// WithPassword is the account that holds the password among those of a user.
// The zero account stands for none.
func WithPassword(accounts []Account) Account {
	i := slices.IndexFunc(accounts, func(a Account) bool { return a.ProviderID == Credential && a.hasPassword() })
	if i < 0 {
		return Account{}
	}
	return accounts[i]
}

// Holds tells whether an account is still there with the password that a has.
// Inside a transaction it stays so until that ends.
func (s *Store) Holds(ctx context.Context, a Account) (bool, error) {
	row, err := s.db.First(ctx, db.Query{
		Table: s.model.Table, Where: db.Where{db.By(db.ID, a.ID), db.By("password", a.Hash())},
		Fields: []string{db.ID}, ForUpdate: true,
	})
	return row != nil, err
}

// ReplacePassword puts a hash in the place of the one that a holds, unless that
// has been replaced already: of several at once, one does it. A user's other
// credential accounts, of which upstream can leave some, follow. replaced is
// false when the hash of a is another one now, or a is gone.
func (s *Store) ReplacePassword(ctx context.Context, a Account, hash string) (replaced bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context) error {
		res, err := s.db.Update(ctx, db.Change{
			Table: s.model.Table,
			Where: append(credentialsOf(a.UserID), db.Cond{Any: []db.Where{
				{db.By("password", a.Hash())}, {{Field: db.ID, Op: db.Ne, Value: a.ID}},
			}}),
			Set: db.Row{"password": hash}, Returning: true,
		})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(res.Rows, func(row db.Row) bool { return row[db.ID] == a.ID }) {
			return errReplaced
		}
		return nil
	})
	if errors.Is(err, errReplaced) {
		return false, nil
	}
	return err == nil, err
}

// errReplaced takes back what was done to a user's other accounts.
var errReplaced = errors.New("the password has been replaced")

// SetPassword gives a user a password whatever it was before. Every credential
// account takes it, and a user without one gets one. The error matches
// db.ErrReference when there is no such user.
func (s *Store) SetPassword(ctx context.Context, userID, hash string) error {
	return s.locked(ctx, userID, s.credentials, func(ctx context.Context, accounts []Account) error {
		if len(accounts) > 0 {
			res, err := s.db.Update(ctx, db.Change{
				Table: s.model.Table, Where: credentialsOf(userID), Set: db.Row{"password": hash},
			})
			if err != nil || res.Count > 0 {
				return err
			}
		}
		return s.CreateCredential(ctx, userID, hash)
	})
}

// CreateCredential gives a new user the account with the password. One who may
// have accounts takes SetPassword or AddPassword.
func (s *Store) CreateCredential(ctx context.Context, userID, hash string) error {
	_, err := s.Create(ctx, Account{UserID: userID, AccountID: userID, ProviderID: Credential, Password: &hash})
	return err
}

// AddPassword gives a user a password who has none. added is false when there
// is one. The error matches db.ErrReference when there is no such user.
func (s *Store) AddPassword(ctx context.Context, userID, hash string) (added bool, err error) {
	err = s.locked(ctx, userID, s.credentials, func(ctx context.Context, accounts []Account) error {
		added = false
		switch {
		case slices.ContainsFunc(accounts, Account.hasPassword):
			return nil
		case len(accounts) == 0:
			added = true
			return s.CreateCredential(ctx, userID, hash)
		}
		res, err := s.db.Update(ctx, db.Change{
			Table: s.model.Table,
			Where: append(credentialsOf(userID), db.Cond{Field: "password", Op: db.In, Value: []any{nil, ""}}),
			Set:   db.Row{"password": hash},
		})
		added = res.Count > 0
		return err
	})
	return added && err == nil, err
}

func (s *Store) credentials(ctx context.Context, userID string) ([]Account, error) {
	rows, err := s.db.Select(ctx, db.Query{Table: s.model.Table, Where: credentialsOf(userID)})
	if err != nil {
		return nil, err
	}
	return s.model.Records(rows)
}

func credentialsOf(userID string) db.Where {
	return db.Where{db.By("userId", userID), db.By("providerId", Credential)}
}

// Hash is the hash of the password, or "" when there is none.
func (a Account) Hash() string {
	if a.Password == nil {
		return ""
	}
	return *a.Password
}

// hasPassword is true of a hash that is not empty: an empty one is none.
func (a Account) hasPassword() bool { return a.Hash() != "" }
