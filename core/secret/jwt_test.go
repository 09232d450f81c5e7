package secret_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

var noon = time.Unix(1_800_000_000, 999_999_999)

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signed makes a JWT with any header and payload under the secret current.
func signed(newHash func() hash.Hash, header, payload string) string {
	input := segment(header) + "." + segment(payload)
	h := hmac.New(newHash, []byte(current))
	h.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func hs256(payload string) string { return signed(sha256.New, `{"alg":"HS256"}`, payload) }

func TestClaimsComeBackAsTheyWereSigned(t *testing.T) {
	k := plain(t)
	for in, want := range map[string]string{
		`{}`:                          `{"iat":1800000000,"exp":1800000090}`,
		`{"z":1,"a":"\u003c<\u2028"}`: `{"z":1,"a":"\u003c<\u2028","iat":1800000000,"exp":1800000090}`,
		`{"iat":1,"x":2,"exp":3}`:     `{"iat":1800000000,"x":2,"exp":1800000090}`,
		`{"a":1,"b":2,"a":{"c":[3]}}`: `{"a":{"c":[3]},"b":2,"iat":1800000000,"exp":1800000090}`,
		" { \"a b\" : 1 ,\n\"c\":2} ": `{"a b":1,"c":2,"iat":1800000000,"exp":1800000090}`,
	} {
		token, err := k.SignJWT(json.RawMessage(in), 90*time.Second+time.Millisecond, noon)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := k.VerifyJWT(token, noon); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestOnlyObjectsCanBeClaims(t *testing.T) {
	for _, claims := range []string{"", "null", "[]", `"x"`, "1", "{", `{"a":1}x`, `{"a":1}{}`, "{\"a\":\"\xff\"}", `{"a":}`} {
		if _, err := plain(t).SignJWT(json.RawMessage(claims), time.Hour, noon); err == nil {
			t.Errorf("%q is signed", claims)
		}
		if _, err := plain(t).EncodeJWE(json.RawMessage(claims), "salt", time.Hour, noon); err == nil {
			t.Errorf("%q is encrypted", claims)
		}
		if _, err := plain(t).VerifyJWT(hs256(claims), noon); !errors.Is(err, secret.ErrToken) {
			t.Errorf("%q: %v, want ErrToken", claims, err)
		}
	}
}

func TestTheTimesOfAJWTAreCheckedToTheSecond(t *testing.T) {
	for claims, want := range map[string]error{
		`{}`:                         nil,
		`{"exp":1800000001}`:         nil,
		`{"exp":1800000000.5}`:       nil,
		`{"exp":1800000000}`:         secret.ErrExpired,
		`{"exp":0}`:                  secret.ErrExpired,
		`{"exp":-1}`:                 secret.ErrExpired,
		`{"exp":"1900000000"}`:       secret.ErrToken,
		`{"exp":null}`:               secret.ErrToken,
		`{"exp":true}`:               secret.ErrToken,
		`{"exp":1e999}`:              secret.ErrToken,
		`{"exp":{}}`:                 secret.ErrToken,
		`{"exp":1900000000,"exp":1}`: secret.ErrExpired,
		`{"EXP":1}`:                  nil,
		`{"nbf":1800000000}`:         nil,
		`{"nbf":1800000001}`:         secret.ErrToken,
		`{"nbf":"x"}`:                secret.ErrToken,
		`{"iat":1900000000}`:         nil,
		`{"iat":"x"}`:                secret.ErrToken,
	} {
		if _, err := plain(t).VerifyJWT(hs256(claims), noon); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", claims, err, want)
		}
	}
}

func TestOnlyHS256UnderTheCurrentSecretVerifies(t *testing.T) {
	const claims = `{"sub":"x"}`
	good := hs256(claims)
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"no algorithm":                signed(sha256.New, `{}`, claims),
		"none":                        segment(`{"alg":"none"}`) + "." + parts[1] + ".",
		"none with a signature":       signed(sha256.New, `{"alg":"none"}`, claims),
		"another case":                signed(sha256.New, `{"alg":"hs256"}`, claims),
		"another member's case":       signed(sha256.New, `{"ALG":"HS256"}`, claims),
		"HS512":                       signed(sha512.New, `{"alg":"HS512"}`, claims),
		"HS512 with HS256's hash":     signed(sha256.New, `{"alg":"HS512"}`, claims),
		"the last of two algorithms":  signed(sha256.New, `{"alg":"HS256","alg":"none"}`, claims),
		"critical members":            signed(sha256.New, `{"alg":"HS256","crit":["b64"],"b64":false}`, claims),
		"an empty crit":               signed(sha256.New, `{"alg":"HS256","crit":[]}`, claims),
		"a header that is no object":  signed(sha256.New, `"HS256"`, claims),
		"a header that is not JSON":   signed(sha256.New, `{"alg":"HS256"`, claims),
		"an empty header":             signed(sha256.New, ``, claims),
		"no signature":                parts[0] + "." + parts[1] + ".",
		"two parts":                   parts[0] + "." + parts[1],
		"four parts":                  good + ".",
		"five parts":                  good + "..",
		"nothing":                     "",
		"dots":                        "..",
		"a padded signature":          good + "=",
		"white space":                 good + "\n",
		"more than 64 KiB":            hs256(`{"x":"` + strings.Repeat("x", 64<<10) + `"}`),
		"an earlier secret's":         mustSign(t, keys(t, earlier, nil, ""), claims),
		"a payload with a line break": func() string { return lineBroken(claims) }(),
	} {
		if _, err := rotated(t).VerifyJWT(token, noon); !errors.Is(err, secret.ErrToken) {
			t.Errorf("%s: %v, want ErrToken", name, err)
		}
	}
	for _, header := range []string{`{"alg":"HS256"}`, `{"typ":"JWT","alg":"HS256","kid":"x"}`} {
		if got, err := rotated(t).VerifyJWT(signed(sha256.New, header, claims), noon); got != claims || err != nil {
			t.Errorf("%s: %s, %v", header, got, err)
		}
	}
}

func mustSign(t *testing.T, k *secret.Keys, claims string) string {
	t.Helper()
	token, err := k.SignJWT(json.RawMessage(claims), time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// lineBroken signs a payload segment with a line break in it.
func lineBroken(claims string) string {
	body := segment(claims)
	input := segment(`{"alg":"HS256"}`) + "." + body[:4] + "\n" + body[4:]
	h := hmac.New(sha256.New, []byte(current))
	h.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func FuzzVerifyJWTTakesNothingThatWasNotSigned(f *testing.F) {
	k := plain(f)
	good := hs256(`{"sub":"x"}`)
	for _, seed := range []string{good, "", "..", good + ".", strings.ToUpper(good), segment(`{"alg":"none"}`) + "." + segment(`{}`) + "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if claims, err := k.VerifyJWT(token, noon); err == nil && token != good {
			t.Errorf("%q is accepted with %s", token, claims)
		}
	})
}

// What a JOSE library would parse is behind the signature, so the claims get a
// target of their own.
func FuzzClaimsComeBackOrAreRefused(f *testing.F) {
	k := plain(f)
	for _, seed := range []string{`{}`, `{"a":1,"a":2}`, `{"\u0061":1,"a":2}`, `{"exp":1e999}`, `[`, `{"a":[[[]]]}`, `{"":{}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claims string) {
		_, _ = k.VerifyJWT(hs256(claims), noon)
		token, err := k.SignJWT(json.RawMessage(claims), time.Hour, noon)
		if err != nil {
			return
		}
		got, err := k.VerifyJWT(token, noon)
		if err != nil && !strings.Contains(claims, "nbf") {
			// nbf is the only member of the caller's that is judged.
			var m map[string]json.RawMessage
			if json.Unmarshal([]byte(claims), &m) == nil && m["nbf"] == nil {
				t.Errorf("%s does not come back: %v", claims, err)
			}
		}
		if err == nil && !json.Valid([]byte(got)) {
			t.Errorf("%s comes back as %s", claims, got)
		}
	})
}
