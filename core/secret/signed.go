package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// signatureLength is that of 32 bytes in padded base64.
const signatureLength = 44

// Sign returns "value.signature", the signature being the HMAC-SHA256 of value
// under the current secret in padded standard base64. The cookie writer
// percent-encodes the result.
//
// The signature covers the value alone, as upstream's does: the same text is
// good under any cookie name. Whoever reads it decides what it may mean.
func (k *Keys) Sign(value string) string {
	return value + "." + base64.StdEncoding.EncodeToString(k.mac(value))
}

// Verify returns the value of a signed text and whether its signature, all
// behind the last dot, is right. The value is not empty. Only the current
// secret counts, as upstream: a rotation ends what the previous one signed.
func (k *Keys) Verify(signed string) (value string, ok bool) {
	dot := strings.LastIndexByte(signed, '.')
	if dot < 1 {
		return "", false
	}
	value, signature := signed[:dot], signed[dot+1:]
	if len(signature) != signatureLength || !strings.HasSuffix(signature, "=") {
		return "", false
	}
	// Comparing the text refuses the other spellings of the same bytes.
	want := base64.StdEncoding.EncodeToString(k.mac(value))
	if !hmac.Equal([]byte(signature), []byte(want)) {
		return "", false
	}
	return value, true
}

// SignRaw returns the HMAC-SHA256 of data under the current secret in base64url
// without padding: the signature of upstream's compact cookie cache and of JWTs,
// and a pseudonym for what must not be told.
func (k *Keys) SignRaw(data string) string {
	return base64.RawURLEncoding.EncodeToString(k.mac(data))
}

// VerifyRaw reports whether signature is what [Keys.SignRaw] gives for data.
func (k *Keys) VerifyRaw(data, signature string) bool {
	return hmac.Equal([]byte(signature), []byte(k.SignRaw(data)))
}

func (k *Keys) mac(data string) []byte {
	h := hmac.New(sha256.New, []byte(k.current))
	h.Write([]byte(data))
	return h.Sum(nil)
}
