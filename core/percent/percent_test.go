package percent_test

import (
	"net/url"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// The expected values are those of encodeURIComponent in Node.
func TestEncodeIsJavaScripts(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"azAZ09-_.!~*'()":        "azAZ09-_.!~*'()",
		"a b+c":                  "a%20b%2Bc",
		"/done?x=1&y=2#z":        "%2Fdone%3Fx%3D1%26y%3D2%23z",
		`;,:@$%"<>[]\^{|}` + "`": "%3B%2C%3A%40%24%25%22%3C%3E%5B%5D%5C%5E%7B%7C%7D%60",
		"é€😀":                    "%C3%A9%E2%82%AC%F0%9F%98%80",
		"\x00\x1f\x7f\u0080":     "%00%1F%7F%C2%80",
	} {
		if got := percent.Encode(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestByteReadsOneEscape(t *testing.T) {
	for text, want := range map[string]int{
		"%41": 'A', "%2f": '/', "%2Frest": '/', "%fF": 0xff, "%00": 0,
		"": -1, "%": -1, "%4": -1, "A41": -1, "%4g": -1, "%g4": -1, "%%41": -1, "%/0": -1, "%:0": -1, "%@0": -1, "%`0": -1, "%+1": -1,
	} {
		c, ok := percent.Byte(text)
		if ok != (want >= 0) || ok && int(c) != want {
			t.Errorf("%q: %#x, %v", text, c, ok)
		}
	}
}

// FuzzEncode holds that what is written is read again.
func FuzzEncode(f *testing.F) {
	f.Add("a b+c/é\x00%41")
	f.Fuzz(func(t *testing.T, text string) {
		escaped := percent.Encode(text)
		if back, err := url.PathUnescape(escaped); err != nil || back != text {
			t.Fatalf("%q became %q: %q, %v", text, escaped, back, err)
		}
		var own []byte
		for i := 0; i < len(escaped); i++ {
			c, ok := percent.Byte(escaped[i:])
			if ok {
				i += 2
			} else {
				c = escaped[i]
			}
			own = append(own, c)
		}
		if string(own) != text {
			t.Fatalf("%q became %q", text, own)
		}
	})
}
