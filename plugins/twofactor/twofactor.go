// Package twofactor asks for a second factor after the password: a code of an
// authenticator app (TOTP), a code that is sent to the user, or a backup code.
//
// A sign-in of a user who has it on opens no session. It answers
//
//	{"twoFactorRedirect": true, "twoFactorMethods": ["totp", "otp"]}
//
// and leaves a challenge in a cookie, which lasts ten minutes. The session begins
// when one of the verify endpoints has seen a right code. A browser that the user
// trusts is not asked again for thirty days from its last sign-in.
//
// In process, a sign-in that is challenged returns *core.Replaced with a *Challenge.
package twofactor

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Plugin carries the endpoints, for calls in process.
type Plugin struct {
	opts  Options
	auth  *core.Auth
	store *enrolments

	Enable              core.Bound[EnableInput, EnableOutput]
	Disable             core.Bound[PasswordInput, StatusOutput]
	GetTOTPURI          core.Bound[PasswordInput, TOTPURIOutput]
	VerifyTOTP          core.Bound[CodeInput, VerifiedOutput]
	GenerateTOTP        core.Bound[GenerateTOTPInput, CodeOutput]
	SendOTP             core.Bound[SendOTPInput, StatusOutput]
	VerifyOTP           core.Bound[CodeInput, VerifiedOutput]
	VerifyBackupCode    core.Bound[BackupCodeInput, VerifiedOutput]
	GenerateBackupCodes core.Bound[PasswordInput, BackupCodesOutput]
	ViewBackupCodes     core.Bound[ViewBackupCodesInput, BackupCodesOutput]
}

// New returns the plugin for one server.
func New(o Options) *Plugin { return &Plugin{opts: o} }

// ID is upstream's id of the plugin.
func (p *Plugin) ID() string { return "two-factor" }

// The fields and cookies that the plugin adds.
const (
	enabledField    = "twoFactorEnabled"
	challengeCookie = "two_factor"
	deviceCookie    = "trust_device"
)

// Setup declares the endpoints, the table and the hook that challenges sign-ins.
func (p *Plugin) Setup(s *core.Setup) error {
	if err := p.opts.check(); err != nil {
		return err
	}
	p.auth, p.opts = s.Auth(), p.opts.withDefaults()
	if err := p.declare(s); err != nil {
		return err
	}
	p.setUpEnable(s)
	p.setUpDisable(s)
	p.setUpTOTP(s)
	p.setUpOTP(s)
	p.setUpBackupCodes(s)
	s.Before(core.Hook{Match: core.MatchPath(passwordPaths...), Run: p.allowNoPassword})
	s.After(core.Hook{Match: core.MatchPath("/sign-in/email", "/sign-in/username", "/sign-in/phone-number"), Run: p.challenge})
	s.RateLimit(core.PathUnder("/two-factor/"), ratelimit.Rule{Window: 10 * time.Second, Max: 3})
	s.Cookie(challengeCookie, cookies.Override{MaxAge: &p.opts.CookieMaxAge})
	s.Cookie(deviceCookie, cookies.Override{MaxAge: &p.opts.TrustDeviceMaxAge})
	s.ErrorCodes(errorCodes...)
	return nil
}

// declare adds the table and the field of the user.
func (p *Plugin) declare(s *core.Setup) error {
	model, err := newModel(p.auth.Now)
	if err != nil {
		return err
	}
	p.store = &enrolments{p.auth, model}
	s.Table(model.Table)
	s.ExtendTable(user.ModelName, &db.Field{
		Name: enabledField, Type: db.Boolean, Nullable: true, NotInput: true, Default: func() any { return false },
	})
	s.Schema(user.ModelName, p.opts.Schema.User.Schema())
	names := p.opts.Schema.TwoFactor.Schema()
	if p.opts.TwoFactorTable != "" {
		names.ModelName = p.opts.TwoFactorTable
	}
	s.Schema(modelName, names)
	return nil
}

// enabled tells whether a user has to show a second factor.
func enabled(u user.User) bool {
	on, _ := u.Extra[enabledField].(bool)
	return on
}

// lock makes the changes of what a user has set up wait for each other until the
// transaction ends.
func (p *Plugin) lock(c *core.Ctx, userID string) error {
	return p.auth.Store().Lock(c.Context(), "two-factor:"+userID)
}

// setEnabled switches the second factor of a user on or off, if it is still as the
// request has found it: of many at once, one does it.
func (p *Plugin) setEnabled(c *core.Ctx, was user.User, on bool) (user.User, error) {
	still := db.By(enabledField, true)
	if !enabled(was) {
		still = db.Cond{Field: enabledField, Op: db.In, Value: []any{false, nil}}
	}
	u, ok, err := p.auth.Users().UpdateIf(c.Context(), was.ID, db.Where{still}, db.Row{enabledField: on})
	switch {
	case errors.Is(err, db.ErrStopped):
		return user.User{}, core.ErrUpdateUser.WithCause(err)
	case err != nil:
		return user.User{}, fmt.Errorf("set %s: %w", enabledField, err)
	case !ok:
		return user.User{}, core.ErrUnauthorized // changed, or deleted, meanwhile
	}
	return u, nil
}

// noStore keeps answers with tokens and codes out of caches.
func noStore(c *core.Ctx) { c.SetHeader("Cache-Control", "no-store") }
