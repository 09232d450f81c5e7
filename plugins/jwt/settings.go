package jwt

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
)

const (
	defaultPath     = "/jwks"
	defaultGrace    = 30 * 24 * time.Hour
	defaultLifetime = "15m"

	minModulus = 2048
	maxModulus = 8192
)

// settle checks the options and fills in upstream's defaults.
func (p *Plugin) settle(server *core.Options) error {
	keys, tokens := &p.opts.JWKS, &p.opts.JWT
	pair := &keys.KeyPairConfig
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if tokens.Sign != nil && keys.RemoteURL == "" {
		bad("jwks.remoteUrl: needed with jwt.sign, so that somebody can verify what it signs")
	}
	if keys.RemoteURL != "" && pair.Alg == "" {
		bad("jwks.keyPairConfig.alg: needed with jwks.remoteUrl")
	}
	keys.JWKSPath = cmp.Or(keys.JWKSPath, defaultPath)
	if !strings.HasPrefix(keys.JWKSPath, "/") || strings.Contains(keys.JWKSPath, "..") {
		bad("jwks.jwksPath: must start with / and hold no ..")
	}
	pair.Alg = cmp.Or(pair.Alg, EdDSA)
	if !slices.Contains(Algorithms(), pair.Alg) {
		bad("jwks.keyPairConfig.alg: want one of %v", Algorithms())
	}
	if pair.Crv != "" && (pair.Alg != EdDSA || pair.Crv != curveEd25519) {
		bad("jwks.keyPairConfig.crv: is %s, and for EdDSA only", curveEd25519)
	}
	if n := pair.ModulusLength; n != 0 && (!pair.Alg.isRSA() || n < minModulus || n > maxModulus) {
		bad("jwks.keyPairConfig.modulusLength: is for RSA keys, and from %d to %d", minModulus, maxModulus)
	}
	pair.ModulusLength = cmp.Or(pair.ModulusLength, minModulus)
	p.algorithm, p.grace = pair.Alg, defaultGrace
	if keys.GracePeriod != nil {
		p.grace = *keys.GracePeriod
	}
	if p.grace < 0 || keys.RotationInterval < 0 {
		bad("jwks.gracePeriod, jwks.rotationInterval: must not be negative")
	}
	var err error
	if p.terms, err = tokens.terms(); err != nil {
		errs = append(errs, err)
	} else if p.terms.span <= 0 || p.terms.at < 0 {
		bad("jwt.expirationTime: a token must not end before it begins")
	}
	named := p.terms.issuer != "" && p.terms.audience != nil
	if server.Production && server.BaseURL == "" && server.DynamicBaseURL == nil && !named && !server.Compat.IssuerFromRequestHost {
		bad("baseURL: needed in production, or whoever sends a request chooses the issuer and the audience of the token; set it, or jwt.issuer and jwt.audience")
	}
	return errors.Join(errs...)
}

// terms are the claims that tokens have unless their own say otherwise.
func (o *Tokens) terms() (terms, error) {
	t := terms{issuer: o.Issuer, at: o.ExpiresAt}
	switch {
	case o.Audience != "" && o.Audiences != nil:
		return t, errors.New("jwt.audience: one text or a list, not both")
	case o.Audience != "":
		t.audience = o.Audience
	case len(o.Audiences) > 0:
		t.audience = texts(o.Audiences)
	}
	if o.ExpirationTime != "" && o.ExpiresAt != 0 {
		return t, errors.New("jwt.expirationTime: a time span or a time, not both")
	}
	var err error
	if t.span, err = parseSpan(cmp.Or(o.ExpirationTime, defaultLifetime)); err != nil {
		return t, fmt.Errorf("jwt.expirationTime: %w", err)
	}
	return t, nil
}

// texts is a list as a decoded value has it.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
