package password_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/password"
)

// What upstream 1.6.9 made of "correct horse battery staple", at its own cost.
// The many other vectors are in the module reference.
const upstreamHash = "74609b5098fe011d7e3db5981cb37b17:4025f160dc4cbf13df14c9f51be5c2ee4be513c4a12f203cb14aa2e13b5eb212e80060b4c7928e9399b7404bea7d99ce4ebbc697081c2b6f93b1af706307b495"

func cheap() *password.Scrypt { return password.NewScrypt(password.ScryptOptions{N: 2, R: 1}) }

func TestAnUpstreamHashVerifies(t *testing.T) {
	h := password.NewScrypt(password.ScryptOptions{})
	for name, want := range map[string]bool{"correct horse battery staple": true, "correct horse battery stapl": false} {
		if ok, err := h.Verify(t.Context(), upstreamHash, name); ok != want || err != nil {
			t.Errorf("Verify(%q) = %v, %v; want %v", name, ok, err, want)
		}
	}
}

func TestHashIsSaltAndKeyInLowerCaseHex(t *testing.T) {
	raw := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	h := password.NewScrypt(password.ScryptOptions{N: 2, R: 1, Random: bytes.NewReader(raw)})
	hash, err := h.Hash(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	salt, key, _ := strings.Cut(hash, ":")
	if salt != "00010203040506070809aabbccddeeff" {
		t.Errorf("salt %q is not the hex of the random bytes", salt)
	}
	if len(key) != 128 || strings.Trim(key, "0123456789abcdef") != "" {
		t.Errorf("key %q is not 64 bytes of lower-case hex", key)
	}
	if ok, err := h.Verify(t.Context(), hash, "secret"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	if _, err := h.Hash(t.Context(), "secret"); !errors.Is(err, io.EOF) {
		t.Errorf("without randomness: %v, want EOF", err)
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	h := cheap()
	first, err1 := h.Hash(t.Context(), "secret")
	second, err2 := h.Hash(t.Context(), "secret")
	if err := errors.Join(err1, err2); err != nil || first == second {
		t.Errorf("%q and %q, %v", first, second, err)
	}
}

func TestWhatIsNotAHashIsAnErrorAndNoMatch(t *testing.T) {
	hash, err := cheap().Hash(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	salt, key, _ := strings.Cut(hash, ":")
	for name, tc := range map[string]struct {
		hash string
		want error
	}{
		"nothing":                    {"", password.ErrMalformed},
		"no colon":                   {salt + key, password.ErrMalformed},
		"an empty salt":              {":" + key, password.ErrMalformed},
		"an empty key":               {salt + ":", password.ErrMalformed},
		"a third part":               {hash + ":00", password.ErrMalformed},
		"a salt that is not hex":     {"x" + salt + ":" + key, password.ErrMalformed},
		"a key that is not hex":      {salt + ":x" + key, password.ErrMalformed},
		"white space":                {hash + "\n", password.ErrMalformed},
		"a zero byte":                {salt + "\x00:" + key, password.ErrMalformed},
		"a megabyte":                 {strings.Repeat("0", 1<<20) + ":" + key, password.ErrMalformed},
		"another scheme":             {"$2b$10$abcdefghijklmnopqrstuv", password.ErrMalformed},
		"a key that is too short":    {salt + ":" + key[:126], nil},
		"a key that is too long":     {hash + "00", nil},
		"a key in upper case":        {salt + ":" + strings.ToUpper(key), nil},
		"a salt in upper case":       {strings.ToUpper(salt) + ":" + key, nil},
		"a shorter salt":             {salt[2:] + ":" + key, nil},
		"one digit of the key wrong": {salt + ":" + key[:127] + anotherDigit(key[127]), nil},
	} {
		ok, err := cheap().Verify(t.Context(), tc.hash, "secret")
		if ok || !errors.Is(err, tc.want) {
			t.Errorf("%s: Verify = %v, %v; want false, %v", name, ok, err, tc.want)
		}
	}
}

func anotherDigit(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

func TestInvalidUTF8IsRefusedAndNeverMatches(t *testing.T) {
	h := cheap()
	if _, err := h.Hash(t.Context(), "a\xff"); !errors.Is(err, password.ErrEncoding) {
		t.Errorf("Hash: %v, want ErrEncoding", err)
	}
	hash, err := h.Hash(t.Context(), "a\ufffd")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.Verify(t.Context(), hash, "a\xff"); ok || err != nil {
		t.Errorf("Verify = %v, %v; want false", ok, err)
	}
}

func TestACostThatScryptRefusesIsAnError(t *testing.T) {
	h := password.NewScrypt(password.ScryptOptions{N: 3})
	if _, err := h.Hash(t.Context(), "secret"); err == nil {
		t.Error("N=3 is accepted")
	}
	if err := h.Dummy(t.Context(), "secret"); err == nil {
		t.Error("Dummy accepts N=3")
	}
}

func TestACancelledCallEndsWithItsContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := cheap()
	_, err := h.Hash(ctx, "secret")
	_, verify := h.Verify(ctx, upstreamHash, "secret")
	_, malformed := h.Verify(ctx, "", "secret")
	for _, err := range []error{err, verify, malformed, h.Dummy(ctx, "secret")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
	}
}

func TestUTF16LenCountsAsJavaScriptDoes(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 2, "€": 1, "🔑": 2, "\ufdfa": 1, "a\xff\xfeb": 4, "\ufffd": 1,
	} {
		if got := password.UTF16Len(s); got != want {
			t.Errorf("UTF16Len(%+q) = %d, want %d", s, got, want)
		}
	}
}

func FuzzVerifyTakesOnlyTheHashItself(f *testing.F) {
	h := cheap()
	hash, err := h.Hash(f.Context(), "secret")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{hash, upstreamHash, "", ":", "a:b", "00:00", hash + ":", strings.ToUpper(hash)} {
		f.Add(seed, "secret")
	}
	f.Add(hash, "se\u0301cret\xff")
	f.Fuzz(func(t *testing.T, stored, candidate string) {
		ok, err := h.Verify(t.Context(), stored, candidate)
		if err != nil && !errors.Is(err, password.ErrMalformed) {
			t.Errorf("unexpected error %v", err)
		}
		if ok && err != nil {
			t.Error("a match and an error")
		}
		if stored == hash && candidate == "secret" && !ok {
			t.Error("the password is refused")
		}
		if ok && strings.Count(stored, ":") != 1 {
			t.Errorf("%q matches", stored)
		}
	})
}
