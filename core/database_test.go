package core_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestDatabaseHooks(t *testing.T) {
	var seen []string
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User = db.Hooks{
			BeforeCreate: func(ctx context.Context, row db.Row) (db.Row, error) {
				c, ok := core.From(ctx)
				if !ok || c.Path != "/sign-up/email" {
					t.Error("the hook does not reach the request")
				}
				return db.Row{"name": row["name"].(string) + "!"}, nil
			},
			AfterCreate: func(ctx context.Context, row db.Row) error {
				seen = append(seen, "user "+row["name"].(string))
				return nil
			},
		}
		o.DatabaseHooks.Session = db.Hooks{
			AfterCreate:  func(context.Context, db.Row) error { seen = append(seen, "session"); return nil },
			BeforeDelete: func(context.Context, db.Row) error { seen = append(seen, "delete"); return nil },
			AfterDelete:  func(context.Context, db.Row) error { seen = append(seen, "deleted"); return nil },
		}
	}, with(plugin{"a", func(s *core.Setup) {
		s.DatabaseHooks("user", db.Hooks{AfterCreate: func(context.Context, db.Row) error { seen = append(seen, "plugin"); return nil }})
	}}))
	c := s.Client()
	a := c.SignUp("a@b.co", "password123")
	user, _ := a.Object(t).Get("user")
	if name, _ := user.(interface{ Get(string) (any, bool) }).Get("name"); name != "Test User!" {
		t.Errorf("the merged name: %v", name)
	}
	c.Post("/sign-out", nil)
	want := []string{"user Test User!", "plugin", "session", "delete", "deleted"}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("got  %v\nwant %v", seen, want)
	}
}

func TestAHookThatRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"ErrStopped is upstream's false", db.ErrStopped, http.StatusBadRequest, "FAILED_TO_CREATE_USER"},
		{"an Error is the answer", core.NewError(http.StatusForbidden, "NOT_INVITED", "By invitation only"), http.StatusForbidden, "NOT_INVITED"},
		{"anything else is upstream's failure", errors.New("boom"), http.StatusUnprocessableEntity, "FAILED_TO_CREATE_USER"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				o.DatabaseHooks.User.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
				o.DatabaseHooks.User.AfterCreate = func(context.Context, db.Row) error { t.Error("the after hook ran"); return nil }
			})
			a := s.Client().Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123"})
			if a.Status != tc.status || a.Text(t, "code") != tc.code || len(a.Header["Set-Cookie"]) > 0 {
				t.Errorf("got %d %s %v", a.Status, a.Body, a.Header["Set-Cookie"])
			}
		})
	}
}

// A later step fails: nothing of the sign-up stays, and no after hook runs.
func TestAfterHooksWaitForTheCommit(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User.AfterCreate = func(context.Context, db.Row) error { t.Error("the after hook ran"); return nil }
		o.DatabaseHooks.Account.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, errors.New("boom") }
	})
	a := s.Client().Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123"})
	if a.Status < 400 {
		t.Errorf("got %d", a.Status)
	}
	if _, ok, err := s.Users().ByEmail(t.Context(), "a@b.co"); ok || err != nil {
		t.Errorf("a half-written user: %v, %v", ok, err)
	}
}

func TestRenamedTablesAndColumns(t *testing.T) {
	var tables []*db.Table
	s := authtest.New(t, func(o *core.Options) {
		o.User.ModelName, o.User.Fields = "people", map[string]string{"email": "mail"}
		o.Session.Fields = map[string]string{"userId": "person"}
	})
	tables = s.Tables()
	names := map[string]string{}
	for _, table := range tables {
		names[table.Model] = table.Name
	}
	if want := map[string]string{"user": "people", "session": "session", "account": "account", "verification": "verification"}; !reflect.DeepEqual(names, want) {
		t.Errorf("tables %v", names)
	}
	if column, err := tables[0].Column("email"); err != nil || column != "mail" {
		t.Errorf("column %q, %v", column, err)
	}
	c := s.Client()
	c.SignUp("a@b.co", "password123")
	if a := c.Get("/get-session"); !strings.Contains(a.Body, `"email":"a@b.co"`) || strings.Contains(a.Body, "mail\":\"a@b.co\",\"mail") {
		t.Errorf("answers keep the field names: %s", a.Body)
	}
}

func TestFieldsOfPluginsOnTheUser(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		s.ExtendTable("user", &db.Field{Name: "plan", Type: db.String, Nullable: true}, &db.Field{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true},
			&db.Field{Name: "banned", Type: db.Boolean, Nullable: true, NotInput: true})
	}}))
	c := s.Client()
	a := c.Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123", "plan": "pro", "hidden": "h1dden"})
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `"plan":"pro"`) || strings.Contains(a.Body, "h1dden") {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	u, _, err := s.Users().ByEmail(t.Context(), "a@b.co")
	if err != nil || u.Extra["hidden"] != "h1dden" {
		t.Errorf("stored %v, %v", u.Extra, err)
	}
	a = c.Post("/sign-up/email", map[string]any{"name": "A", "email": "b@b.co", "password": "password123", "banned": true})
	if a.Status != http.StatusBadRequest || a.Body != `{"message":"banned is not allowed to be set","code":"FIELD_NOT_ALLOWED"}` {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}
