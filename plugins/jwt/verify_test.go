package jwt_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

// forger signs with the private key of a stored pair, as somebody could whose other
// ways of saying things the server must refuse.
type forger struct {
	*app
	kid string
	key crypto.Signer
}

func forge(t *testing.T, alg jwt.Algorithm, configure ...func(*core.Options)) *forger {
	t.Helper()
	a := start(t, jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: alg}, DisablePrivateKeyEncryption: true}}, configure...)
	a.keys()
	row := a.rows()[0]
	var jwk jose.JSONWebKey
	text, _ := row["privateKey"].(string)
	if err := jwk.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	key, ok := jwk.Key.(crypto.Signer)
	kid, _ := row[db.ID].(string)
	if !ok {
		t.Fatalf("the key is a %T", jwk.Key)
	}
	return &forger{a, kid, key}
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// ed signs any header and claims with Ed25519.
func (f *forger) ed(header, claims string) string {
	input := b64(header) + "." + b64(claims)
	key, _ := f.key.(ed25519.PrivateKey)
	return input + "." + b64(string(ed25519.Sign(key, []byte(input))))
}

func (f *forger) header() string { return fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, f.kid) }

// claims are good ones, with one of them changed, or taken out by "".
func (f *forger) claims(name, value string) string {
	members := map[string]string{
		"sub": `"s"`, "iss": `"` + origin + `"`, "aud": `"` + origin + `"`,
		"exp": fmt.Sprint(f.Now().Unix() + 60), "iat": fmt.Sprint(f.Now().Unix()),
	}
	if members[name] = value; value == "" {
		delete(members, name)
	}
	var list []string
	for name, value := range members {
		if name != "" {
			list = append(list, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return "{" + strings.Join(list, ",") + "}"
}

func TestClaimsThatAreJudged(t *testing.T) {
	f := forge(t, jwt.EdDSA)
	now := f.Now().Unix()
	at := func(offset int64) string { return fmt.Sprint(now + offset) }
	for _, tt := range []struct {
		name, claim, value string
		want               bool
	}{
		{"good ones", "", "", true},
		{"no issuer", "iss", "", false},
		{"another issuer", "iss", `"https://evil.example"`, false},
		{"an issuer with a slash", "iss", `"` + origin + `/"`, false},
		{"a list of issuers", "iss", `["` + origin + `"]`, false},
		{"no audience", "aud", "", false},
		{"another audience", "aud", `"https://evil.example"`, false},
		{"an empty list of audiences", "aud", `[]`, false},
		{"one audience of several", "aud", `["x","` + origin + `"]`, true},
		{"an audience that is a number", "aud", `[1]`, false},
		{"no subject", "sub", "", false},
		{"an empty subject", "sub", `""`, false},
		{"a subject that is a number", "sub", `1`, false},
		{"no end", "exp", "", false},
		{"an end that is a text", "exp", `"` + at(60) + `"`, false},
		{"an end that is null", "exp", `null`, false},
		{"an end now", "exp", at(0), false},
		{"an end in a second", "exp", at(1), true},
		{"an end in half a second", "exp", at(0) + ".5", true},
		{"an end long ago", "exp", `-1`, false},
		{"an end beyond all time", "exp", `1e300`, true},
		{"a beginning now", "nbf", at(0), true},
		{"a beginning in a second", "nbf", at(1), false},
		{"a beginning that is a text", "nbf", `"0"`, false},
		{"a beginning that is null", "nbf", `null`, false},
		{"made in the future", "iat", at(60), true}, // as jose
		{"made at a text", "iat", `"0"`, false},
		{"not made", "iat", "", true},
	} {
		if got := f.verified(f.ed(f.header(), f.claims(tt.claim, tt.value))); got != tt.want {
			t.Errorf("%s: read: %t, want %t", tt.name, got, tt.want)
		}
	}
	for _, payload := range []string{``, `null`, `[]`, `"text"`, `{`, "{\"sub\":\"\xff\"}", `{} {}`} {
		if f.verified(f.ed(f.header(), payload)) {
			t.Errorf("%q is read", payload)
		}
	}
}

func TestHeadersThatAreRefused(t *testing.T) {
	f := forge(t, jwt.EdDSA)
	good := f.claims("", "")
	for _, format := range []string{
		`{"alg":"EdDSA"}`, `{"alg":"EdDSA","kid":""}`, `{"alg":"EdDSA","kid":1}`, `{"alg":"EdDSA","kid":["%[1]s"]}`,
		`{"kid":"%[1]s"}`, `{"alg":"","kid":"%[1]s"}`, `{"alg":"eddsa","kid":"%[1]s"}`, `{"alg":"Ed25519","kid":"%[1]s"}`,
		`{"alg":"none","kid":"%[1]s"}`, `{"alg":"HS256","kid":"%[1]s"}`, `{"alg":"ES256","kid":"%[1]s"}`,
		`{"alg":"EdDSA","kid":"../../%[1]s"}`, `{"alg":"EdDSA","kid":"%[1]s "}`, `{"alg":"EdDSA","kid":"%[1]s' OR '1'='1"}`,
		`{"alg":"EdDSA","kid":"x\u0000"}`, `{"alg":"EdDSA","kid":"%[1]s","crit":["exp"],"exp":1}`, `{"alg":"EdDSA","kid":"%[1]s","crit":[]}`,
		`{"alg":"EdDSA","kid":"%[1]s","b64":false}`, `{"alg":"EdDSA","kid":"%[1]s","b64":true}`, `[]`, `null`, ``, `{`,
	} {
		header := strings.ReplaceAll(format, "%[1]s", f.kid)
		if f.verified(f.ed(header, good)) {
			t.Errorf("%s is read", header)
		}
	}
	if !f.verified(f.ed(`{"typ":"JWT","kid":"`+f.kid+`","alg":"EdDSA"}`, good)) {
		t.Error("a header in another order is refused")
	}
}

// Keys come from the table, never from a token.
func TestATokenDoesNotBringItsKey(t *testing.T) {
	f := forge(t, jwt.EdDSA)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q}`, b64(string(public)))
	mallory := &forger{f.app, f.kid, private}
	for _, header := range []string{
		fmt.Sprintf(`{"alg":"EdDSA","jwk":%s}`, own),
		fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"jwk":%s}`, f.kid, own),
		fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"jku":"https://evil.example/jwks.json"}`, f.kid),
		fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"x5u":"https://evil.example/cert.pem","x5c":["AAAA"]}`, f.kid),
		f.header(),
	} {
		if f.verified(mallory.ed(header, f.claims("", ""))) {
			t.Errorf("%s is read", header)
		}
	}
}

