package twofactor

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
)

// PasswordInput is the body of what asks for the password once more.
type PasswordInput struct {
	Password string `json:"password" doc:"The user's password; not needed of users without one where allowPasswordless says so"`
}

// StatusOutput says that it is done.
type StatusOutput struct {
	Status bool `json:"status"`
}

const (
	enablePath     = "/two-factor/enable"
	disablePath    = "/two-factor/disable"
	totpURIPath    = "/two-factor/get-totp-uri"
	newBackupsPath = "/two-factor/generate-backup-codes"
	verifyTOTPPath = "/two-factor/verify-totp"
	sendOTPPath    = "/two-factor/send-otp"
	verifyOTPPath  = "/two-factor/verify-otp"
	useBackupsPath = "/two-factor/verify-backup-code"
	passwordMember = "password"
)

// passwordPaths are the endpoints that ask for the password.
var passwordPaths = []string{enablePath, disablePath, totpURIPath, newBackupsPath}

// passwordless tells whether an endpoint does without the password of users who have
// none.
func (p *Plugin) passwordless(path string) bool {
	switch path {
	case totpURIPath:
		return *p.opts.TOTP.AllowPasswordless
	case newBackupsPath:
		return *p.opts.BackupCodes.AllowPasswordless
	}
	return p.opts.AllowPasswordless
}

// allowNoPassword lets a body go without the password where it may.
func (p *Plugin) allowNoPassword(c *core.Ctx) error {
	body := c.BodyObject()
	if body == nil || !p.passwordless(c.Pattern) {
		return nil
	}
	if _, given := body.Get(passwordMember); given {
		return nil
	}
	body = body.Clone()
	body.Set(passwordMember, "")
	c.SetBody(body)
	return nil
}

// checkPassword refuses unless the password is that of the signed-in user, and returns
// the account that holds it. Users without one need none where the endpoint allows it:
// that is the zero account.
func (p *Plugin) checkPassword(c *core.Ctx, given string) (verified account.Account, err error) {
	if err := c.CheckGivenPassword(given); err != nil {
		return account.Account{}, err
	}
	own, has, err := p.auth.Accounts().WithPassword(c.Context(), c.Session().User.ID)
	if err != nil {
		return account.Account{}, err
	}
	switch {
	case !has && p.passwordless(c.Pattern):
		return account.Account{}, nil
	case given == "":
		return account.Account{}, core.ErrInvalidPassword
	}
	if err := c.CheckPassword(own, given); err != nil {
		return account.Account{}, err
	}
	return own, nil
}
