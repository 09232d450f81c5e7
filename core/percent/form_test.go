package percent_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// The expected values are those of URLSearchParams in Node.
func TestFormsAreJavaScripts(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"azAZ09-_.!~*'()":        "azAZ09-_.%21%7E*%27%28%29",
		"a b+c":                  "a+b%2Bc",
		"/done?x=1&y=2#z":        "%2Fdone%3Fx%3D1%26y%3D2%23z",
		`;,:@$%"<>[]\^{|}` + "`": "%3B%2C%3A%40%24%25%22%3C%3E%5B%5D%5C%5E%7B%7C%7D%60",
		"é€😀":                    "%C3%A9%E2%82%AC%F0%9F%98%80",
		"\x00\x1f\x7f\u0080":     "%00%1F%7F%C2%80",
	} {
		if got := percent.EncodeForm(text); got != want {
			t.Errorf("%q: written as %s, want %s", text, got, want)
		}
		if got := percent.DecodeForm(want); got != text {
			t.Errorf("%q: read as %q, want %q", want, got, text)
		}
	}
	for text, want := range map[string]string{
		"%":          "%",
		"%zz%4":      "%zz%4",
		"%2f%2F":     "//",
		"%25zz":      "%zz",
		"%ffa":       "\uFFFDa",
		"%F0%9F%98a": "\uFFFDa",
		"%c0%af":     "\uFFFD\uFFFD",
		"%ed%a0%80":  "\uFFFD\uFFFD\uFFFD",
		"%e2%82%e2":  "\uFFFD\uFFFD",
	} {
		if got := percent.DecodeForm(text); got != want {
			t.Errorf("%q: read as %q, want %q", text, got, want)
		}
	}
}