// A shared secret that everybody knows: the public key.
func TestAPublicKeyIsNoSecret(t *testing.T) {
	f := forge(t, jwt.RS256)
	public, _ := f.rows()[0]["publicKey"].(string)
	n, _ := f.keys()[0]["n"].(string)
	for _, secret := range []string{public, n, ""} {
		input := b64(fmt.Sprintf(`{"alg":"HS256","kid":%q}`, f.kid)) + "." + b64(f.claims("", ""))
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(input))
		if f.verified(input + "." + b64(string(h.Sum(nil)))) {
			t.Error("a token signed with a public key is read")
		}
	}
	if f.verified(b64(`{"alg":"none","kid":"`+f.kid+`"}`) + "." + b64(f.claims("", "")) + ".") {
		t.Error("a token without a signature is read")
	}
}

// An RSA key is for one algorithm, though it could do with others.
func TestAKeyHasOneAlgorithm(t *testing.T) {
	f := forge(t, jwt.RS256)
	key, _ := f.key.(*rsa.PrivateKey)
	for _, tt := range []struct {
		alg  string
		hash crypto.Hash
		sign func(digest []byte, hash crypto.Hash) ([]byte, error)
		want bool
	}{
		{"RS256", crypto.SHA256, func(d []byte, h crypto.Hash) ([]byte, error) { return rsa.SignPKCS1v15(nil, key, h, d) }, true},
		{"RS512", crypto.SHA512, func(d []byte, h crypto.Hash) ([]byte, error) { return rsa.SignPKCS1v15(nil, key, h, d) }, false},
		{"PS256", crypto.SHA256, func(d []byte, h crypto.Hash) ([]byte, error) { return rsa.SignPSS(rand.Reader, key, h, d, nil) }, false},
		{"PS256 that is called RS256", crypto.SHA256, func(d []byte, h crypto.Hash) ([]byte, error) { return rsa.SignPSS(rand.Reader, key, h, d, nil) }, false},
	} {
		alg := tt.alg[strings.LastIndex(tt.alg, " ")+1:]
		input := b64(fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, f.kid)) + "." + b64(f.claims("", ""))
		h := tt.hash.New()
		h.Write([]byte(input))
		signature, err := tt.sign(h.Sum(nil), tt.hash)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.verified(input + "." + b64(string(signature))); got != tt.want {
			t.Errorf("%s is read: %t", tt.alg, got)
		}
	}
}

func TestEveryTokenHasOneSpelling(t *testing.T) {
	f := forge(t, jwt.EdDSA)
	token := f.ed(f.header(), f.claims("", ""))
	parts := strings.Split(token, ".")
	last := token[len(token)-1]
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	stray := token[:len(token)-1] + string(alphabet[strings.IndexByte(alphabet, last)^1])
	for name, other := range map[string]string{
		"stray bits":   stray,
		"padding":      token + "==",
		"a line break": token[:40] + "\n" + token[40:],
		"a space":      " " + token,
		"a dot":        token + ".",
		"no signature": parts[0] + "." + parts[1] + ".",
		"two parts":    parts[0] + "." + parts[1],
		"five parts":   token + ".a.b",
		"only dots":    strings.Repeat(".", 100000),
		"as JSON":      fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]),
	} {
		if f.verified(other) {
			t.Errorf("%s: it is read", name)
		}
	}
	if !f.verified(token) {
		t.Error("the token itself is refused")
	}
}

