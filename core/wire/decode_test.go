package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
)

func TestDecodeRefusesWhatJavaScriptTakes(t *testing.T) {
	for name, tt := range map[string]struct {
		text    string
		lim     wire.Limits
		problem string
		offset  int
	}{
		"an escaped NUL in a string":         {`{"a":"x\u0000"}`, wire.Limits{}, "NUL is not allowed", 7},
		"an escaped NUL in a key":            {`{"\u0000":1}`, wire.Limits{}, "NUL is not allowed", 2},
		"a raw NUL in a string":              {"\"a\x00b\"", wire.Limits{}, "NUL is not allowed", 2},
		"a byte that is not UTF-8":           {"\"a\xffb\"", wire.Limits{}, "invalid UTF-8", 2},
		"an overlong encoding":               {"\"\xc0\xaf\"", wire.Limits{}, "invalid UTF-8", 1},
		"a surrogate encoded as UTF-8":       {"\"\xed\xa0\x80\"", wire.Limits{}, "invalid UTF-8", 1},
		"a character that ends early":        {"\"\xe6\xbc", wire.Limits{}, "invalid UTF-8", 1},
		"invalid UTF-8 after an escape":      {"\"\\n\xff\"", wire.Limits{}, "invalid UTF-8", 3},
		"a number that would be Infinity":    {"[1e400]", wire.Limits{}, "the number is out of range", 1},
		"a number that would be -Infinity":   {"-1e309", wire.Limits{}, "the number is out of range", 0},
		"a byte order mark":                  {"\xef\xbb\xbf{}", wire.Limits{}, "no value starts here", 0},
		"65 levels":                          {strings.Repeat("[", 65) + strings.Repeat("]", 65), wire.Limits{}, "nested too deep", 64},
		"a megabyte of brackets":             {strings.Repeat("[", 1<<20), wire.Limits{}, "nested too deep", 64},
		"objects and arrays nested together": {`[{"a":[]}]`, wire.Limits{Depth: 2}, "nested too deep", 6},
		"1001 keys":                          {manyKeys(1001), wire.Limits{}, "too many keys", -1},
		"keys of several objects together":   {`[{"a":1},{"a":1},{"a":1}]`, wire.Limits{Keys: 2}, "too many keys", 18},
		"a key repeated too often":           {`{"a":1,"a":1,"a":1}`, wire.Limits{Keys: 2}, "too many keys", 13},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.Decode([]byte(tt.text), tt.lim)
			var syntax *wire.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, want a *SyntaxError", err)
			}
			if syntax.Problem != tt.problem || (tt.offset >= 0 && syntax.Offset != tt.offset) {
				t.Errorf("got %q at %d, want %q at %d", syntax.Problem, syntax.Offset, tt.problem, tt.offset)
			}
		})
	}
}

func manyKeys(n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(`{"k":0},`, n), ",") + "]"
}

func TestDecodeAcceptsExactlyTheLimits(t *testing.T) {
	for name, text := range map[string]string{
		"64 levels":                          strings.Repeat("[", 64) + strings.Repeat("]", 64),
		"1000 keys":                          manyKeys(1000),
		"many flat arrays beside each other": "[" + strings.TrimSuffix(strings.Repeat("[],", 500), ",") + "]",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := wire.Decode([]byte(text), wire.Limits{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHalfOfASurrogatePairBecomesTheReplacementCharacter(t *testing.T) {
	for text, want := range map[string]string{
		`"\ud83d"`:             "\ufffd",
		`"\ude00"`:             "\ufffd",
		`"\ud83dx"`:            "\ufffdx",
		`"\ud83d\n"`:           "\ufffd\n",
		`"\ud83d\u0041"`:       "\ufffdA",
		`"\ud83d\ud83d\ude00"`: "\ufffd😀",
		`"\ude00\ud83d"`:       "\ufffd\ufffd",
		`"\uD83D\uDE00"`:       "😀",
		`"\uDBFF\uDFFF"`:       "\U0010ffff",
		`"\uD800\uDC00"`:       "\U00010000",
	} {
		got, err := wire.Decode([]byte(text), wire.Limits{})
		if err != nil || got != want {
			t.Errorf("%s is read as %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestMinusZeroKeepsItsSign(t *testing.T) {
	v, err := wire.Decode([]byte("-0"), wire.Limits{})
	if f, ok := v.(float64); err != nil || !ok || f != 0 || !math.Signbit(f) {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestErrorsDoNotRepeatTheDocument(t *testing.T) {
	const secret = "hunter2"
	for _, text := range []string{secret, `{"` + secret + `"}`, `{"a":"` + secret, `["` + secret + `" x]`, `"` + secret + `\q"`} {
		_, err := wire.Decode([]byte(text), wire.Limits{})
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzDecode holds Decode against encoding/json: whatever Decode accepts, the
// other accepts with the same values, and the text survives a round trip.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,true,null,"\u00e9\ud83d\ude00"],"a":{"2":0,"1":0}}`, `"\ud83d"`, `1e400`, `[[[]]]`, `{"__proto__":1}`, "\"\xff\"", `"\u0000"`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := wire.Decode(data, wire.Limits{})
		if err != nil {
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("accepted, but encoding/json says: %v", err)
		}
		if diff := cmp.Diff(want, withoutOrder(v)); diff != "" {
			t.Fatalf("read differently (-encoding/json +wire):\n%s", diff)
		}
		text, err := wire.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := wire.Decode(text, wire.Limits{})
		if err != nil {
			t.Fatalf("own output refused: %v", err)
		}
		second, err := wire.Marshal(again)
		if err != nil || !bytes.Equal(text, second) {
			t.Fatalf("%s became %s (%v)", text, second, err)
		}
	})
}

// withoutOrder turns objects into maps.
func withoutOrder(v any) any {
	switch v := v.(type) {
	case *wire.Object:
		m := map[string]any{}
		for key, member := range v.All() {
			m[key] = withoutOrder(member)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = withoutOrder(v[i])
		}
		return list
	}
	return v
}
