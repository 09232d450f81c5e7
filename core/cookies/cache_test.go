package cookies_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// Caches that upstream wrote, each tampered with at every place, stand in the
// module reference. Here is what a signature does not settle.

var (
	noon       = time.UnixMilli(1_800_000_000_123)
	strategies = []string{cookies.StrategyCompact, cookies.StrategyJWT, cookies.StrategyJWE}
)

func payload() cookies.CachePayload {
	return cookies.CachePayload{
		Session:   `{"id":"s","token":"t"}`,
		User:      "{\"id\":\"u\",\"name\":\"<é>\u2028\\u0007\"}",
		UpdatedAt: noon.UnixMilli(),
		Version:   "1",
	}
}

// sign makes a cache of any payload as somebody with the secret could.
func sign(t testing.TB, strategy string, k *secret.Keys, inner string, expires string) string {
	t.Helper()
	var value string
	var err error
	switch strategy {
	case cookies.StrategyJWT:
		value, err = k.SignJWT(json.RawMessage(inner), time.Hour, noon)
	case cookies.StrategyJWE:
		value, err = k.EncodeJWE(json.RawMessage(inner), "better-auth-session", time.Hour, noon)
	default:
		signature := k.SignRaw(strings.TrimSuffix(inner, "}") + `,"expiresAt":` + expires + "}")
		value = base64.RawURLEncoding.EncodeToString([]byte(`{"session":` + inner + `,"expiresAt":` + expires + `,"signature":"` + signature + `"}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestACacheComesBack(t *testing.T) {
	for _, strategy := range append(strategies, "") {
		for _, version := range []string{"1", "", "\"\\\b\f\n\r\t\x00\x1f\x7fé\u2028🔑"} {
			want := payload()
			want.Version = version
			value, err := cookies.EncodeCache(strategy, keys(t), want, 5*time.Minute, noon)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := cookies.DecodeCache(strategy, keys(t), value, noon)
			if err != nil {
				t.Fatalf("%s: %v", strategy, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s:\n%s", strategy, diff)
			}
		}
	}
}

func TestACacheEndsWithItsLifetime(t *testing.T) {
	for _, strategy := range strategies {
		for _, tc := range []struct {
			maxAge, fallback time.Duration
		}{
			{5 * time.Minute, 5 * time.Minute},
			{0, map[string]time.Duration{cookies.StrategyCompact: time.Minute}[strategy]},
		} {
			if tc.fallback == 0 {
				tc.fallback = 5 * time.Minute
			}
			value, err := cookies.EncodeCache(strategy, keys(t), payload(), tc.maxAge, noon)
			if err != nil {
				t.Fatal(err)
			}
			_, expiresAt, err := cookies.DecodeCache(strategy, keys(t), value, noon)
			want := noon.Add(tc.fallback)
			if strategy != cookies.StrategyCompact {
				want = want.Truncate(time.Second)
			}
			if err != nil || !expiresAt.Equal(want) {
				t.Errorf("%s: expires %v, %v; want %v", strategy, expiresAt, err, want)
			}
			if _, _, err := cookies.DecodeCache(strategy, keys(t), value, want.Add(-time.Millisecond)); err != nil {
				t.Errorf("%s: before its end: %v", strategy, err)
			}
			if _, _, err := cookies.DecodeCache(strategy, keys(t), value, want.Add(time.Millisecond)); !errors.Is(err, cookies.ErrCacheExpired) {
				t.Errorf("%s: after its end: %v, want ErrCacheExpired", strategy, err)
			}
		}
	}
}

func TestOnlyTheShapeOfASessionIsASession(t *testing.T) {
	const rest = `"updatedAt":1,"version":"1"`
	for name, inner := range map[string]string{
		"no session":                    `{"user":{},` + rest + `}`,
		"no user":                       `{"session":{},` + rest + `}`,
		"no update":                     `{"session":{},"user":{},"version":"1"}`,
		"a session that is text":        `{"session":"{}","user":{},` + rest + `}`,
		"a user that is text":           `{"session":{},"user":"{}",` + rest + `}`,
		"a session that is null":        `{"session":null,"user":{},` + rest + `}`,
		"a user that is a list":         `{"session":{},"user":[],` + rest + `}`,
		"an update that is text":        `{"session":{},"user":{},"updatedAt":"1","version":"1"}`,
		"an update with a fraction":     `{"session":{},"user":{},"updatedAt":1.5,"version":"1"}`,
		"an update in another form":     `{"session":{},"user":{},"updatedAt":1e3,"version":"1"}`,
		"a negative update":             `{"session":{},"user":{},"updatedAt":-1,"version":"1"}`,
		"an update beyond all times":    `{"session":{},"user":{},"updatedAt":9000000000000000,"version":"1"}`,
		"a version that is a number":    `{"session":{},"user":{},"updatedAt":1,"version":1}`,
		"a version that is null":        `{"session":{},"user":{},"updatedAt":1,"version":null}`,
		"another member":                `{"session":{},"user":{},` + rest + `,"admin":true}`,
		"a member in another case":      `{"Session":{},"user":{},` + rest + `}`,
		"the claims of another token":   `{"email":"ada@example.com","updateTo":"x"}`,
		"the query of an authorization": `{"session":"{}","user":"{}","updatedAt":"1","version":"1"}`,
		"no members":                    `{}`,
	} {
		for _, strategy := range strategies {
			value := sign(t, strategy, keys(t), inner, "1900000000000")
			if got, _, err := cookies.DecodeCache(strategy, keys(t), value, noon); !errors.Is(err, cookies.ErrCache) {
				t.Errorf("%s, %s: %+v, %v; want ErrCache", strategy, name, got, err)
			}
		}
	}
}

func TestACompactCacheHasOneSpelling(t *testing.T) {
	const inner = `{"session":{},"user":{},"updatedAt":1,"version":"1"}`
	k := keys(t)
	signature := k.SignRaw(inner[:len(inner)-1] + `,"expiresAt":1900000000000}`)
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	whole := `{"session":` + inner + `,"expiresAt":1900000000000,"signature":"` + signature + `"}`
	good := encode(whole)
	if _, _, err := cookies.DecodeCache("compact", k, good, noon); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"nothing":                        "",
		"padding":                        good + "=",
		"a line break":                   good[:10] + "\n" + good[10:],
		"standard base64":                base64.RawStdEncoding.EncodeToString([]byte(whole + "~~~???")),
		"white space":                    encode(whole + " "),
		"white space inside":             encode(strings.Replace(whole, `,"exp`, `, "exp`, 1)),
		"members in another order":       encode(`{"expiresAt":1900000000000,"session":` + inner + `,"signature":"` + signature + `"}`),
		"another member":                 encode(strings.Replace(whole, `,"signature`, `,"x":1,"signature`, 1)),
		"two lifetimes":                  encode(strings.Replace(whole, `,"signature`, `,"expiresAt":2000000000000,"signature`, 1)),
		"another lifetime":               encode(strings.Replace(whole, "19000", "20000", 1)),
		"no lifetime":                    encode(`{"session":` + inner + `,"signature":"` + signature + `"}`),
		"no signature":                   encode(`{"session":` + inner + `,"expiresAt":1900000000000}`),
		"an empty signature":             encode(`{"session":` + inner + `,"expiresAt":1900000000000,"signature":""}`),
		"a padded signature":             encode(strings.Replace(whole, signature, signature+"=", 1)),
		"a lifetime that is a fraction":  sign(t, "compact", k, inner, "1900000000000.5"),
		"a lifetime with an exponent":    sign(t, "compact", k, inner, "19e11"),
		"a lifetime that is text":        sign(t, "compact", k, inner, `"1900000000000"`),
		"a lifetime with a zero":         sign(t, "compact", k, inner, "01900000000000"),
		"a lifetime beyond all times":    sign(t, "compact", k, inner, "9000000000000000"),
		"a lifetime beyond all numbers":  sign(t, "compact", k, inner, "99999999999999999999999"),
		"a member twice":                 sign(t, "compact", k, `{"session":{},"session":{"x":1},"user":{},"updatedAt":1,"version":"1"}`, "1900000000000"),
		"a member twice, once disguised": sign(t, "compact", k, `{"session":{},"\u0073ession":{"x":1},"user":{},"updatedAt":1,"version":"1"}`, "1900000000000"),
		"an inner lifetime":              sign(t, "compact", k, `{"session":{},"user":{},"updatedAt":1,"expiresAt":5}`, "1900000000000"),
		"no object":                      sign(t, "compact", k, `[]`, "1900000000000"),
		"something behind the object":    sign(t, "compact", k, inner+"{}", "1900000000000"),
		"text that is not UTF-8":         sign(t, "compact", k, "{\"session\":{\"x\":\"\xff\"},\"user\":{},\"updatedAt\":1}", "1900000000000"),
		"a signed cookie of that text":   encode(k.Sign(whole)),
		"more than 64 KiB":               sign(t, "compact", k, `{"session":{"x":"`+strings.Repeat("x", 64<<10)+`"},"user":{},"updatedAt":1}`, "1900000000000"),
	} {
		if got, _, err := cookies.DecodeCache("compact", k, value, noon); !errors.Is(err, cookies.ErrCache) {
			t.Errorf("%s: %+v, %v; want ErrCache", name, got, err)
		}
	}
}

func TestATokenWithoutAnEndIsNoCache(t *testing.T) {
	// SignJWT always sets exp, so the token is put together here.
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`))
	for claims, want := range map[string]error{
		`{"session":{},"user":{},"updatedAt":1}`:                               cookies.ErrCache,
		`{"session":{},"user":{},"updatedAt":1,"exp":1900000000.5}`:            cookies.ErrCache,
		`{"session":{},"user":{},"updatedAt":1,"exp":9000000000000}`:           cookies.ErrCache,
		`{"session":{},"user":{},"updatedAt":1,"exp":1}`:                       cookies.ErrCacheExpired,
		`{"session":{},"user":{},"updatedAt":1,"exp":1900000000}`:              nil,
		`{"session":{},"session":{},"user":{},"updatedAt":1,"exp":1900000000}`: cookies.ErrCache,
	} {
		input := head + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
		if _, _, err := cookies.DecodeCache("jwt", keys(t), input+"."+keys(t).SignRaw(input), noon); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", claims, err, want)
		}
	}
}

