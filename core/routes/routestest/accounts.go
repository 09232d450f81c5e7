package routestest

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// linked is how many accounts a user of these races has, each with a provider
// of its own.
const linked = 2

// unlinkings ask for both of a user's accounts to be unlinked, many times and in
// both ways to name one.
func (r *race) unlinkings() (requests []*http.Request, userID any) {
	r.T.Helper()
	c := r.Client()
	c.SignUp(r.Email(), password)
	id, _ := r.Row("user", "email", r.Email())[db.ID].(string)
	_, err := r.Server.Accounts().Create(r.T.Context(), account.Account{UserID: id, ProviderID: "github", AccountID: id})
	if err != nil {
		r.T.Fatalf("link an account: %v", err)
	}
	accounts, err := r.Server.Accounts().OfUser(r.T.Context(), id)
	if err != nil || len(accounts) != linked {
		r.T.Fatalf("%d accounts, want %d: %v", len(accounts), linked, err)
	}
	requests = make([]*http.Request, racers)
	for i := range requests {
		a := accounts[i%linked]
		body := map[string]any{"providerId": a.ProviderID}
		if i%4 < linked {
			body = map[string]any{"accountId": a.ID}
		}
		requests[i] = c.Request(http.MethodPost, "/unlink-account", body)
	}
	return requests, id
}

// lastAccounts: one goes and the other stays.
func lastAccounts(r *race) {
	requests, id := r.unlinkings()
	answers := r.Together(requests)
	r.WantWinner(answers, `{"message":"You can't unlink your last account","code":"FAILED_TO_UNLINK_LAST_ACCOUNT"}`)
	r.WantRows(1, "account", "userId", id)
}

func unlinkAll(o *core.Options) { o.Account.AccountLinking.AllowUnlinkingAll = true }

// allAccounts: each goes once.
func allAccounts(r *race) {
	requests, id := r.unlinkings()
	r.WantTally(map[int]int{http.StatusOK: linked, http.StatusBadRequest: racers - linked}, r.Together(requests))
	r.WantRows(0, "account", "userId", id)
}
