package jwt

import (
	"encoding/json"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
)

// JWKSOutput is a JSON Web Key Set (RFC 7517, section 5).
type JWKSOutput struct {
	Keys []JSONWebKey `json:"keys" doc:"The public keys, from the oldest to the newest"`
}

// getJWKS publishes the keys whose grace period is not over. A row that holds no
// public key is passed over, so that the others stay usable.
func (p *Plugin) getJWKS(c *core.Ctx, _ struct{}) (*JWKSOutput, error) {
	if p.opts.JWKS.RemoteURL != "" {
		return nil, errNotHere
	}
	ctx := c.Context()
	list, none, err := p.pairs.published(ctx, c.Now().Add(-p.grace))
	if err != nil {
		return nil, err
	}
	if none {
		first, err := p.renew(ctx)
		if err != nil {
			return nil, err
		}
		list = []Key{first}
	}
	out := &JWKSOutput{Keys: []JSONWebKey{}}
	for _, k := range slices.Backward(list) {
		published, err := p.publish(k)
		if err != nil {
			c.Log().ErrorContext(ctx, "a key is not published", "error", err)
			continue
		}
		out.Keys = append(out.Keys, published)
	}
	return out, nil
}

// publish makes the public form of a pair. Only members that it names can get out.
func (p *Plugin) publish(k Key) (JSONWebKey, error) {
	_, alg, err := k.publicKey(p.algorithm)
	if err != nil {
		return JSONWebKey{}, err
	}
	var out JSONWebKey
	if err := json.Unmarshal([]byte(k.PublicKey), &out); err != nil {
		return JSONWebKey{}, err
	}
	out.Alg, out.Kid = string(alg), k.ID
	return out, nil
}
