package routes_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

// link gives the user of a client another account, whose tokens and scopes are
// nobody's business.
func link(t *testing.T, s *authtest.Server, c *authtest.Client, provider, id, scope string) account.Account {
	t.Helper()
	found, ok, err := s.Sessions().ByToken(t.Context(), tokenOf(c))
	if err != nil || !ok {
		t.Fatalf("the client is not signed in: %v", err)
	}
	secret, until := "secret-of-"+provider, s.Clock.Now().Add(time.Hour)
	a, err := s.Accounts().Create(t.Context(), account.Account{
		UserID: found.User.ID, ProviderID: provider, AccountID: id, Scope: &scope,
		AccessToken: &secret, RefreshToken: &secret, IDToken: &secret, AccessTokenExpiresAt: &until, RefreshTokenExpiresAt: &until,
		Extra: map[string]any{},
	})
	if err != nil {
		t.Fatalf("link an account: %v", err)
	}
	return a
}

func TestListAccounts(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	s.Client().SignUp("bob@example.com", password)
	s.Clock.Advance(time.Minute)
	link(t, s, c, "google", "g-1", "openid,email")
	a := c.Get("/list-accounts")
	answers(t, named(a), http.StatusOK,
		`[{"accountId":"<1>","providerId":"credential","userId":"<1>","createdAt":"`+start+`","updatedAt":"`+start+`","id":"<2>","scopes":[]},`+
			`{"accountId":"g-1","providerId":"google","userId":"<1>","createdAt":"`+minuteLater+`","updatedAt":"`+minuteLater+`","id":"<3>","scopes":["openid","email"]}]`)
}

func TestAdditionalFieldsOfAccountsAreListed(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.Account.AdditionalFields = []core.Field{
			{Name: "origin", Type: db.String, Nullable: true, Default: always("web")},
			{Name: "note", Type: db.String, Nullable: true, Default: always("hush"), NotReturned: true},
		}
	})
	a := signUpAnn(t, s, nil).Get("/list-accounts")
	answers(t, named(a), http.StatusOK,
		`[{"accountId":"<1>","providerId":"credential","userId":"<1>","createdAt":"`+start+`","updatedAt":"`+start+`","origin":"web","id":"<2>","scopes":[]}]`)
}

// Neither over HTTP nor in process, nor in what a Go program encodes itself.
func TestListedAccountsHoldNoSecrets(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	link(t, s, c, "google", "g-1", "")
	out, err := s.Routes.ListAccounts.Call(t.Context(), struct{}{}, core.FromRequest(c.Request(http.MethodGet, "/", nil)))
	if err != nil || len(*out) != 2 {
		t.Fatalf("got %v, %v", out, err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := stored(t, s, "account")[0]["password"].(string)
	for _, listed := range []string{string(text), c.Get("/list-accounts").Body} {
		for _, secret := range []string{"secret-of-google", hash, "oken", "assword\""} {
			if strings.Contains(listed, secret) {
				t.Errorf("%q is in %s", secret, listed)
			}
		}
	}
}

func TestAListOfAccountsIsBounded(t *testing.T) {
	for _, tc := range []struct{ limit, linked, listed int }{{0, 105, 100}, {3, 5, 3}, {200, 105, 106}} {
		s := authtest.New(t, func(o *core.Options) { o.Advanced.Database.DefaultFindManyLimit = tc.limit })
		c := signUpAnn(t, s, nil)
		for range tc.linked {
			link(t, s, c, "google", s.RandomID(8), "")
		}
		if got := len(c.Get("/list-accounts").JSON(t).([]any)); got != tc.listed {
			t.Errorf("with a limit of %d there are %d of %d accounts", tc.limit, got, tc.linked+1)
		}
	}
	_, err := authtest.Try(t, func(o *core.Options) { o.Advanced.Database.DefaultFindManyLimit = -1 })
	if err == nil || !strings.Contains(err.Error(), "advanced.database.defaultFindManyLimit: must not be negative") {
		t.Errorf("a negative limit: %v", err)
	}
}

func TestListAccountsIsForTheSignedIn(t *testing.T) {
	s := authtest.New(t)
	signUpAnn(t, s, nil)
	answers(t, s.Client().Get("/list-accounts"), http.StatusUnauthorized, unauthorized)
	answers(t, s.Client().Post("/list-accounts", nil), http.StatusNotFound, "")
}

func TestListAccountsWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	for k := int64(1); k <= 2; k++ {
		p.count(k)
		a := c.Get("/list-accounts")
		p.count(0)
		answers(t, a, http.StatusInternalServerError, "")
	}
	if a := c.Get("/list-accounts"); a.Status != http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// accountHooks refuse the removal of accounts.
func accountHooks(err error) func(*core.Options) {
	return func(o *core.Options) {
		o.DatabaseHooks.Account.BeforeDelete = func(context.Context, db.Row) error { return err }
	}
}
