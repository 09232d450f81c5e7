package account_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// owner is a user without accounts.
func owner(t *testing.T) (*account.Store, string) {
	t.Helper()
	s := authtest.New(t)
	u, err := s.Users().Create(t.Context(), user.User{Name: "Ann", Email: "ann@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return s.Accounts(), u.ID
}

// wantHash checks which hash a user's password has; "" is none.
func wantHash(t *testing.T, s *account.Store, userID, want string) account.Account {
	t.Helper()
	a, ok, err := s.WithPassword(t.Context(), userID)
	if err != nil || ok != (want != "") {
		t.Fatalf("there is a password: %v, %v", ok, err)
	}
	if ok && *a.Password != want {
		t.Errorf("the hash is %q, want %q", *a.Password, want)
	}
	return a
}

func TestAPasswordIsReplacedOnce(t *testing.T) {
	s, id := owner(t)
	wantHash(t, s, id, "")
	if err := s.SetPassword(t.Context(), id, "first"); err != nil {
		t.Fatal(err)
	}
	a := wantHash(t, s, id, "first")
	if a.AccountID != id || a.ProviderID != account.Credential {
		t.Errorf("the account is %+v", a)
	}
	if replaced, err := s.ReplacePassword(t.Context(), a, "second"); err != nil || !replaced {
		t.Errorf("replaced: %v, %v", replaced, err)
	}
	if replaced, err := s.ReplacePassword(t.Context(), a, "third"); err != nil || replaced {
		t.Errorf("replaced again: %v, %v", replaced, err)
	}
	wantHash(t, s, id, "second")
	if replaced, err := s.ReplacePassword(t.Context(), account.Account{ID: a.ID, UserID: id}, "third"); err != nil || replaced {
		t.Errorf("replaced without the hash of before: %v, %v", replaced, err)
	}
}

func TestAPasswordIsAddedOnce(t *testing.T) {
	s, id := owner(t)
	for i, hash := range []string{"first", "second"} {
		if added, err := s.AddPassword(t.Context(), id, hash); err != nil || added != (i == 0) {
			t.Errorf("added: %v, %v", added, err)
		}
	}
	wantHash(t, s, id, "first")
	if err := s.SetPassword(t.Context(), id, "third"); err != nil {
		t.Fatal(err)
	}
	wantHash(t, s, id, "third")
	if accounts, err := s.OfUser(t.Context(), id); err != nil || len(accounts) != 1 {
		t.Errorf("%d accounts, %v", len(accounts), err)
	}
}

func TestNobodyGetsNoPassword(t *testing.T) {
	s, _ := owner(t)
	if err := s.SetPassword(t.Context(), "nobody", "hash"); !errors.Is(err, db.ErrReference) {
		t.Errorf("set: %v", err)
	}
	if added, err := s.AddPassword(t.Context(), "nobody", "hash"); added || !errors.Is(err, db.ErrReference) {
		t.Errorf("added: %v, %v", added, err)
	}
}
