package user_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func TestTheNextSerialIsTheOneThatComes(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Advanced.Database.GenerateID = db.IDSerial })
	for _, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
		s.Clock.Advance(1e9)
		guess, err := s.Users().NextSerial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		u, err := s.Users().Create(t.Context(), user.User{Email: email})
		if err != nil || u.ID != guess {
			t.Errorf("guessed %q, and it is %q (%v)", guess, u.ID, err)
		}
	}
}

func TestConflicts(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{
			{Name: "nick", Type: db.String, Nullable: true, Unique: true},
			{Name: "badge", Type: db.String, Nullable: true, Unique: true},
			{Name: "town", Type: db.String, Nullable: true},
		}
	})
	if _, err := s.Users().Create(t.Context(), user.User{Email: "a@example.com", Extra: map[string]any{"nick": "ace", "town": "Bern"}}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		extra map[string]any
		want  bool
	}{
		{"nothing", nil, false},
		{"a value that nobody has", map[string]any{"nick": "bee", "badge": "1"}, false},
		{"one that somebody has", map[string]any{"nick": "ace", "badge": "1"}, true},
		{"no value, as others have none", map[string]any{"badge": nil}, false},
		{"a value that may be shared", map[string]any{"town": "Bern"}, false},
	} {
		got, err := s.Users().Conflicts(t.Context(), user.User{Email: "b@example.com", Extra: tc.extra})
		if err != nil || got != tc.want {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
}
