// Package jwt hands out signed tokens (JWT, RFC 7519) that say who is signed in,
// for services that ask the server's public keys (JWKS, RFC 7517) and not the
// server.
//
// A client gets one from GET /token, or from the header set-auth-jwt of
// GET /get-session. The application signs claims of its own with [Plugin.SignJWT],
// and other plugins with [Plugin.Sign].
//
// The key pairs are rows of the table jwks. The first one is made when it is
// needed, the next ones when [Keys.RotationInterval] has passed; a pair that is over
// stays published for [Keys.GracePeriod]. Better Auth on the same database with the
// same secret signs and verifies with the same rows.
package jwt

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Options configures the plugin. The zero value is the default.
type Options struct {
	JWKS Keys   `opt:"jwks"`
	JWT  Tokens `opt:"jwt"`
	// DisableSettingJWTHeader keeps tokens out of the answers of /get-session.
	DisableSettingJWTHeader bool   `opt:"disableSettingJwtHeader"`
	Schema                  Schema `opt:"schema"`
	// Adapter keeps the key pairs elsewhere than in the database.
	Adapter Adapter `opt:"adapter,code"`
}

// Keys configures the key pairs.
type Keys struct {
	// RemoteURL is where the public keys are, when others publish them. Then the
	// endpoint of the plugin is a 404.
	RemoteURL     string  `opt:"remoteUrl"`
	KeyPairConfig KeyPair `opt:"keyPairConfig"`
	// DisablePrivateKeyEncryption stores private keys as they are. Off, the server's
	// secret encrypts them.
	DisablePrivateKeyEncryption bool `opt:"disablePrivateKeyEncryption"`
	// RotationInterval is the age at which a pair stops signing; 0 is never.
	RotationInterval time.Duration `opt:"rotationInterval"`
	// GracePeriod is how long the public key of such a pair is published, and its
	// tokens verify; default 30 days.
	GracePeriod *time.Duration `opt:"gracePeriod"`
	// JWKSPath is the path of the endpoint; default "/jwks".
	JWKSPath string `opt:"jwksPath"`
}

// KeyPair says what new pairs are like.
type KeyPair struct {
	Alg Algorithm `opt:"alg"` // default EdDSA
	// Crv is the curve of EdDSA: Ed25519, which is the default.
	Crv string `opt:"crv"`
	// ModulusLength is the size of RSA keys in bits, from 2048 to 8192; default 2048.
	ModulusLength int `opt:"modulusLength"`
}

// Tokens configures what tokens say.
type Tokens struct {
	// Issuer is the claim iss; default the origin of the base URL.
	Issuer string `opt:"issuer"`
	// Audience is the claim aud; default the origin of the base URL. Audiences are
	// several, and a list in the token also when it is one.
	Audience  string   `opt:"audience"`
	Audiences []string `opt:"audience"`
	// ExpirationTime is how long a token lasts, in upstream's words for time spans:
	// "15m", "2 hours", "7 days"; default "15m". ExpiresAt is one end of all tokens
	// instead, in seconds since 1970.
	ExpirationTime string `opt:"expirationTime"`
	ExpiresAt      int64  `opt:"expirationTime"`

	// DefinePayload makes the claims of a session's token; default is the user as
	// answers show it. It may set iss, aud, exp, nbf, iat and jti; sub is GetSubject's.
	DefinePayload func(ctx context.Context, s session.WithUser) (map[string]any, error) `opt:"definePayload,code"`
	// GetSubject makes the claim sub; default is the user's id.
	GetSubject func(ctx context.Context, s session.WithUser) (string, error) `opt:"getSubject,code"`
	// Sign signs the claims elsewhere, where the keys of RemoteURL are, and returns
	// the token.
	Sign func(ctx context.Context, claims *wire.Object) (string, error) `opt:"sign,code"`
}

// Schema renames the table of the key pairs and its columns.
type Schema struct {
	JWKS core.TableNames `opt:"jwks"`
}

// Plugin carries the endpoints, for calls in process.
type Plugin struct {
	opts Options
	auth *core.Auth

	algorithm Algorithm
	grace     time.Duration
	terms     terms
	pairs     *pairs
	last      atomic.Pointer[signer] // the one that signed last

	GetJWKS  core.Bound[struct{}, JWKSOutput]
	GetToken core.Bound[struct{}, TokenOutput]
	// SignJWT signs any claims, and VerifyJWT reads a token. Neither has a path.
	SignJWT   core.Bound[SignInput, TokenOutput]
	VerifyJWT core.Bound[VerifyInput, VerifyOutput]
}

// New returns the plugin for one server.
func New(opts Options) *Plugin { return &Plugin{opts: opts} }

// ID is upstream's id of the plugin.
func (p *Plugin) ID() string { return "jwt" }

// Setup declares the table, the endpoints and the hook.
func (p *Plugin) Setup(s *core.Setup) error {
	p.auth = s.Auth()
	if err := p.settle(s.Options()); err != nil {
		return err
	}
	if err := p.declareTable(s); err != nil {
		return err
	}
	p.GetJWKS = core.Route(s, core.Endpoint[struct{}, JWKSOutput]{
		Method: http.MethodGet, Path: p.opts.JWKS.JWKSPath, OperationID: "getJSONWebKeySet",
		Summary: "The public keys that tokens verify with",
		Doc:     core.Doc{Success: "A JSON Web Key Set (RFC 7517)", Answers: map[int]string{http.StatusNotFound: "The keys are published elsewhere"}},
		Handle:  p.getJWKS,
	})
	p.GetToken = core.Route(s, core.Endpoint[struct{}, TokenOutput]{
		Method: http.MethodGet, Path: "/token", OperationID: "getJSONWebToken",
		Summary: "A token that says who is signed in",
		Use:     []core.Middleware{core.RequireSession},
		Handle:  p.getToken,
	})
	p.SignJWT = core.Route(s, core.Endpoint[SignInput, TokenOutput]{
		Method: http.MethodPost, ServerOnly: true, OperationID: "signJWT",
		Summary: "Sign claims",
		Handle:  p.signJWT,
	})
	p.VerifyJWT = core.Route(s, core.Endpoint[VerifyInput, VerifyOutput]{
		Method: http.MethodPost, ServerOnly: true, OperationID: "verifyJWT",
		Summary: "Read the claims of a token, if it is good",
		Handle:  p.verifyJWT,
	})
	s.ErrorCodes(errNotHere)
	if !p.opts.DisableSettingJWTHeader {
		s.After(core.Hook{Match: core.MatchPath("/get-session"), Run: p.setHeader})
	}
	return nil
}