func TestATokenOver8KiBIsNotLookedAt(t *testing.T) {
	f := forge(t, jwt.EdDSA)
	with := func(n int) string {
		return f.ed(f.header(), f.claims("pad", `"`+strings.Repeat("x", n)+`"`))
	}
	small, large := with(5000), with(6200)
	if len(small) > 8<<10 || !f.verified(small) {
		t.Errorf("%d bytes are refused", len(small))
	}
	if len(large) <= 8<<10 || f.verified(large) {
		t.Errorf("%d bytes are read", len(large))
	}
}

// The id must be that very one, however loosely a database compares.
func TestAnIDIsComparedExactly(t *testing.T) {
	f := forge(t, jwt.EdDSA, func(o *core.Options) { o.Database = looseDatabase{o.Database} })
	if !f.verified(f.ed(f.header(), f.claims("", ""))) {
		t.Fatal("its own id is not found")
	}
	for _, kid := range []string{"another", strings.ToLower(f.kid) + "x", f.kid + " ", ""} {
		if f.verified(f.ed(fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, kid), f.claims("", ""))) {
			t.Errorf("the id %q is found", kid)
		}
	}
}

// looseDatabase finds every row by any id.
type looseDatabase struct{ db.Adapter }

func (l looseDatabase) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if q.Table.Model == jwt.ModelName {
		q.Where = nil
	}
	return l.Adapter.Select(ctx, q)
}

// Other plugins verify with what they expect, and hear why not.
func TestVerifyForOtherPlugins(t *testing.T) {
	a := start(t, jwt.Options{})
	token := a.sign(object(t, `{"sub":"s","iss":"https://me.example","aud":["https://api.example"]}`))
	c := caller(t, a)
	for _, tt := range []struct {
		name string
		want jwt.Expected
		ok   bool
	}{
		{"what the options say", jwt.Expected{}, false},
		{"its issuer alone", jwt.Expected{Issuer: "https://me.example"}, false},
		{"its audience alone", jwt.Expected{Audience: []string{"https://api.example"}}, false},
		{"both", jwt.Expected{Issuer: "https://me.example", Audience: []string{"x", "https://api.example"}}, true},
	} {
		got, err := a.Verify(c, token, tt.want)
		if ok := err == nil && got != nil; ok != tt.ok || !ok && (!errors.Is(err, jwt.ErrInvalidToken) || got != nil) {
			t.Errorf("%s: got %v, %v", tt.name, got, err)
		}
	}
	signed, err := a.Sign(c, wire.ObjectOf("sub", "s"))
	if err != nil || !a.verified(signed) {
		t.Errorf("got %s, %v", signed, err)
	}
	if strings.Contains(a.Log.String(), token) {
		t.Error("the log holds a token")
	}
}

// caller is a call to act in.
func caller(t *testing.T, a *app) (c *core.Ctx) {
	t.Helper()
	p := &borrowed{}
	s := start(t, jwt.Options{}, func(o *core.Options) { o.Plugins = append(o.Plugins, p) })
	s.Client().Get("/ok")
	if p.c == nil {
		t.Fatal("the hook did not run")
	}
	return p.c
}

// borrowed keeps the call that it sees.
type borrowed struct{ c *core.Ctx }

func (*borrowed) ID() string { return "borrowed" }
func (b *borrowed) Setup(s *core.Setup) error {
	s.Before(core.Hook{Run: func(c *core.Ctx) error { b.c = c; return nil }})
	return nil
}

// Whatever a candidate looks like, it is read only if a stored pair signed its claims.
func FuzzVerifyReadsNothingThatWasNotSigned(f *testing.F) {
	a := start(f, jwt.Options{JWT: jwt.Tokens{ExpirationTime: "1y"}})
	token := a.sign(wire.ObjectOf("sub", "s"))
	f.Add("")
	f.Add("a.b.c")
	f.Add(strings.Repeat("eyJ", 100))
	f.Add(b64(`{"alg":"none"}`) + "." + b64(`{}`) + ".")
	f.Fuzz(func(t *testing.T, candidate string) {
		for _, text := range []string{candidate, token[:len(token)/2] + candidate, candidate + token, token + candidate} {
			out, err := a.VerifyJWT.Call(t.Context(), jwt.VerifyInput{Token: text})
			if text != token && (err != nil || out.Payload != nil) {
				t.Errorf("%q is read: %v, %v", text, out, err)
			}
		}
	})
}
