package routes

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
)

// checkOwnPassword verifies the password of the signed-in user and returns the
// account that holds it. It tells a user who has none, which no stranger hears.
func (p *Plugin) checkOwnPassword(c *core.Ctx, given string) (account.Account, error) {
	if err := c.CheckGivenPassword(given); err != nil {
		return account.Account{}, err
	}
	own, ok, err := p.auth.Accounts().WithPassword(c.Context(), c.Session().User.ID)
	if err != nil {
		return account.Account{}, err
	}
	if !ok {
		return account.Account{}, core.ErrCredentialNotFound
	}
	if err := c.CheckPassword(own, given); err != nil {
		return account.Account{}, err
	}
	return own, nil
}
