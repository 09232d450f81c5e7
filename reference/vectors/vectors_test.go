// Package vectors_test checks that Gatehouse reads what Better Auth wrote. The
// JSON files are upstream's output, made by make.mjs; emit and check.mjs are
// the other direction.
package vectors_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// keys are the secrets of a vector, as upstream.mjs writes them.
type keys struct {
	Secret   string
	Versions []struct {
		Version int
		Value   string
	}
	Legacy string
}

func (k keys) load(t *testing.T) *secret.Keys {
	t.Helper()
	var rotation []secret.Version
	for _, v := range k.Versions {
		rotation = append(rotation, secret.Version{Version: v.Version, Value: v.Value})
	}
	loaded, err := secret.NewKeys(k.Secret, rotation, k.Legacy)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// load reads the vectors of one file and insists that there are some.
func load[T any](t *testing.T, file string) []T {
	t.Helper()
	data, err := os.ReadFile(file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Upstream string
		Vectors  []T
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if f.Upstream == "" || len(f.Vectors) == 0 {
		t.Fatalf("%s.json holds no vectors", file)
	}
	return f.Vectors
}

// flips yields text with one character changed, for every position or, in a
// long text, for about two hundred spread over it and the ends.
func flips(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		step := max(1, len(text)/200)
		for i := 0; i < len(text); i++ {
			if i%step != 0 && i > 8 && i < len(text)-8 {
				continue
			}
			if !yield(i, flip(text, i)) {
				return
			}
		}
	}
}

// flip changes the character at i to a neighbour of the same kind, so that the
// text stays in its alphabet where it can.
func flip(text string, i int) string {
	b := []byte(text)
	switch c := b[i]; {
	case c == 'z' || c == 'Z' || c == '9' || c == 'f':
		b[i] = c - 1
	case c >= '0' && c < '9' || c >= 'a' && c < 'z' || c >= 'A' && c < 'Z':
		b[i] = c + 1
	default:
		b[i] = 'A'
	}
	return string(b)
}

func second(n int64) time.Time { return time.Unix(n, 0) }

// same compares JSON texts byte for byte and shows where they part.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	from := max(0, i-20)
	t.Errorf("%s differs at %d:\n got …%s\nwant …%s", what, i, clip(got[from:]), clip(want[from:]))
}

func clip(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
