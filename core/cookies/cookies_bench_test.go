package cookies_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

const benchName = "better-auth.session_token"

func benchKeys(b *testing.B) *secret.Keys {
	b.Helper()
	keys, err := secret.NewKeys("bench-secret-0123456789-abcdefghijklmnop", nil, "")
	if err != nil {
		b.Fatal(err)
	}
	return keys
}

func BenchmarkParseAndVerify(b *testing.B) {
	keys := benchKeys(b)
	line, err := cookies.Cookie{Name: benchName, Value: keys.Sign("0123456789abcdefghijklmnopqrstuv")}.Serialize()
	if err != nil {
		b.Fatal(err)
	}
	header := "theme=dark; " + line + "; _ga=GA1.1.123456789.1234567890"
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := cookies.Parse(header).Signed(benchName, keys); !ok {
			b.Fatal("the signature is refused")
		}
	}
}

func BenchmarkSignAndSerialize(b *testing.B) {
	keys := benchKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		c := cookies.Cookie{Name: benchName, Value: keys.Sign("0123456789abcdefghijklmnopqrstuv"), Attributes: cookies.Attributes{Path: "/", HTTPOnly: true, SameSite: cookies.SameSiteLax}}
		if _, err := c.Serialize(); err != nil {
			b.Fatal(err)
		}
	}
}
