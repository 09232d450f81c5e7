package vectors_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

type pairVector struct {
	Name      string
	Keys      keys
	Alg       jwt.Algorithm
	Encrypted bool
	Now       int64
	Row       struct{ ID, PublicKey, PrivateKey, CreatedAt string }
	Token     string
	Claims    map[string]any
}

// server has the row of a vector in its table, as 1.6.9 has left it there.
func (v pairVector) server(t *testing.T, o jwt.Options) (*authtest.Server, *jwt.Plugin) {
	t.Helper()
	p := jwt.New(o)
	s := authtest.New(t, func(c *core.Options) {
		c.Plugins = append(c.Plugins, p)
		if c.Secret = v.Keys.Secret; v.Keys.Versions != nil {
			c.Secret = v.Keys.Legacy
		}
		for _, version := range v.Keys.Versions {
			c.Secrets = append(c.Secrets, secret.Version{Version: version.Version, Value: version.Value})
		}
	})
	s.Clock.Advance(time.Unix(v.Now, 0).Sub(s.Now()))
	created, err := time.Parse(time.RFC3339, v.Row.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Store().Create(t.Context(), s.Table(jwt.ModelName), db.Row{
		"id": v.Row.ID, "publicKey": v.Row.PublicKey, "privateKey": v.Row.PrivateKey, "createdAt": created,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func read(t *testing.T, p *jwt.Plugin, token string) map[string]any {
	t.Helper()
	out, err := p.VerifyJWT.Call(t.Context(), jwt.VerifyInput{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	text, err := wire.Marshal(out.Payload)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestUpstreamKeyPairsVerifyAndSign(t *testing.T) {
	for _, v := range load[pairVector](t, "key-pairs") {
		t.Run(v.Name, func(t *testing.T) {
			s, p := v.server(t, jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: v.Alg}, DisablePrivateKeyEncryption: !v.Encrypted}})
			if diff := cmp.Diff(v.Claims, read(t, p, v.Token)); diff != "" {
				t.Errorf("claims (-upstream +ours):\n%s", diff)
			}
			for i, changed := range flips(v.Token) {
				if read(t, p, changed) != nil {
					t.Errorf("a token changed at %d is read", i)
				}
			}
			out, err := p.SignJWT.Call(t.Context(), jwt.SignInput{Payload: wire.ObjectOf("sub", "s")})
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(out.Token, ".")
			header, err := base64.RawURLEncoding.DecodeString(head)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "header", string(header), `{"alg":"`+string(v.Alg)+`","kid":"`+v.Row.ID+`"}`)
			if read(t, p, out.Token) == nil {
				t.Error("what it signs is not read")
			}
			if n, err := s.Store().Count(t.Context(), s.Table(jwt.ModelName), nil); n != 1 || err != nil {
				t.Errorf("%d pairs are stored (%v)", n, err)
			}
		})
	}
}

// What a row is like, member by member: upstream reads the text, and so may others.
func TestOurKeyPairsLookLikeUpstreams(t *testing.T) {
	for _, v := range load[pairVector](t, "key-pairs") {
		if v.Encrypted {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			p := jwt.New(jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: v.Alg}, DisablePrivateKeyEncryption: true}})
			s := authtest.New(t, func(o *core.Options) { o.Plugins = append(o.Plugins, p) })
			if _, err := p.GetJWKS.Call(t.Context(), struct{}{}); err != nil {
				t.Fatal(err)
			}
			row, err := s.Store().First(t.Context(), db.Query{Table: s.Table(jwt.ModelName)})
			if err != nil {
				t.Fatal(err)
			}
			for column, theirs := range map[string]string{"publicKey": v.Row.PublicKey, "privateKey": v.Row.PrivateKey} {
				ours, _ := row[column].(string)
				same(t, column, form(t, ours), form(t, theirs))
			}
		})
	}
}

// form is a JWK with the lengths of its numbers in their place, but for those of RSA
// keys, which are as short as they can be.
func form(t *testing.T, jwk string) string {
	t.Helper()
	v, err := wire.Decode([]byte(jwk), wire.Limits{})
	o, ok := v.(*wire.Object)
	if err != nil || !ok {
		t.Fatal(err)
	}
	kind, _ := o.Get("kty")
	for name, v := range o.All() {
		switch text, _ := v.(string); {
		case len(text) < 10:
		case kind == "RSA":
			o.Set(name, "a number")
		default:
			o.Set(name, len(text))
		}
	}
	text, err := wire.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
