package config_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func TestOptionsOfTheJWTPlugin(t *testing.T) {
	for _, tt := range []struct{ name, options, refusal string }{
		{"nothing", ``, ""},
		{"an algorithm", `jwks: {keyPairConfig: {alg: ES512}}`, ""},
		{"RSA keys of a size", `jwks: {keyPairConfig: {alg: PS256, modulusLength: 4096}}`, ""},
		{"rotation, and no grace", `jwks: {rotationInterval: 30d, gracePeriod: 0}`, ""},
		{"one audience", `jwt: {issuer: "https://issuer.example", audience: "https://api.example"}`, ""},
		{"several audiences", `jwt: {audience: [a, b]}`, ""},
		{"a time span", `jwt: {expirationTime: 2 hours}`, ""},
		{"a time", `jwt: {expirationTime: 1900000000}`, ""},
		{"names", `schema: {jwks: {modelName: signing_keys, fields: {privateKey: private_key}}}`, ""},
		{"an algorithm with a shared secret", `jwks: {keyPairConfig: {alg: HS256}}`, "plugins.jwt.jwks.keyPairConfig.alg: expected EdDSA, ES256, ES512, PS256 or RS256"},
		{"an algorithm that is a number", `jwks: {keyPairConfig: {alg: 256}}`, "plugins.jwt.jwks.keyPairConfig.alg"},
		{"an audience that is a number", `jwt: {audience: 1}`, "plugins.jwt.jwt.audience"},
		{"code", `jwt: {definePayload: true}`, "takes code"},
		{"what only the server can tell", `jwt: {expirationTime: soon}`, "jwt.expirationTime: expected a time span"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := config.Parse([]byte("baseURL: http://localhost:3000\nsecret: gWx4S1oZk9vL2pQ7rT5uY8bN3mC6dF0h\nplugins: {jwt: {"+tt.options+"}}\n"), config.Source{Deliver: nowhere})
			if err == nil {
				cfg.Options.Database = memory.New()
				var auth *gatehouse.Auth
				if auth, err = gatehouse.New(cfg.Options); err == nil {
					err = auth.Close(context.WithoutCancel(t.Context()))
				}
			}
			if tt.refusal == "" && err != nil || tt.refusal != "" && (err == nil || !strings.Contains(err.Error(), tt.refusal)) {
				t.Errorf("got %v, want %q", err, tt.refusal)
			}
		})
	}
}
