package routes

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
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
		URL: c.BaseURL() + "/verify-email?token=" + token + "&callbackURL=" + encodeURIComponent(target),
	}
	c.Go("sendVerificationEmail", func(ctx context.Context) error { return send(ctx, mail) })
	return nil
}

// verificationToken is a JWT of the address under the server's secret, as
// upstream; the user's id binds it to this user, as since 1.7.
func (p *Plugin) verificationToken(c *core.Ctx, u user.User) (string, error) {
	claims := wire.NewObject()
	claims.Set("email", u.Email)
	claims.Set("userId", u.ID)
	raw, err := wire.Marshal(claims)
	if err != nil {
		return "", err
	}
	return p.auth.Keys().SignJWT(json.RawMessage(raw), p.auth.Options().EmailVerification.ExpiresIn, c.Now())
}

// encodeURIComponent escapes as JavaScript's function of that name, which keeps
// !'()* and writes a space as %20.
func encodeURIComponent(s string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(s))
}
