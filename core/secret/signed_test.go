package secret_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// Made by upstream 1.6.9 under the secret current; see the module reference
// for the rest.
const (
	signedValue = "Zx9QmV2LkT7bNcR4yHgW1pSdFuJ8eAo3"
	signedText  = "Zx9QmV2LkT7bNcR4yHgW1pSdFuJ8eAo3.YAHA5ZmeX2VnOnC7kH+yYXaqAtlmAD4W9THW3wHgF8A="
)

func TestSignIsUpstreams(t *testing.T) {
	if got := plain(t).Sign(signedValue); got != signedText {
		t.Errorf("Sign = %q, want %q", got, signedText)
	}
	if value, ok := plain(t).Verify(signedText); !ok || value != signedValue {
		t.Errorf("Verify = %q, %v", value, ok)
	}
}

func TestOnlyTheCurrentSecretSigns(t *testing.T) {
	if _, ok := rotated(t).Verify(keys(t, earlier, nil, "").Sign("x")); ok {
		t.Error("an earlier secret's signature counts")
	}
	if _, ok := rotated(t).Verify(plain(t).Sign("x")); !ok {
		t.Error("the current secret's signature does not count")
	}
}

func TestWhatIsNotSignedIsRefused(t *testing.T) {
	k := plain(t)
	value, signature, _ := strings.Cut(signedText, ".")
	for name, text := range map[string]string{
		"nothing":                        "",
		"a value alone":                  value,
		"a signature alone":              signature,
		"an empty value":                 k.Sign(""),
		"an empty signature":             value + ".",
		"no dot":                         value + signature,
		"no padding":                     strings.TrimSuffix(signedText, "="),
		"padding twice":                  signedText + "=",
		"white space behind":             signedText + "\n",
		"a line break inside":            signedText[:60] + "\n" + signedText[61:],
		"another value":                  "x" + signedText,
		"the signature of another value": value + k.Sign("x")[1:],
		"base64url":                      value + "." + strings.NewReplacer("+", "-", "/", "_").Replace(signature[:43]) + "-",
		"a secret that differs":          keys(t, earlier, nil, "").Sign(value),
		"percent-encoded":                value + "." + signature[:43] + "%3D",
	} {
		if got, ok := k.Verify(text); ok {
			t.Errorf("%s: accepted as %q", name, got)
		}
	}
	// All spellings of the bits behind the last byte, which a lenient decoder
	// takes for the same signature.
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		changed := signedText[:len(signedText)-2] + string(c) + "="
		if _, ok := k.Verify(changed); ok != (changed == signedText) {
			t.Errorf("last character %q: %v", c, ok)
		}
	}
}

func FuzzVerifyTakesOnlyWhatSignGives(f *testing.F) {
	k := plain(f)
	for _, seed := range []string{signedText, "", ".", "a.", strings.Repeat(".", 50), k.Sign("a.b="), k.Sign("\x00\xff")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, ok := k.Verify(text)
		if ok != (value != "") {
			t.Errorf("%q, %v", value, ok)
		}
		if ok && k.Sign(value) != text {
			t.Errorf("%q is accepted for %q", text, value)
		}
		if got, ok := k.Verify(k.Sign(text)); text != "" && (!ok || got != text) {
			t.Errorf("%q does not come back", text)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	k, err := secret.NewKeys(current, nil, "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		k.Verify(signedText)
	}
}
