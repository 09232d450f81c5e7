package twofactor

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// SendOTPInput is the body of POST /two-factor/send-otp. Upstream takes trustDevice
// and does nothing with it.
type SendOTPInput struct {
	_           struct{} `body:"optional"`
	TrustDevice *bool    `json:"trustDevice" doc:"Taken and not used"`
}

// otpPurpose keeps the code that was sent to somebody, and behind a colon how often
// one was tried.
var otpPurpose = verification.Purpose{Prefix: "2fa-otp-", Shape: func(value string) bool {
	_, _, ok := cutTries(value)
	return ok
}}

// cutTries takes a stored code and its tries apart.
func cutTries(value string) (code string, tries int, ok bool) {
	at := strings.LastIndexByte(value, ':')
	if at < 1 || !isCount(value[at+1:]) {
		return "", 0, false
	}
	tries, err := strconv.Atoi(value[at+1:])
	return value[:at], tries, err == nil
}

func (p *Plugin) setUpOTP(s *core.Setup) {
	p.SendOTP = core.Route(s, core.Endpoint[SendOTPInput, StatusOutput]{
		Method: http.MethodPost, Path: sendOTPPath, OperationID: "sendTwoFactorOTP",
		Summary: "Send a code to the user",
		Doc:     core.Doc{Success: "It is on its way"},
		Handle:  p.sendOTP,
	})
	p.VerifyOTP = core.Route(s, core.Endpoint[CodeInput, VerifiedOutput]{
		Method: http.MethodPost, Path: verifyOTPPath, OperationID: "verifyTwoFactorOTP",
		Summary: "Show a code that was sent",
		Doc:     core.Doc{Success: "The user is signed in, or the factor is on", Answers: refusals},
		Handle:  p.verifyOTP,
	})
}

func (p *Plugin) sendOTP(c *core.Ctx, _ SendOTPInput) (*StatusOutput, error) {
	send := p.opts.OTP.SendOTP
	if send == nil {
		return nil, ErrOTPNotConfigured
	}
	cl, err := p.claimant(c)
	if err != nil {
		return nil, err
	}
	code := p.auth.RandomText(p.opts.OTP.Digits, "0123456789")
	kept, err := p.keepOTP(c.Context(), code)
	if err != nil {
		return nil, err
	}
	// One code at a time: the tries of an earlier one are over with it.
	err = c.Tx(func() error {
		if err := p.lock(c, cl.user.ID); err != nil {
			return err
		}
		v := p.auth.Verifications()
		if _, _, err := v.Redeem(c.Context(), otpPurpose, cl.key()); err != nil {
			return err
		}
		_, err := v.Create(c.Context(), otpPurpose, cl.key(), kept+":0", c.Now().Add(p.opts.OTP.Period))
		return err
	})
	if err != nil {
		return nil, err
	}
	m := Message{User: cl.user, OTP: code}
	c.Go("sendOTP", func(ctx context.Context) error { return send(ctx, m) })
	return &StatusOutput{Status: true}, nil
}

func (p *Plugin) verifyOTP(c *core.Ctx, in CodeInput) (*VerifiedOutput, error) {
	cl, err := p.claimant(c)
	if err != nil {
		return nil, err
	}
	kept, err := p.beginOTP(c, cl)
	if err != nil {
		return nil, err
	}
	right, err := p.isOTP(c.Context(), kept, in.Code)
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, ErrInvalidCode
	}
	spend := func() error { return p.spendOTP(c, cl, kept) }
	switch {
	case cl.signsIn() && !enabled(cl.user):
		// Switched off meanwhile: the password alone is enough, and asked for again.
		return nil, core.ErrCreateSession
	case cl.signsIn():
		return p.complete(c, cl, in.TrustDevice, spend)
	case !enabled(cl.user):
		rotated, err := p.switchOn(c, cl, spend)
		if err != nil {
			return nil, err
		}
		noStore(c)
		return &VerifiedOutput{Token: rotated.Session.Token, User: p.auth.Users().Output(rotated.User)}, nil
	}
	if err := spend(); err != nil {
		return nil, err
	}
	return p.verified(c, cl), nil
}

// beginOTP counts a try of the code that was sent to somebody, ahead of looking at
// it, and returns that code as it is stored. The first try too many says so; after
// it the code is as one that has expired.
func (p *Plugin) beginOTP(c *core.Ctx, cl *claimant) (kept string, err error) {
	var e *enrolment
	if cl.signsIn() {
		found, ok, err := p.store.of(c.Context(), cl.user.ID)
		if err != nil {
			return "", err
		}
		if ok {
			e = &found
		}
		if p.locked(c, e) {
			return "", ErrAccountLocked
		}
	}
	v, most := p.auth.Verifications(), p.opts.OTP.AllowedAttempts
	for {
		rec, ok, err := v.Find(c.Context(), otpPurpose, cl.key())
		if err != nil {
			return "", err
		}
		code, tries, _ := cutTries(rec.Value)
		if !ok || tries > most {
			return "", ErrOTPExpired
		}
		counted, err := v.Replace(c.Context(), otpPurpose, cl.key(), rec.Value, code+":"+strconv.Itoa(tries+1))
		switch {
		case err != nil:
			return "", err
		case !counted: // somebody else has: the number is nearer to its end
		case tries == most:
			return "", ErrTooManyAttempts
		default:
			return code, p.begin(c, cl, e)
		}
	}
}

// spendOTP takes the code away, if it is still the one that was looked at: of many
// requests with one code, one goes through. A code that was sent since stays.
func (p *Plugin) spendOTP(c *core.Ctx, cl *claimant, kept string) error {
	v := p.auth.Verifications()
	for before := ""; ; {
		rec, ok, err := v.Find(c.Context(), otpPurpose, cl.key())
		if err != nil {
			return err
		}
		// One that cannot be taken as it is found is kept by a database hook.
		if code, _, _ := cutTries(rec.Value); !ok || code != kept || rec.Value == before {
			return ErrInvalidCode
		}
		_, ok, err = v.RedeemOf(c.Context(), otpPurpose, cl.key(), rec.Value)
		if err != nil || ok {
			return err
		}
		before = rec.Value // somebody else has taken it, or counted a try
	}
}

// keepOTP gives a code the form in which it is stored.
func (p *Plugin) keepOTP(ctx context.Context, code string) (string, error) {
	switch how := p.opts.OTP.StoreOTP; {
	case how.Hashed:
		return hashed(code), nil
	case how.Hash != nil:
		return how.Hash(ctx, code)
	case how.Encrypt != nil:
		return how.Encrypt(ctx, code)
	case how.Encrypted:
		return p.auth.Keys().Encrypt(code)
	}
	return code, nil
}

// isOTP compares a stored code with the one that was given, in constant time.
func (p *Plugin) isOTP(ctx context.Context, kept, given string) (bool, error) {
	var err error
	switch how := p.opts.OTP.StoreOTP; {
	case how.Hashed:
		given = hashed(given)
	case how.Hash != nil:
		given, err = how.Hash(ctx, given)
	case how.Decrypt != nil:
		kept, err = how.Decrypt(ctx, kept)
	case how.Encrypted:
		kept, err = p.auth.Keys().Decrypt(kept)
	}
	return err == nil && subtle.ConstantTimeCompare([]byte(kept), []byte(given)) == 1, err
}

func hashed(code string) string {
	sum := sha256.Sum256([]byte(code))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
