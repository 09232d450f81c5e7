package jwt

import (
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// SignInput is what Plugin.SignJWT takes.
type SignInput struct {
	// Payload are the claims. Of exp, iss and aud the options give those that are
	// missing; times are seconds since 1970 or spans such as "1h".
	Payload *wire.Object `json:"payload"`
	// OverrideOptions stands in the place of the option jwt for this token: an object
	// jwt with issuer, audience and expirationTime, or some of them; what it leaves out
	// has its default.
	OverrideOptions *wire.Object `json:"overrideOptions,optional"`
}

func (p *Plugin) signJWT(c *core.Ctx, in SignInput) (*TokenOutput, error) {
	t := p.terms
	if in.OverrideOptions != nil {
		var err error
		if t, err = t.overridden(in.OverrideOptions); err != nil {
			return nil, fmt.Errorf("overrideOptions: %w", err)
		}
	}
	token, err := p.signWith(c, in.Payload, t)
	if err != nil {
		return nil, err
	}
	return &TokenOutput{Token: token}, nil
}

// overridden are the terms of a call's own options. As upstream, an option jwt of the
// call replaces that of the server as a whole.
func (t terms) overridden(by *wire.Object) (terms, error) {
	for name, v := range by.All() {
		o, ok := v.(*wire.Object)
		if name != "jwt" || !ok {
			return t, fmt.Errorf("%s: only an object jwt can be overridden", name)
		}
		var err error
		if t, err = termsOf(o); err != nil {
			return t, fmt.Errorf("jwt: %w", err)
		}
	}
	return t, nil
}

func termsOf(o *wire.Object) (terms, error) {
	var given Tokens
	for name, v := range o.All() {
		var ok bool
		switch name {
		case "issuer":
			given.Issuer, ok = v.(string)
		case "audience":
			if given.Audience, ok = v.(string); !ok {
				given.Audiences, ok = textsIn(v)
			}
		case "expirationTime":
			if given.ExpirationTime, ok = v.(string); !ok {
				var at float64
				if at, ok = v.(float64); ok {
					given.ExpiresAt = int64(at)
				}
			}
		default:
			return terms{}, fmt.Errorf("%s: cannot be overridden", name)
		}
		if !ok {
			return terms{}, fmt.Errorf("%s: has another type", name)
		}
	}
	if given.ExpiresAt < 0 {
		return terms{}, errors.New("expirationTime: must not be negative")
	}
	return given.terms()
}

// textsIn is a list of strings.
func textsIn(v any) ([]string, bool) {
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i, member := range list {
		text, isText := member.(string)
		if out[i] = text; !isText {
			return nil, false
		}
	}
	return out, ok
}
