package routes_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

const (
	lastAccount = `{"message":"You can't unlink your last account","code":"FAILED_TO_UNLINK_LAST_ACCOUNT"}`
	noAccount   = `{"message":"Account not found","code":"ACCOUNT_NOT_FOUND"}`
)

// accountsOf tells which accounts there are, by provider and the provider's id;
// the user's own id is "own".
func accountsOf(t *testing.T, s *authtest.Server) string {
	t.Helper()
	var list []string
	for _, row := range stored(t, s, "account") {
		id := row["accountId"].(string)
		if id == row["userId"] {
			id = "own"
		}
		list = append(list, row["providerId"].(string)+":"+id)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// Rows "1.7" are the selector of the newer client; the others are those of 1.6.9.
func TestUnlinkAccount(t *testing.T) {
	const all = "credential:own github:h-1 google:g-1 google:g-2"
	for _, tc := range []struct {
		name   string
		body   map[string]any
		answer string
		left   string
	}{
		{"a provider", map[string]any{"providerId": "github"}, done, "credential:own google:g-1 google:g-2"},
		{"the password", map[string]any{"providerId": "credential"}, done, "github:h-1 google:g-1 google:g-2"},
		{"a provider and its id", map[string]any{"providerId": "google", "accountId": "g-2"}, done, "credential:own github:h-1 google:g-1"},
		{"a provider and an empty id", map[string]any{"providerId": "github", "accountId": ""}, done, "credential:own google:g-1 google:g-2"},
		{"a provider that the user has not", map[string]any{"providerId": "apple"}, noAccount, all},
		{"a provider without a name", map[string]any{"providerId": ""}, noAccount, all},
		{"another id", map[string]any{"providerId": "google", "accountId": "g-3"}, noAccount, all},
		{"the id of another provider", map[string]any{"providerId": "google", "accountId": "h-1"}, noAccount, all},
		{"a provider and the id of the account", map[string]any{"providerId": "google", "accountId": "row"}, noAccount, all},
		{"1.7: the id of the account", map[string]any{"accountId": "row"}, done, "credential:own github:h-1 google:g-1"},
		{"1.7: the provider's id alone", map[string]any{"accountId": "g-2"}, noAccount, all},
		{"1.7: an empty id", map[string]any{"accountId": ""}, noAccount, all},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t)
			c := signUpAnn(t, s, nil)
			link(t, s, c, "google", "g-1", "")
			row := link(t, s, c, "google", "g-2", "").ID
			link(t, s, c, "github", "h-1", "")
			if tc.body["accountId"] == "row" {
				tc.body["accountId"] = row
			}
			status := http.StatusOK
			if tc.answer != done {
				status = http.StatusBadRequest
			}
			a := c.Post("/unlink-account", tc.body)
			answers(t, a, status, tc.answer)
			same(t, "accounts", tc.left, accountsOf(t, s))
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		})
	}
}

func TestTheLastAccountStays(t *testing.T) {
	s := authtest.New(t)
	c := signUpAnn(t, s, nil)
	own := stored(t, s, "account")[0][db.ID]
	// As upstream, also when it is not the one that was named.
	for _, body := range []map[string]any{{"providerId": "credential"}, {"accountId": own}, {"providerId": "google"}} {
		answers(t, c.Post("/unlink-account", body), http.StatusBadRequest, lastAccount)
	}
	same(t, "accounts", "credential:own", accountsOf(t, s))

	s = authtest.New(t, func(o *core.Options) { o.Account.AccountLinking.AllowUnlinkingAll = true })
	c = signUpAnn(t, s, nil)
	answers(t, c.Post("/unlink-account", `{"providerId":"credential"}`), http.StatusOK, done)
	answers(t, c.Post("/unlink-account", `{"providerId":"credential"}`), http.StatusBadRequest, noAccount)
	same(t, "accounts", "", accountsOf(t, s))
}

