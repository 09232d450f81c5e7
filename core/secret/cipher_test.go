package secret_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

func encrypt(t testing.TB, k *secret.Keys, plaintext string) string {
	t.Helper()
	text, err := k.Encrypt(plaintext)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCiphertextsSurviveRotation(t *testing.T) {
	versioned := keys(t, "", []secret.Version{{Version: 1, Value: earlier}}, "")
	for name, tc := range map[string]struct {
		text   string
		prefix string
	}{
		"the current version": {encrypt(t, rotated(t), "text"), "$ba$2$"},
		"an earlier version":  {encrypt(t, versioned, "text"), "$ba$1$"},
		"the legacy secret":   {encrypt(t, keys(t, legacy, nil, ""), "text"), ""},
	} {
		if !strings.HasPrefix(tc.text, tc.prefix) || tc.prefix == "" && strings.Contains(tc.text, "$") {
			t.Errorf("%s: %q does not begin with %q", name, tc.text, tc.prefix)
		}
		if got, err := rotated(t).Decrypt(tc.text); got != "text" || err != nil {
			t.Errorf("%s: Decrypt = %q, %v", name, got, err)
		}
	}
}

func TestThePlainSecretBecomesTheLegacyOne(t *testing.T) {
	text := encrypt(t, plain(t), "text")
	k := keys(t, current, []secret.Version{{Version: 1, Value: earlier}}, "")
	if got, err := k.Decrypt(text); got != "text" || err != nil {
		t.Errorf("Decrypt = %q, %v", got, err)
	}
}

func TestThePublicDefaultIsNoLegacySecret(t *testing.T) {
	text := encrypt(t, keys(t, secret.Default, nil, ""), "text")
	for _, k := range []*secret.Keys{
		keys(t, secret.Default, []secret.Version{{Version: 1, Value: current}}, ""),
		keys(t, "", []secret.Version{{Version: 1, Value: current}}, secret.Default),
	} {
		if _, err := k.Decrypt(text); !errors.Is(err, secret.ErrNoLegacy) {
			t.Errorf("%v, want ErrNoLegacy", err)
		}
	}
}

func TestWhatCannotBeDecryptedSaysWhy(t *testing.T) {
	text := encrypt(t, rotated(t), "text")
	bare := strings.TrimPrefix(text, "$ba$2$")
	none := keys(t, "", []secret.Version{{Version: 2, Value: current}}, "")
	for name, tc := range map[string]struct {
		keys *secret.Keys
		text string
		want error
	}{
		"nothing":                             {plain(t), "", secret.ErrCiphertext},
		"not hex":                             {plain(t), "zz" + bare, secret.ErrCiphertext},
		"half a byte":                         {plain(t), bare[1:], secret.ErrCiphertext},
		"shorter than a nonce":                {plain(t), bare[:20], secret.ErrCiphertext},
		"a nonce and no tag":                  {plain(t), bare[:50], secret.ErrCiphertext},
		"cut off":                             {plain(t), bare[:len(bare)-2], secret.ErrCiphertext},
		"something behind":                    {plain(t), bare + "00", secret.ErrCiphertext},
		"another secret":                      {keys(t, earlier, nil, ""), bare, secret.ErrCiphertext},
		"no version and no legacy secret":     {none, bare, secret.ErrNoLegacy},
		"no version and another legacy":       {rotated(t), bare, secret.ErrCiphertext},
		"a version that is not configured":    {rotated(t), "$ba$7$" + bare, secret.ErrUnknownVersion},
		"a version beside a plain secret":     {plain(t), text, secret.ErrUnknownVersion},
		"a version that did not make it":      {rotated(t), "$ba$1$" + bare, secret.ErrCiphertext},
		"a version with a letter":             {rotated(t), "$ba$2x$" + bare, secret.ErrCiphertext},
		"a version with a zero":               {rotated(t), "$ba$02$" + bare, secret.ErrCiphertext},
		"a version with a sign":               {rotated(t), "$ba$+2$" + bare, secret.ErrCiphertext},
		"a negative version":                  {rotated(t), "$ba$-2$" + bare, secret.ErrCiphertext},
		"an empty version":                    {rotated(t), "$ba$$" + bare, secret.ErrCiphertext},
		"a version beyond all numbers":        {rotated(t), "$ba$99999999999999999999$" + bare, secret.ErrCiphertext},
		"an envelope without its last dollar": {rotated(t), "$ba$2", secret.ErrCiphertext},
		"an envelope in an envelope":          {rotated(t), "$ba$2$" + text, secret.ErrCiphertext},
		"a prefix alone":                      {rotated(t), "$ba$", secret.ErrCiphertext},
	} {
		got, err := tc.keys.Decrypt(tc.text)
		if got != "" || !errors.Is(err, tc.want) {
			t.Errorf("%s: Decrypt = %q, %v; want %v", name, got, err, tc.want)
		}
	}
}

func TestEncryptRefusesWhatUpstreamWouldReadDifferently(t *testing.T) {
	if _, err := plain(t).Encrypt("a\xff"); !errors.Is(err, secret.ErrPlaintext) {
		t.Errorf("%v, want ErrPlaintext", err)
	}
}

func TestTheNonceIsTheRandomBytes(t *testing.T) {
	nonce := bytes.Repeat([]byte{0xab}, 24)
	k := plain(t).WithRandom(bytes.NewReader(nonce))
	if text := encrypt(t, k, "text"); !strings.HasPrefix(text, hex.EncodeToString(nonce)) {
		t.Errorf("%q does not begin with the nonce", text)
	}
	if _, err := k.Encrypt("text"); !errors.Is(err, io.EOF) {
		t.Errorf("without randomness: %v, want EOF", err)
	}
	if first, second := encrypt(t, plain(t), "text"), encrypt(t, plain(t), "text"); first == second {
		t.Error("two ciphertexts are the same")
	}
}

func FuzzDecryptTakesNothingThatWasNotEncrypted(f *testing.F) {
	k := rotated(f)
	text := encrypt(f, k, "text")
	for _, seed := range []string{text, encrypt(f, keys(f, legacy, nil, ""), "text"), "", "$ba$", "$ba$2$", "$ba$2$00", "$ba$x$" + text, strings.ToUpper(text)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, candidate string) {
		got, err := k.Decrypt(candidate)
		if err == nil && got != "text" {
			t.Errorf("%q decrypts to %q", candidate, got)
		}
		if _, err := plain(t).Decrypt(candidate); err == nil {
			t.Errorf("%q decrypts under a plain secret", candidate)
		}
	})
}
