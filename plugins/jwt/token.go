package jwt

import (
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// TokenOutput carries a signed token.
type TokenOutput struct {
	Token string `json:"token" doc:"A JWT in its compact form"`
}

func (p *Plugin) getToken(c *core.Ctx, _ struct{}) (*TokenOutput, error) {
	token, err := p.tokenOf(c, *c.Session())
	if err != nil {
		return nil, err
	}
	c.SetHeader("Cache-Control", "no-store")
	return &TokenOutput{Token: token}, nil
}

// setHeader hands the token out with the session that get-session answers. Where
// there is none in the end, because it is over or an error came up, there is no
// token; 1.6.9 signs one for a session that has ended.
func (p *Plugin) setHeader(c *core.Ctx) error {
	current := c.CurrentSession()
	returned := c.Returned()
	if _, failed := returned.(*core.Error); failed || returned == nil || current == nil {
		return nil
	}
	token, err := p.tokenOf(c, *current)
	if err != nil {
		return err
	}
	c.ExposeHeader("set-auth-jwt", token)
	c.SetHeader("Cache-Control", "no-store")
	return nil
}

// tokenOf signs who is signed in.
func (p *Plugin) tokenOf(c *core.Ctx, s session.WithUser) (string, error) {
	// What the application may put into a token is what answers may show.
	s.User, s.Session = p.auth.Users().Output(s.User), p.auth.Sessions().Output(s.Session)
	claims, err := p.payload(c, s)
	if err != nil {
		return "", err
	}
	subject := s.User.ID
	if f := p.opts.JWT.GetSubject; f != nil {
		if subject, err = f(c.Context(), s); err != nil {
			return "", fmt.Errorf("jwt.getSubject: %w", err)
		}
	}
	claims.Set("sub", subject)
	if !claims.Has("iat") {
		claims.Set("iat", c.Now().Unix())
	}
	return p.Sign(c, claims)
}

// payload is what a token says about a session: the user, unless the application
// defines something else.
func (p *Plugin) payload(c *core.Ctx, s session.WithUser) (*wire.Object, error) {
	if f := p.opts.JWT.DefinePayload; f != nil {
		defined, err := f(c.Context(), s)
		if err != nil {
			return nil, fmt.Errorf("jwt.definePayload: %w", err)
		}
		claims := wire.NewObject()
		for name, v := range defined {
			claims.Set(name, v)
		}
		return claims, nil
	}
	claims := db.RecordObject(s.User)
	for _, name := range registered() {
		// A field of the user's that is called so says nothing about the token, and the
		// user may have written it.
		claims.Delete(name)
	}
	return claims, nil
}

// registered are the claims of RFC 7519, section 4.1.
func registered() []string { return []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} }

// Sign signs claims for another plugin, with the defaults of the options for those
// that are missing: exp, iss, aud. It may make a key pair.
func (p *Plugin) Sign(c *core.Ctx, claims *wire.Object) (string, error) {
	return p.signWith(c, claims, p.terms)
}

func (p *Plugin) signWith(c *core.Ctx, claims *wire.Object, t terms) (string, error) {
	full, err := t.complete(c, claims)
	if err != nil {
		return "", err
	}
	if f := p.opts.JWT.Sign; f != nil {
		token, err := f(c.Context(), full)
		if err != nil {
			return "", fmt.Errorf("jwt.sign: %w", err)
		}
		return token, nil
	}
	s, err := p.signer(c.Context())
	if err != nil {
		return "", err
	}
	return s.sign(full)
}