func TestUnlinkAccountRefusesInput(t *testing.T) {
	s := authtest.New(t)
	for _, c := range []*authtest.Client{signUpAnn(t, s, nil), s.Client()} {
		for _, tc := range []struct {
			body    any
			message string
		}{
			{`{}`, "[body.providerId] Invalid input: expected string, received undefined"},
			{`{"providerId":5}`, "[body.providerId] Invalid input: expected string, received number"},
			{`{"providerId":null}`, "[body.providerId] Invalid input: expected string, received null"},
			{`{"providerId":"google","accountId":5}`, "[body.accountId] Invalid input: expected string, received number"},
			{`[]`, "[body] Invalid input: expected object, received array"},
			{nil, "[body] Invalid input: expected object, received undefined"},
		} {
			answers(t, c.Post("/unlink-account", tc.body), http.StatusBadRequest, `{"message":"`+tc.message+`","code":"VALIDATION_ERROR"}`)
		}
	}
	same(t, "accounts", "credential:own", accountsOf(t, s))
}

func TestSomebodyElsesAccountCannotBeUnlinked(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Account.AccountLinking.AllowUnlinkingAll = true })
	ann, bob := signUpAnn(t, s, nil), s.Client()
	bob.SignUp("bob@example.com", password)
	annsGoogle, bobsGoogle := link(t, s, ann, "google", "g-1", ""), link(t, s, bob, "google", "g-2", "")
	for _, body := range []map[string]any{
		{"accountId": bobsGoogle.ID}, {"providerId": "google", "accountId": "g-2"}, {"providerId": "credential", "accountId": bobsGoogle.UserID},
	} {
		answers(t, ann.Post("/unlink-account", body), http.StatusBadRequest, noAccount)
	}
	answers(t, s.Client().Post("/unlink-account", map[string]any{"accountId": annsGoogle.ID}), http.StatusUnauthorized, unauthorized)
	same(t, "accounts", "credential:own credential:own google:g-1 google:g-2", accountsOf(t, s))
}

func TestUnlinkAccountNeedsAFreshSession(t *testing.T) {
	for age, want := range map[time.Duration]int{day - millisecond: http.StatusOK, day: http.StatusForbidden} {
		s := authtest.New(t)
		c := signUpAnn(t, s, nil)
		link(t, s, c, "google", "g-1", "")
		s.Clock.Advance(age)
		a := c.Post("/unlink-account", `{"providerId":"google"}`)
		if a.Status != want || want == http.StatusForbidden && a.Body != notFresh {
			t.Errorf("at an age of %v: %d %s", age, a.Status, a.Body)
		}
	}
	s := authtest.New(t, func(o *core.Options) { o.Session.FreshAge = new(time.Duration(0)) })
	c := signUpAnn(t, s, nil)
	link(t, s, c, "google", "g-1", "")
	s.Clock.Advance(5 * day)
	answers(t, c.Post("/unlink-account", `{"providerId":"google"}`), http.StatusOK, done)
}

func TestDatabaseHooksThatRefuseAnUnlinking(t *testing.T) {
	for _, tc := range hookRefusals(`{"message":"Failed to unlink account","code":"FAILED_TO_UNLINK_ACCOUNT"}`) {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, accountHooks(tc.err))
			c := signUpAnn(t, s, nil)
			link(t, s, c, "google", "g-1", "")
			answers(t, c.Post("/unlink-account", `{"providerId":"google"}`), tc.status, tc.answer)
			same(t, "accounts", "credential:own google:g-1", accountsOf(t, s))
		})
	}
}

func TestUnlinkAccountWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	link(t, s, c, "google", "g-1", "")
	failed := p.eachFails(t, func() *authtest.Answer {
		return c.Post("/unlink-account", `{"providerId":"google"}`)
	}, func() { same(t, "accounts", "credential:own google:g-1", accountsOf(t, s)) })
	if failed < 4 { // the session, the list, the removal, the commit
		t.Errorf("only %d calls can fail", failed)
	}
	same(t, "accounts", "credential:own", accountsOf(t, s))
}
