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
	r.t.Helper()
	c := r.client()
	c.SignUp(r.email(), password)
	id, _ := r.row("user", "email", r.email())[db.ID].(string)
	_, err := r.s.Accounts().Create(r.t.Context(), account.Account{UserID: id, ProviderID: "github", AccountID: id})
	if err != nil {
		r.t.Fatalf("link an account: %v", err)
	}
	accounts, err := r.s.Accounts().OfUser(r.t.Context(), id)
	if err != nil || len(accounts) != linked {
		r.t.Fatalf("%d accounts, want %d: %v", len(accounts), linked, err)
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
	answers := r.together(requests)
	r.wantWinner(answers, `{"message":"You can't unlink your last account","code":"FAILED_TO_UNLINK_LAST_ACCOUNT"}`)
	r.wantRows(1, "account", "userId", id)
}

func unlinkAll(o *core.Options) { o.Account.AccountLinking.AllowUnlinkingAll = true }

// allAccounts: each goes once.
func allAccounts(r *race) {
	requests, id := r.unlinkings()
	r.wantTally(map[int]int{http.StatusOK: linked, http.StatusBadRequest: racers - linked}, r.together(requests))
	r.wantRows(0, "account", "userId", id)
}
