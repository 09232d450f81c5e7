package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// maxToken bounds a token's text, in bytes, before any of it is read.
const maxToken = 8 << 10

// VerifyInput is what Plugin.VerifyJWT takes.
type VerifyInput struct {
	Token  string  `json:"token"`
	Issuer *string `json:"issuer"` // whom it must be from, instead of the option jwt.issuer
}

// VerifyOutput carries the claims of a token; nil for one that is not good.
type VerifyOutput struct {
	Payload *wire.Object `json:"payload"`
}

func (p *Plugin) verifyJWT(c *core.Ctx, in VerifyInput) (*VerifyOutput, error) {
	var want Expected
	if in.Issuer != nil {
		want.Issuer = *in.Issuer
	}
	claims, err := p.Verify(c, in.Token, want)
	if err != nil && !errors.Is(err, ErrInvalidToken) {
		return nil, err
	}
	return &VerifyOutput{Payload: claims}, nil
}

// Expected is what a token must say. What is empty is as the options say.
type Expected struct {
	Issuer   string
	Audience []string // one of them is enough
}

func refuse(why string) error { return fmt.Errorf("%w: %s", ErrInvalidToken, why) }

// Verify returns the claims of a token that one of the key pairs has signed: in the
// pair's own algorithm, whatever the token says, and not after its grace period; that
// has not ended, and is of the issuer and for the audience. It reads keys from nowhere
// else. The error for any other token is ErrInvalidToken.
func (p *Plugin) Verify(c *core.Ctx, token string, want Expected) (*wire.Object, error) {
	claims, err := p.verify(c, token, want)
	if errors.Is(err, ErrInvalidToken) {
		c.Log().DebugContext(c.Context(), "a token is refused", "error", err)
	}
	return claims, err
}

func (p *Plugin) verify(c *core.Ctx, token string, want Expected) (*wire.Object, error) {
	t := p.terms
	if want.Issuer != "" {
		t.issuer = want.Issuer
	}
	if len(want.Audience) > 0 {
		t.audience = texts(want.Audience)
	}
	t, err := t.named(c)
	if err != nil {
		return nil, err
	}
	payload, err := p.signedBy(c.Context(), token)
	if err != nil {
		return nil, err
	}
	v, err := wire.Decode(payload, wire.Limits{})
	claims, ok := v.(*wire.Object)
	if err != nil || !ok {
		return nil, refuse("its claims are no JSON object")
	}
	if err := t.judge(claims, c.Now().Unix()); err != nil {
		return nil, err
	}
	return claims, nil
}

// signedBy returns what a token holds if the pair that it names has signed it.
func (p *Plugin) signedBy(ctx context.Context, token string) ([]byte, error) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return nil, refuse("it is too long, or does not have three parts")
	}
	var header []byte
	for i, part := range strings.Split(token, ".") {
		// One spelling for each token: go-jose is not so strict.
		data, err := secret.AppendBase64URL(nil, part)
		if err != nil {
			return nil, refuse("it is not base64url")
		}
		if i == 0 {
			header = data
		}
	}
	kid, alg, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	k, found, err := p.pairs.byID(ctx, kid)
	switch {
	case errors.Is(err, db.ErrNUL):
		return nil, refuse("no key has such an id")
	case err != nil:
		return nil, err
	case !found:
		return nil, refuse("no key has its id")
	case k.over(p.auth.Now().Add(-p.grace)):
		return nil, refuse("the grace period of its key is over")
	}
	public, keyAlg, err := k.publicKey(p.algorithm)
	if err != nil {
		p.auth.Log().ErrorContext(ctx, "a key cannot be used", "error", err)
		return nil, refuse("its key cannot be used")
	}
	if alg != string(keyAlg) {
		return nil, refuse("its algorithm is not that of its key")
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(keyAlg)})
	if err != nil {
		return nil, refuse("it is malformed")
	}
	payload, err := signed.Verify(public)
	if err != nil {
		return nil, refuse("its signature is wrong")
	}
	return payload, nil
}

// readHeader returns the id of the key and the algorithm. What else a header may name
// to find a key by, such as jku, jwk or x5u, is never looked at.
func readHeader(text []byte) (kid, alg string, err error) {
	v, err := wire.Decode(text, wire.Limits{})
	header, ok := v.(*wire.Object)
	if err != nil || !ok {
		return "", "", refuse("its header is no JSON object")
	}
	if header.Has("crit") || header.Has("b64") {
		return "", "", refuse("its header has an extension")
	}
	kid, _ = textOf(header, "kid")
	if alg, _ = textOf(header, "alg"); kid == "" || alg == "" {
		return "", "", refuse("its header names no key, or no algorithm")
	}
	return kid, alg, nil
}

func textOf(o *wire.Object, name string) (string, bool) {
	v, _ := o.Get(name)
	text, ok := v.(string)
	return text, ok
}

// judge refuses claims that are not of this time, or not what is expected. There is
// no tolerance, as upstream; unlike there a token without an end is none.
func (t terms) judge(claims *wire.Object, now int64) error {
	for _, name := range []string{"iat", "nbf", "exp"} {
		v, there := claims.Get(name)
		if _, number := v.(float64); !number && (there || name == "exp") {
			return refuse(name + " is not a time")
		}
	}
	at := func(name string) float64 {
		v, _ := claims.Get(name)
		seconds, _ := v.(float64)
		return seconds
	}
	iss, _ := textOf(claims, "iss")
	sub, _ := textOf(claims, "sub")
	switch {
	case claims.Has("nbf") && at("nbf") > float64(now):
		return refuse("it is not valid yet")
	case at("exp") <= float64(now):
		return refuse("it has ended")
	case iss != t.issuer:
		return refuse("it is of another issuer")
	case sub == "":
		return refuse("it is about nobody")
	}
	aud, _ := claims.Get("aud")
	if !slices.ContainsFunc(listed(aud), func(a any) bool { return slices.Contains(listed(t.audience), a) }) {
		return refuse("it is for another audience")
	}
	return nil
}

// listed is an audience as a list of strings; anything else is left out.
func listed(audience any) []any {
	if one, ok := audience.(string); ok {
		return []any{one}
	}
	list, _ := audience.([]any)
	return slices.DeleteFunc(slices.Clone(list), func(v any) bool { _, text := v.(string); return !text })
}
