package secret_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

const salt = "better-auth-session"

func derive(t testing.TB, from string, length int) []byte {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(from), []byte(salt), "BetterAuth.js Generated Encryption Key", length)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sealed makes a JWE as somebody with the right secret could, but otherwise.
func sealed(t testing.TB, enc jose.ContentEncryption, key []byte, payload string, opts *jose.EncrypterOptions) string {
	t.Helper()
	e, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, opts)
	if err != nil {
		t.Fatal(err)
	}
	object, err := e.Encrypt([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func encode(t testing.TB, k *secret.Keys, claims string) string {
	t.Helper()
	token, err := k.EncodeJWE(json.RawMessage(claims), salt, time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestClaimsComeBackAsTheyWereEncrypted(t *testing.T) {
	id := bytes.Repeat([]byte{0xff}, 16)
	k := plain(t).WithRandom(bytes.NewReader(id))
	token := encode(t, k, `{"z":1,"a":"<"}`)
	const want = `{"z":1,"a":"<","iat":1800000000,"exp":1800003600,"jti":"ffffffff-ffff-4fff-bfff-ffffffffffff"}`
	if got, err := k.DecodeJWE(token, salt, noon); got != want || err != nil {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if _, err := k.EncodeJWE(json.RawMessage(`{}`), salt, time.Hour, noon); !errors.Is(err, io.EOF) {
		t.Errorf("without randomness: %v, want EOF", err)
	}
}

func TestEverySecretOpensWhatItSealed(t *testing.T) {
	for name, sealer := range map[string]*secret.Keys{
		"current": plain(t), "earlier": keys(t, earlier, nil, ""), "legacy": keys(t, legacy, nil, ""),
	} {
		if _, err := rotated(t).DecodeJWE(encode(t, sealer, `{}`), salt, noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		withoutKid := sealed(t, jose.A256CBC_HS512, derive(t, sealer.Current(), 64), `{"sub":"x"}`, nil)
		if _, err := rotated(t).DecodeJWE(withoutKid, salt, noon); err != nil {
			t.Errorf("%s without kid: %v", name, err)
		}
	}
	if _, err := rotated(t).DecodeJWE(encode(t, keys(t, "a fourth", nil, ""), `{}`), salt, noon); !errors.Is(err, secret.ErrToken) {
		t.Errorf("a secret that is none of them: %v", err)
	}
}

func TestOnlyTheOneKindOfJWEOpens(t *testing.T) {
	k := plain(t)
	key := derive(t, current, 64)
	token := encode(t, k, `{"sub":"x"}`)
	parts := strings.Split(token, ".")
	with := func(header string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + token[len(parts[0]):]
	}
	zipped := sealed(t, jose.A256CBC_HS512, key, `{"sub":"`+strings.Repeat("x", 1000)+`"}`, &jose.EncrypterOptions{Compression: jose.DEFLATE})
	for name, token := range map[string]string{
		"A256GCM":                     sealed(t, jose.A256GCM, key[:32], `{}`, nil),
		"A128CBC-HS256":               sealed(t, jose.A128CBC_HS256, key[:32], `{}`, nil),
		"compression":                 zipped,
		"a kid of no secret":          sealed(t, jose.A256CBC_HS512, key, `{}`, (&jose.EncrypterOptions{}).WithHeader("kid", "x")),
		"a header of more than 1 KiB": sealed(t, jose.A256CBC_HS512, key, `{}`, (&jose.EncrypterOptions{}).WithHeader("x", strings.Repeat("x", 1<<10))),
		"a kid that is a number":      sealed(t, jose.A256CBC_HS512, key, `{}`, (&jose.EncrypterOptions{}).WithHeader("kid", 1)),
		"an empty kid":                sealed(t, jose.A256CBC_HS512, key, `{}`, (&jose.EncrypterOptions{}).WithHeader("kid", "")),
		"critical members":            sealed(t, jose.A256CBC_HS512, key, `{}`, (&jose.EncrypterOptions{}).WithHeader("crit", []string{"x"}).WithHeader("x", 1)),
		"a payload that is no object": sealed(t, jose.A256CBC_HS512, key, `[]`, nil),
		"a payload that is no JSON":   sealed(t, jose.A256CBC_HS512, key, `{`, nil),
		"no algorithm":                with(`{"enc":"A256CBC-HS512"}`),
		"a key wrapped by password":   with(`{"alg":"PBES2-HS256+A128KW","enc":"A256CBC-HS512","p2c":1000000000,"p2s":"AA"}`),
		"a header that is no object":  with(`[]`),
		"a header member twice":       with(`{"alg":"dir","enc":"A256CBC-HS512","alg":"none"}`),
		"an encrypted key":            strings.Join([]string{parts[0], "AA", parts[2], parts[3], parts[4]}, "."),
		"no initialisation vector":    strings.Join([]string{parts[0], "", "", parts[3], parts[4]}, "."),
		"a longer vector":             strings.Join([]string{parts[0], "", parts[2] + "AA", parts[3], parts[4]}, "."),
		"no ciphertext":               strings.Join([]string{parts[0], "", parts[2], "", parts[4]}, "."),
		"no tag":                      strings.Join([]string{parts[0], "", parts[2], parts[3], ""}, "."),
		"a shorter tag":               token[:len(token)-4],
		"a line break":                token[:len(token)-4] + "\n" + token[len(token)-4:],
		"four parts":                  strings.Join(parts[:4], "."),
		"six parts":                   token + ".",
		"dots":                        "....",
		"many dots":                   strings.Repeat(".", 60<<10),
		"nothing":                     "",
		"a JWT":                       hs256(`{"sub":"x"}`),
		"more than 64 KiB":            encode(t, k, `{"x":"`+strings.Repeat("x", 64<<10)+`"}`),
	} {
		if got, err := k.DecodeJWE(token, salt, noon); !errors.Is(err, secret.ErrToken) {
			t.Errorf("%s: %s, %v; want ErrToken", name, got, err)
		}
	}
}

func TestTheTimesOfAJWEHaveATolerance(t *testing.T) {
	key := derive(t, current, 64)
	for claims, want := range map[string]error{
		`{}`:                   nil,
		`{"exp":1799999986}`:   nil,
		`{"exp":1799999985}`:   secret.ErrExpired,
		`{"nbf":1800000015}`:   nil,
		`{"nbf":1800000016}`:   secret.ErrToken,
		`{"exp":"1900000000"}`: secret.ErrToken,
	} {
		token := sealed(t, jose.A256CBC_HS512, key, claims, nil)
		if _, err := plain(t).DecodeJWE(token, salt, noon); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", claims, err, want)
		}
	}
}

// good is a token of rotated's current secret. It is a constant because each
// process of the fuzzer makes its own seeds, and all must know the same one.
const good = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiMlFsY1czVDRibXlSZzlkLTJ2Y3JyQjJpVV9OSVJ3SjRjcmg3SFNlYS12WSJ9..7HO7mZuw665wBlaN7SODDQ.mJDbXeMRKzeSSEkqwpEQfgV74_vlyuCJmyq4Z_psUxpapNfNUQ7mobZm9HSkTur33duLfJyF4V7Ufc8flAVNJhrI4BUMmhJJ2T5n5MOInAQaoStlB_QEoj6Wb-SDltiK.wJM1pSL5_ldpH1cRbHcF_yNrkRPYSrOHMfWLNOkY_Ek"

func FuzzDecodeJWETakesNothingThatWasNotSealed(f *testing.F) {
	k := rotated(f)
	if _, err := k.DecodeJWE(good, salt, noon); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, "", "....", good + ".", strings.ToUpper(good)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if claims, err := k.DecodeJWE(token, salt, noon); err == nil && token != good {
			t.Errorf("%q is accepted with %s", token, claims)
		}
	})
}
