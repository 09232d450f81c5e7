package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
)

// UnlinkAccountInput is the body of POST /unlink-account. With a provider,
// AccountID is the provider's id of the user and may be left out, as in 1.6.9;
// without one it is the id of the account, as since 1.7.
type UnlinkAccountInput struct {
	ProviderID *string `json:"providerId" doc:"The provider of the account, or \"credential\""`
	AccountID  *string `json:"accountId" doc:"With a provider, its id of the user; without one, the id of the account"`
}

var (
	errLastAccount = core.NewError(http.StatusBadRequest, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
	errNoAccount   = core.NewError(http.StatusBadRequest, "ACCOUNT_NOT_FOUND", "Account not found")
	errAccountKept = core.NewError(http.StatusBadRequest, "FAILED_TO_UNLINK_ACCOUNT", "Failed to unlink account")
	errNoSelector  = core.ErrValidation.WithMessage("[body.providerId] Invalid input: expected string, received undefined")
)

func (p *Plugin) setUpUnlinkAccount(s *core.Setup) {
	p.UnlinkAccount = core.Route(s, core.Endpoint[UnlinkAccountInput, StatusOutput]{
		Method: http.MethodPost, Path: "/unlink-account",
		Summary: "Take a way to sign in from the signed-in user",
		Doc:     core.Doc{Success: "The account is unlinked"},
		Use:     []core.Middleware{requireSelector, p.beyondCache(true)},
		Handle:  p.unlinkAccount,
	})
	s.ErrorCodes(core.ErrUnauthorized, core.ErrSessionNotFresh, errLastAccount, errNoAccount, errAccountKept)
}

// requireSelector wants an account to be named, ahead of the session as for
// every check of the input.
func requireSelector(c *core.Ctx) error {
	for _, name := range []string{"providerId", "accountId"} {
		if _, given := c.BodyObject().Get(name); given {
			return nil
		}
	}
	return errNoSelector
}

func (p *Plugin) unlinkAccount(c *core.Ctx, in UnlinkAccountInput) (*StatusOutput, error) {
	all := p.auth.Options().Account.AccountLinking.AllowUnlinkingAll
	err := p.auth.Accounts().Unlink(c.Context(), c.Session().User.ID, func(linked []account.Account) (string, error) {
		if len(linked) == 1 && !all {
			return "", errLastAccount
		}
		for _, a := range linked {
			if in.names(a) {
				return a.ID, nil
			}
		}
		return "", errNoAccount
	})
	return accepted(stopped(err, errAccountKept))
}

// names tells whether a is the account that is meant.
func (in UnlinkAccountInput) names(a account.Account) bool {
	switch {
	case in.ProviderID == nil:
		return in.AccountID != nil && a.ID == *in.AccountID
	case valueOf(in.AccountID) == "":
		return a.ProviderID == *in.ProviderID
	}
	return a.ProviderID == *in.ProviderID && a.AccountID == *in.AccountID
}
