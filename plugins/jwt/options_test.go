package jwt_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

func try(t *testing.T, o jwt.Options, configure ...func(*core.Options)) error {
	t.Helper()
	_, err := authtest.Try(t, append(configure, func(c *core.Options) { c.Plugins = append(c.Plugins, jwt.New(o)) })...)
	return err
}

func TestKeyAndTokenOptionsThatAreRefused(t *testing.T) {
	elsewhere := func(context.Context, *wire.Object) (string, error) { return "", nil }
	for _, tt := range []struct {
		name, names string
		opts        jwt.Options
	}{
		{"a signer without the place of its keys", "jwks.remoteUrl", jwt.Options{JWT: jwt.Tokens{Sign: elsewhere}}},
		{"keys elsewhere without an algorithm", "jwks.keyPairConfig.alg", jwt.Options{JWKS: jwt.Keys{RemoteURL: "https://keys.example"}}},
		{"a path without a slash", "jwks.jwksPath", jwt.Options{JWKS: jwt.Keys{JWKSPath: "jwks"}}},
		{"a path that climbs", "jwks.jwksPath", jwt.Options{JWKS: jwt.Keys{JWKSPath: "/../jwks"}}},
		{"an algorithm with a shared secret", "jwks.keyPairConfig.alg", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: "HS256"}}}},
		{"no algorithm", "jwks.keyPairConfig.alg", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: "none"}}}},
		{"another curve", "jwks.keyPairConfig.crv", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Crv: "Ed448"}}}},
		{"a curve for RSA", "jwks.keyPairConfig.crv", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: jwt.RS256, Crv: "Ed25519"}}}},
		{"RSA keys that are too small", "jwks.keyPairConfig.modulusLength", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: jwt.RS256, ModulusLength: 1024}}}},
		{"RSA keys that are too large", "jwks.keyPairConfig.modulusLength", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: jwt.PS256, ModulusLength: 16384}}}},
		{"a size for EdDSA", "jwks.keyPairConfig.modulusLength", jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{ModulusLength: 2048}}}},
		{"a negative interval", "jwks.rotationInterval", jwt.Options{JWKS: jwt.Keys{RotationInterval: -time.Second}}},
		{"a negative grace period", "jwks.gracePeriod", jwt.Options{JWKS: jwt.Keys{GracePeriod: new(-time.Second)}}},
		{"a time span that is none", "jwt.expirationTime", jwt.Options{JWT: jwt.Tokens{ExpirationTime: "soon"}}},
		{"tokens that have ended", "jwt.expirationTime", jwt.Options{JWT: jwt.Tokens{ExpirationTime: "5m ago"}}},
		{"two ends", "jwt.expirationTime", jwt.Options{JWT: jwt.Tokens{ExpirationTime: "5m", ExpiresAt: 1800000000}}},
		{"two kinds of audiences", "jwt.audience", jwt.Options{JWT: jwt.Tokens{Audience: "a", Audiences: []string{"b"}}}},
		{"a field that is not there", "schema.jwks.fields", jwt.Options{Schema: jwt.Schema{JWKS: core.TableNames{Fields: map[string]string{"secret": "x"}}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := try(t, tt.opts); err == nil || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("got %v, want an error that names %s", err, tt.names)
			}
		})
	}
}

// Without a base URL whoever sends a request names the host, and with it whom its
// token is from and for.
func TestProductionNeedsSomebodyToBeTheIssuer(t *testing.T) {
	production := func(o *core.Options) {
		o.Production, o.BaseURL, o.EmailVerification = true, "", core.EmailVerification{}
		o.Secret = "Zk4tVw8xYb2cDf6gHj9kLm3nPq7rSs5u"
	}
	named := jwt.Tokens{Issuer: "https://issuer.example", Audience: "https://api.example"}
	for _, tt := range []struct {
		name   string
		tokens jwt.Tokens
		change func(*core.Options)
		want   bool
	}{
		{"no base URL", jwt.Tokens{}, func(*core.Options) {}, false},
		{"an issuer alone", jwt.Tokens{Issuer: "https://issuer.example"}, func(*core.Options) {}, false},
		{"an issuer and an audience", named, func(*core.Options) {}, true},
		{"a base URL", jwt.Tokens{}, func(o *core.Options) { o.BaseURL = "https://app.example.com" }, true},
		{"hosts that are allowed", jwt.Tokens{}, func(o *core.Options) {
			o.DynamicBaseURL = &core.DynamicBaseURL{AllowedHosts: []string{"app.example.com"}}
		}, true},
		{"as in 1.6.9", jwt.Tokens{}, func(o *core.Options) { o.Compat.IssuerFromRequestHost = true }, true},
		{"in development", jwt.Tokens{}, func(o *core.Options) { o.Production = false }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := try(t, jwt.Options{JWT: tt.tokens}, production, tt.change)
			if (err == nil) != tt.want {
				t.Errorf("got %v, want it to start: %t", err, tt.want)
			}
		})
	}
}
