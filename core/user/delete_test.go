package user_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func TestAUserIsDeletedOnce(t *testing.T) {
	s := crowd(t)
	all, err := s.Users().List(t.Context(), user.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if ok, err := s.Users().Delete(t.Context(), all[0].ID); ok != want || err != nil {
			t.Errorf("call %d: %v, %v", i+1, ok, err)
		}
	}
	if n, err := s.Users().Count(t.Context(), nil); n != 5 || err != nil {
		t.Errorf("%d users are left, %v", n, err)
	}
	for _, id := range []string{"", "nobody"} {
		if ok, err := s.Users().Delete(t.Context(), id); ok || err != nil {
			t.Errorf("%q: %v, %v", id, ok, err)
		}
	}
}

func TestAHookMayKeepAUser(t *testing.T) {
	s := crowd(t, func(o *core.Options) {
		o.DatabaseHooks.User.BeforeDelete = func(context.Context, db.Row) error { return db.ErrStopped }
	})
	u, _, err := s.Users().ByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := s.Users().Delete(t.Context(), u.ID); ok || !errors.Is(err, db.ErrStopped) {
		t.Errorf("got %v, %v", ok, err)
	}
}
