package twofactor

import (
	"cmp"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// EnableInput is the body of POST /two-factor/enable.
type EnableInput struct {
	PasswordInput

	Issuer *string `json:"issuer" doc:"What authenticator apps show beside the address"`
	Method *string `json:"method" check:"enum=otp|totp" doc:"totp, for codes of an app, unless given; otp for codes that are sent"`
}

// EnableOutput is what the user sets up the app with. With codes that are sent there
// is nothing but the method.
type EnableOutput struct {
	Method      string   `json:"method" doc:"totp or otp"`
	TOTPURI     string   `json:"totpURI,omitempty" doc:"The secret as a URI, for a QR code"`
	BackupCodes []string `json:"backupCodes,omitempty" doc:"Codes that are good once each, for who has lost the app"`
}

func (p *Plugin) setUpEnable(s *core.Setup) {
	p.Enable = core.Route(s, core.Endpoint[EnableInput, EnableOutput]{
		Method: http.MethodPost, Path: enablePath, OperationID: "enableTwoFactor",
		Summary: "Set up a second factor",
		Doc:     core.Doc{Success: "What to set up the app with; a first code of it, or one that is sent, switches the factor on"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.enable,
	})
}

const (
	byTOTP = "totp"
	byOTP  = "otp"
)

func (p *Plugin) enable(c *core.Ctx, in EnableInput) (*EnableOutput, error) {
	verified, err := p.checkPassword(c, in.Password)
	if err != nil {
		return nil, err
	}
	method := ""
	if in.Method != nil {
		method = *in.Method
	}
	switch {
	case method == byOTP:
		return p.enableOTP(c, verified)
	case method == byTOTP && p.opts.TOTP.Disable:
		return nil, errTOTPNotAvailable
	}
	secret := p.auth.RandomID(secretLength)
	e, codes, err := p.newEnrolment(c, secret)
	if err != nil {
		return nil, err
	}
	issuer := ""
	if in.Issuer != nil {
		issuer = *in.Issuer
	}
	uri := p.totp([]byte(secret)).uri(cmp.Or(issuer, p.opts.Issuer, p.appName()), c.Session().User.Email)
	if err := p.enrol(c, verified, e); err != nil {
		return nil, err
	}
	noStore(c)
	return &EnableOutput{Method: byTOTP, TOTPURI: uri, BackupCodes: codes}, nil
}

// enableOTP switches the factor on for codes that are sent, which need no set-up. An
// app that has never shown a code goes: whoever began to set it up, perhaps in another
// session and before the password was changed, knows its backup codes.
func (p *Plugin) enableOTP(c *core.Ctx, verified account.Account) (*EnableOutput, error) {
	if p.opts.OTP.SendOTP == nil {
		return nil, errOTPNotAvailable
	}
	err := p.changing(c, verified, func(u user.User) error {
		if err := p.store.removeUnverified(c.Context(), u.ID); err != nil {
			return err
		}
		_, err := p.setEnabledAnew(c, u, c.Session().Session, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &EnableOutput{Method: byOTP}, nil
}

const secretLength = 32 // letters and digits: about 190 bits

// newEnrolment makes the secret and the backup codes of a user.
func (p *Plugin) newEnrolment(c *core.Ctx, secret string) (enrolment, []string, error) {
	sealed, err := p.auth.Keys().Encrypt(secret)
	if err != nil {
		return enrolment{}, nil, err
	}
	codes := p.newCodes()
	kept, err := p.sealCodes(c, codes)
	if err != nil {
		return enrolment{}, nil, err
	}
	return enrolment{Secret: sealed, BackupCodes: kept, UserID: c.Session().User.ID}, codes, nil
}

// enrol stores what a user is about to set up. What is in use already stays, unless
// the options restore 1.6.9.
func (p *Plugin) enrol(c *core.Ctx, verified account.Account, e enrolment) error {
	return p.changing(c, verified, func(u user.User) error {
		if err := p.keep(c, u, e); err != nil || !p.opts.SkipVerificationOnEnable {
			return err
		}
		_, err := p.setEnabledAnew(c, u, c.Session().Session, true)
		return err
	})
}

// keep stores an enrolment in the place of the one of before.
func (p *Plugin) keep(c *core.Ctx, u user.User, e enrolment) error {
	before, has, err := p.store.of(c.Context(), u.ID)
	if err != nil {
		return err
	}
	works := p.opts.SkipVerificationOnEnable
	if has && !before.unverified() {
		replaces := p.auth.Options().Compat.ReplaceTOTPInUse
		if enabled(u) && !replaces {
			return ErrTOTPAlreadyEnabled
		}
		works = works || replaces
	}
	if !has {
		e.Verified = &works
		return p.store.create(c.Context(), e)
	}
	_, err = p.store.change(c.Context(), before, nil, db.Row{
		"secret": e.Secret, "backupCodes": e.BackupCodes, "verified": works, "lastCodeAt": nil,
	})
	return err
}

// appName is how the application is called.
func (p *Plugin) appName() string { return cmp.Or(p.auth.Options().AppName, "Better Auth") }
