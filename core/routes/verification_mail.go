package routes

import (
	"context"
	"encoding/json"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/percent"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// sendsOnSignUp tells whether a new user gets a verification mail.
func (p *Plugin) sendsOnSignUp() bool {
	o := p.auth.Options()
	if o.EmailVerification.SendOnSignUp != nil {
		return *o.EmailVerification.SendOnSignUp
	}
	return o.EmailAndPassword.RequireEmailVerification
}

// mailVerification sends the link that proves an address, in the background.
// Without a sender it does nothing, as upstream.
func (p *Plugin) mailVerification(c *core.Ctx, u user.User, callbackURL *string) error {
	send := p.auth.Options().EmailVerification.SendVerificationEmail
	if send == nil {
		return nil
	}
	token, err := p.verificationToken(c, u)
	if err != nil {
		return err
	}
	target := "/"
	if callbackURL != nil && *callbackURL != "" {
		target = *callbackURL
	}
	mail := core.VerificationEmail{
		User: u, Token: token,
		URL: c.BaseURL() + "/verify-email?token=" + token + "&callbackURL=" + percent.Encode(target),
	}
	c.Go("sendVerificationEmail", func(ctx context.Context) error { return send(ctx, mail) })
	return nil
}

// verificationToken is a JWT of the address under the server's secret, as
// upstream; the user's id binds it to this user, as since 1.7.
func (p *Plugin) verificationToken(c *core.Ctx, u user.User) (string, error) {
	raw, err := wire.Marshal(wire.ObjectOf("email", u.Email, "userId", u.ID))
	if err != nil {
		return "", err
	}
	return p.auth.Keys().SignJWT(json.RawMessage(raw), p.auth.Options().EmailVerification.ExpiresIn, c.Now())
}
