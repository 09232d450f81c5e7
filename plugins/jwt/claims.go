package jwt

import (
	"errors"
	"fmt"
	"math"
	"net/url"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// terms are the claims that a token has unless its own say otherwise.
type terms struct {
	issuer   string // "" is the origin of the base URL
	audience any    // a string or a []any of strings; nil is the origin of the base URL
	span     int64  // how long a token lasts, in seconds
	at       int64  // or, unless 0, when all of them end, in seconds since 1970
}

// named are the terms with their defaults for a call.
func (t terms) named(c *core.Ctx) (terms, error) {
	if t.issuer != "" && t.audience != nil {
		return t, nil
	}
	origin := originOf(c.BaseURL())
	if origin == "" {
		return t, ErrNoIssuer
	}
	if t.issuer == "" {
		t.issuer = origin
	}
	if t.audience == nil {
		t.audience = origin
	}
	return t, nil
}

func originOf(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// complete makes the claims of a token from those that are given: exp, iss and aud
// are there in the end, and sub, iat, nbf and jti as they should be where they are.
func (t terms) complete(c *core.Ctx, given *wire.Object) (*wire.Object, error) {
	claims, err := plain(given)
	if err != nil {
		return nil, err
	}
	now := c.Now().Unix()
	begin := now
	for _, name := range []string{"iat", "nbf", "exp"} {
		v, _ := claims.Get(name)
		if v == nil || v == "" {
			continue // as upstream, for which it says nothing
		}
		at, err := numericDate(v, now)
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w", name, err)
		}
		if claims.Set(name, at); name == "iat" {
			begin = int64(at)
		}
	}
	if v, _ := claims.Get("exp"); v == nil {
		end := t.at
		if end == 0 {
			end = begin + t.span
		}
		claims.Set("exp", float64(end))
	}
	return claims, t.address(c, claims)
}

// address sets who a token is from, and checks whom it is about and for.
func (t terms) address(c *core.Ctx, claims *wire.Object) error {
	iss, _ := claims.Get("iss")
	aud, _ := claims.Get("aud")
	if iss == nil || aud == nil {
		full, err := t.named(c)
		if err != nil {
			return err
		}
		if iss == nil {
			claims.Set("iss", full.issuer)
		}
		if aud == nil {
			claims.Set("aud", full.audience)
		}
	}
	for _, name := range []string{"iss", "sub", "jti"} {
		v, _ := claims.Get(name)
		if _, text := v.(string); !text && (name == "iss" || wire.Truthy(v)) {
			return fmt.Errorf("claim %s: must be a string", name)
		}
	}
	if aud, _ = claims.Get("aud"); !isAudience(aud) {
		return errors.New("claim aud: must be a string or a list of strings")
	}
	return nil
}

func isAudience(v any) bool {
	if _, one := v.(string); one {
		return true
	}
	list, ok := v.([]any)
	for _, member := range list {
		if _, text := member.(string); !text {
			return false
		}
	}
	return ok
}

// numericDate reads a time: seconds since 1970, or a span from now on.
func numericDate(v any, now int64) (float64, error) {
	at, isNumber := v.(float64)
	if !isNumber {
		text, isText := v.(string)
		if !isText {
			return 0, errors.New("must be a number of seconds since 1970 or a time span")
		}
		seconds, err := parseSpan(text)
		if err != nil {
			return 0, err
		}
		at = float64(now + seconds)
	}
	if math.Abs(at) > maxNumericDate {
		return 0, errors.New("is out of range")
	}
	return at, nil
}

// plain is a copy of claims as whoever reads the token will see them.
func plain(given *wire.Object) (*wire.Object, error) {
	text, err := wire.Marshal(given)
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	v, err := wire.Decode(text, wire.Limits{})
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	claims, ok := v.(*wire.Object)
	if !ok {
		return nil, errors.New("claims: there are none")
	}
	return claims, nil
}
