package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

// pairVector is a key pair of the jwt plugin and a token that it signed.
type pairVector struct {
	Keys      keys            `json:"keys"`
	Alg       jwt.Algorithm   `json:"alg"`
	Encrypted bool            `json:"encrypted"`
	Row       json.RawMessage `json:"row"`
	JWKS      string          `json:"jwks"` // as the endpoint answers
	Token     string          `json:"token"`
	Claims    string          `json:"claims"`
}

func keyPairs(ctx context.Context) ([]pairVector, error) {
	plain, short, rotated, _, _ := secrets()
	var out []pairVector
	for _, alg := range jwt.Algorithms() {
		for _, k := range []keys{plain, short, rotated} {
			for _, encrypted := range []bool{true, false} {
				v, err := keyPair(ctx, k, alg, encrypted)
				if err != nil {
					return nil, err
				}
				out = append(out, v)
			}
		}
	}
	return out, nil
}

func keyPair(ctx context.Context, k keys, alg jwt.Algorithm, encrypted bool) (pairVector, error) {
	p := jwt.New(jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: alg}, DisablePrivateKeyEncryption: !encrypted}})
	o := core.Options{
		BaseURL: "http://localhost:3000", Secret: k.Secret, Database: memory.New(),
		Plugins: []core.Plugin{p}, Logger: core.Logger{Disabled: true},
	}
	if k.Versions != nil {
		o.Secret = k.Legacy
	}
	for _, v := range k.Versions {
		o.Secrets = append(o.Secrets, secret.Version{Version: v.Version, Value: v.Value})
	}
	auth, err := core.New(o)
	if err != nil {
		return pairVector{}, err
	}
	given := wire.ObjectOf("sub", "u", "name", "Ada 🔑 Löve <&>\u2028")
	signed, err := p.SignJWT.Call(ctx, jwt.SignInput{Payload: given})
	if err != nil {
		return pairVector{}, err
	}
	read, err := p.VerifyJWT.Call(ctx, jwt.VerifyInput{Token: signed.Token})
	if err != nil {
		return pairVector{}, err
	}
	published, err := p.GetJWKS.Call(ctx, struct{}{})
	if err != nil {
		return pairVector{}, err
	}
	row, err := auth.Store().First(ctx, db.Query{Table: auth.Table(jwt.ModelName)})
	if err != nil {
		return pairVector{}, err
	}
	texts := make([][]byte, 3)
	for i, v := range []any{row, published, read.Payload} {
		if texts[i], err = wire.Marshal(v); err != nil {
			return pairVector{}, err
		}
	}
	return pairVector{k, alg, encrypted, texts[0], string(texts[1]), signed.Token, string(texts[2])}, errors.Join(err, auth.Close(ctx))
}
