package routes

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// sendsOnSignUp tells whether a new user gets a verification mail.
func (p *Plugin) sendsOnSignUp() bool {
	o := p.auth.Options()
	if o.EmailVerification.SendOnSignUp != nil && o.EmailVerification.SendVerificationEmail != nil {
		return *o.EmailVerification.SendOnSignUp
	}
	return o.EmailAndPassword.RequireEmailVerification && o.EmailVerification.SendVerificationEmail != nil
}

// mailVerification sends the link that proves an address, in the background.
// Without a sender it does nothing, as upstream.
func (p *Plugin) mailVerification(c *core.Ctx, u user.User, callbackURL *string) error {
	return p.mailLink(c, u, verificationOf(u), callbackURL)
}

// mailLink sends a link to u's address with the sender of verifications. The
// address is the new one when the link is for a change.
func (p *Plugin) mailLink(c *core.Ctx, u user.User, t emailToken, callbackURL *string) error {
	send := p.auth.Options().EmailVerification.SendVerificationEmail
	if send == nil {
		return nil
	}
	token, link, err := p.emailLink(c, t, callbackURL)
	if err != nil {
		return err
	}
	mail := core.VerificationEmail{User: u, Token: token, URL: link}
	c.Go("sendVerificationEmail", func(ctx context.Context) error { return send(ctx, mail) })
	return nil
}

// mailNobody does the work of a mail for nothing, so that time does not tell
// whether there is somebody to write to. task names the work.
func (p *Plugin) mailNobody(c *core.Ctx, task string, t emailToken, callbackURL *string) error {
	if _, _, err := p.emailLink(c, t, callbackURL); err != nil {
		return err
	}
	c.Go(task, func(context.Context) error { return nil })
	return nil
}

// emailLink is a fresh token and the URL that redeems it and then goes on to
// callbackURL, the application's root unless given.
func (p *Plugin) emailLink(c *core.Ctx, t emailToken, callbackURL *string) (token, link string, err error) {
	if token, err = p.newEmailToken(c, t); err != nil {
		return "", "", err
	}
	return token, c.BaseURL() + "/verify-email?token=" + token + "&callbackURL=" + encodedTarget(callbackURL), nil
}

// verificationOf is what the link of a verification mail carries.
func verificationOf(u user.User) emailToken { return emailToken{Email: u.Email, UserID: u.ID} }
