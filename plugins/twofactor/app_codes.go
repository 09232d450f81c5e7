package twofactor

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// TOTPURIOutput is the secret of an authenticator app.
type TOTPURIOutput struct {
	TOTPURI string `json:"totpURI" doc:"The secret as a URI, for a QR code"`
}

// CodeInput is the body of POST /two-factor/verify-totp and verify-otp.
type CodeInput struct {
	Code        string `json:"code" doc:"The code"`
	TrustDevice *bool  `json:"trustDevice" doc:"Do not ask this browser again for as long as the server says"`
}

// GenerateTOTPInput is a secret, as it is and not in base32.
type GenerateTOTPInput struct {
	Secret string `json:"secret"`
}

// CodeOutput is a code.
type CodeOutput struct {
	Code string `json:"code"`
}

func (p *Plugin) setUpTOTP(s *core.Setup) {
	p.GetTOTPURI = core.Route(s, core.Endpoint[PasswordInput, TOTPURIOutput]{
		Method: http.MethodPost, Path: totpURIPath, OperationID: "getTOTPURI",
		Summary: "Show the secret of the authenticator app once more",
		Doc:     core.Doc{Success: "The secret"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.getTOTPURI,
	})
	p.VerifyTOTP = core.Route(s, core.Endpoint[CodeInput, VerifiedOutput]{
		Method: http.MethodPost, Path: verifyTOTPPath, OperationID: "verifyTOTP",
		Summary: "Show a code of the authenticator app",
		Doc:     core.Doc{Success: "The user is signed in, or the factor is on", Answers: refusals},
		Handle:  p.verifyTOTP,
	})
	p.GenerateTOTP = core.Route(s, core.Endpoint[GenerateTOTPInput, CodeOutput]{
		Method: http.MethodPost, ServerOnly: true, OperationID: "generateTOTP",
		Summary: "Make the code of now, as an authenticator app does",
		Handle:  p.generateTOTP,
	})
}

// refusals are what the verify endpoints answer beyond any endpoint.
var refusals = map[int]string{http.StatusTooManyRequests: "Too many requests, or too many wrong codes of this user."}

// totp is how codes of a key are made here.
func (p *Plugin) totp(key []byte) totp {
	return totp{key: key, digits: p.opts.TOTP.Digits, period: p.opts.TOTP.Period}
}

// open reads the stored secret of a user.
func (p *Plugin) open(e enrolment) (totp, error) {
	secret, err := p.auth.Keys().Decrypt(e.Secret)
	if err != nil {
		return totp{}, err
	}
	key, err := keyOf(secret)
	return p.totp(key), err
}

func (p *Plugin) getTOTPURI(c *core.Ctx, in PasswordInput) (*TOTPURIOutput, error) {
	if p.opts.TOTP.Disable {
		return nil, ErrTOTPNotConfigured
	}
	u := c.Session().User
	e, ok, err := p.store.of(c.Context(), u.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrTOTPNotEnabled
	}
	if _, err := p.checkPassword(c, in.Password); err != nil {
		return nil, err
	}
	t, err := p.open(e)
	if err != nil {
		return nil, err
	}
	noStore(c)
	// As upstream, without the issuer of the options.
	return &TOTPURIOutput{t.uri(p.appName(), u.Email)}, nil
}

func (p *Plugin) generateTOTP(c *core.Ctx, in GenerateTOTPInput) (*CodeOutput, error) {
	if p.opts.TOTP.Disable {
		return nil, ErrTOTPNotConfigured
	}
	t := p.totp([]byte(in.Secret))
	return &CodeOutput{t.code(t.step(c.Now()))}, nil
}

func (p *Plugin) verifyTOTP(c *core.Ctx, in CodeInput) (*VerifiedOutput, error) {
	if p.opts.TOTP.Disable {
		return nil, ErrTOTPNotConfigured
	}
	cl, err := p.claimant(c)
	if err != nil {
		return nil, err
	}
	e, ok, err := p.store.of(c.Context(), cl.user.ID)
	if err != nil {
		return nil, err
	}
	if !ok || cl.signsIn() && e.unverified() {
		return nil, ErrTOTPNotEnabled
	}
	t, err := p.open(e) // ahead of counting: a secret that cannot be read is nobody's failure
	if err != nil {
		return nil, err
	}
	if err := p.beginTry(c, cl, &e); err != nil {
		return nil, err
	}
	step, right := t.match(in.Code, c.Now())
	if !right {
		return nil, ErrInvalidCode
	}
	spend := func() error { return p.spendStep(c, e, step) }
	switch {
	case cl.signsIn():
		return p.complete(c, cl, in.TrustDevice, spend)
	case !enabled(cl.user):
		if _, err := p.switchOn(c, cl, spend); err != nil {
			return nil, err
		}
	default:
		if err := spend(); err != nil {
			return nil, err
		}
	}
	// As upstream: the user and the token of before, also where there is a new session.
	return p.verified(c, cl), nil
}

// beginTry counts a try of a code of an app or of a backup code, ahead of looking at
// it. Somebody who is locked out spends no try of the challenge.
func (p *Plugin) beginTry(c *core.Ctx, cl *claimant, e *enrolment) error {
	if !cl.signsIn() {
		return nil
	}
	if p.locked(c, e) {
		return ErrAccountLocked
	}
	if err := p.countTry(c, cl); err != nil {
		return err
	}
	return p.begin(c, cl, e)
}

// spendStep accepts the code of a time step, if none of it or of a later one was
// accepted before, and the secret is still the one that made it. Of many requests
// with one code, one goes through (RFC 6238, section 5.2).
func (p *Plugin) spendStep(c *core.Ctx, e enrolment, step time.Time) error {
	ok, err := p.store.change(c.Context(), e, db.Where{
		db.By("secret", e.Secret),
		{Any: []db.Where{{db.By("lastCodeAt", nil)}, {{Field: "lastCodeAt", Op: db.Lt, Value: step}}}},
	}, db.Row{"lastCodeAt": step, "verified": true})
	if err == nil && !ok {
		return ErrInvalidCode
	}
	return err
}