func TestAJWEOfAnotherPurposeIsNoCache(t *testing.T) {
	value, err := keys(t).EncodeJWE(json.RawMessage(`{"session":{},"user":{},"updatedAt":1}`), "better-auth-account", time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := cookies.DecodeCache("jwe", keys(t), value, noon); !errors.Is(err, cookies.ErrCache) {
		t.Errorf("%v, want ErrCache", err)
	}
}

func TestWhatUpstreamCouldNotVerifyIsNotWritten(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                      ``,
		"no object":                    `"x"`,
		"no JSON":                      `{"a":}`,
		"two objects":                  `{}{}`,
		"white space":                  `{"a": 1}`,
		"white space behind":           "{}\n",
		"HTML in escapes":              `{"a":"\u003cb\u003e"}`,
		"a line separator in escapes":  `{"a":"\u2028"}`,
		"an escaped slash":             `{"a":"\/"}`,
		"a letter in escapes":          `{"a":"\u0041"}`,
		"a tab in digits":              `{"a":"\u0009"}`,
		"capital digits":               `{"a":"\u001F"}`,
		"a surrogate pair in escapes":  `{"a":"\ud83d\udd11"}`,
		"a key in escapes":             `{"\u0041":1}`,
		"bytes that are not UTF-8":     "{\"a\":\"\xff\"}",
		"a replacement in escapes":     `{"a":"\ufffd"}`,
		"an escape behind a backslash": `{"a":"\\\u0041"}`,
	} {
		for _, change := range []func(*cookies.CachePayload){
			func(p *cookies.CachePayload) { p.Session = text },
			func(p *cookies.CachePayload) { p.User = text },
		} {
			p := payload()
			change(&p)
			if value, err := cookies.EncodeCache("compact", keys(t), p, time.Hour, noon); err == nil {
				t.Errorf("%s: written as %s", name, value)
			}
		}
	}
	for _, text := range []string{`{}`, `{"a":"\\u0041"}`, `{"a":"\"\\\b\f\n\r\t\u0000\u001f"}`, `{"a b":" ","c":[1,{"d":null}]}`} {
		p := payload()
		p.User = text
		if _, err := cookies.EncodeCache("compact", keys(t), p, time.Hour, noon); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAnUnknownStrategyIsAnError(t *testing.T) {
	if _, err := cookies.EncodeCache("jws", keys(t), payload(), time.Hour, noon); !errors.Is(err, cookies.ErrStrategy) {
		t.Errorf("%v, want ErrStrategy", err)
	}
	if _, _, err := cookies.DecodeCache("jws", keys(t), "x", noon); !errors.Is(err, cookies.ErrStrategy) {
		t.Errorf("%v, want ErrStrategy", err)
	}
}

func FuzzDecodeCacheTakesNothingThatWasNotMade(f *testing.F) {
	k := keys(f)
	made := map[string]bool{}
	for i, strategy := range strategies {
		value, err := cookies.EncodeCache(strategy, k, payload(), time.Hour, noon)
		if err != nil {
			f.Fatal(err)
		}
		made[strategy+value] = true
		f.Add(i, value)
		f.Add(i, value+"=")
		f.Add(i, base64.RawURLEncoding.EncodeToString([]byte(value)))
	}
	f.Fuzz(func(t *testing.T, i int, value string) {
		strategy := strategies[uint(i)%3]
		p, _, err := cookies.DecodeCache(strategy, k, value, noon)
		// A JWE of another run of this function may sit in the corpus.
		if err == nil && !made[strategy+value] && strategy != cookies.StrategyJWE {
			t.Errorf("%s: %q is accepted as %+v", strategy, value, p)
		}
	})
}

// Whoever holds the secret can sign anything; what is read must still be of
// the one shape, and be written again as it was.
func FuzzASignedCacheIsOfTheOneShape(f *testing.F) {
	k := keys(f)
	for _, seed := range []string{`{"session":{},"user":{},"updatedAt":1,"version":"1"}`, `{}`, `{"session":{},"user":{},"updatedAt":1,"updatedAt":2}`, `{"session":`} {
		f.Add(seed, int64(1_900_000_000_000))
	}
	f.Fuzz(func(t *testing.T, inner string, expires int64) {
		if len(inner) < 2 || inner[len(inner)-1] != '}' {
			return
		}
		value := sign(t, "compact", k, inner, fmt.Sprint(expires))
		p, expiresAt, err := cookies.DecodeCache("compact", k, value, noon)
		if err != nil {
			return
		}
		again, err := cookies.EncodeCache("compact", k, p, time.Hour, expiresAt.Add(-time.Hour))
		if err != nil {
			return // not as JSON.stringify writes it
		}
		if _, _, err := cookies.DecodeCache("compact", k, again, noon); err != nil {
			t.Errorf("%s is written as something else: %v", inner, err)
		}
	})
}
