package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strings"
	"sync"
)

// Those of 32 bytes in base64, with padding and without.
const (
	signatureLength    = 44
	rawSignatureLength = 43
)

// Sign returns "value.signature", the signature being the HMAC-SHA256 of value
// under the current secret in padded standard base64. The cookie writer
// percent-encodes the result.
//
// The signature covers the value alone, as upstream's does: the same text is
// good under any cookie name. Whoever reads it decides what it may mean.
func (k *Keys) Sign(value string) string {
	sum := k.mac(value)
	return value + "." + base64.StdEncoding.EncodeToString(sum[:])
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
	sum := k.mac(value)
	var want, got [signatureLength]byte
	base64.StdEncoding.Encode(want[:], sum[:])
	copy(got[:], signature)
	if !hmac.Equal(got[:], want[:]) {
		return "", false
	}
	return value, true
}

// SignRaw returns the HMAC-SHA256 of data under the current secret in base64url
// without padding: the signature of upstream's compact cookie cache and of JWTs,
// and a pseudonym for what must not be told.
func (k *Keys) SignRaw(data string) string {
	sum := k.mac(data)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// VerifyRaw reports whether signature is what [Keys.SignRaw] gives for data.
func (k *Keys) VerifyRaw(data, signature string) bool { return k.VerifyParts(signature, data) }

// VerifyParts is VerifyRaw for the text that the parts make together.
func (k *Keys) VerifyParts(signature string, parts ...string) bool {
	if len(signature) != rawSignatureLength {
		return false
	}
	sum := k.mac(parts...)
	var want, got [rawSignatureLength]byte
	base64.RawURLEncoding.Encode(want[:], sum[:])
	copy(got[:], signature)
	return hmac.Equal(got[:], want[:])
}

// mac is the HMAC-SHA256 of the text that the parts make together.
func (k *Keys) mac(parts ...string) (sum [sha256.Size]byte) {
	m, _ := k.macs.Get().(*mac)
	m.hash.Reset()
	for _, part := range parts {
		m.buf = append(m.buf[:0], part...)
		m.hash.Write(m.buf)
	}
	m.buf = m.hash.Sum(m.buf[:0])
	copy(sum[:], m.buf)
	k.macs.Put(m)
	return sum
}

// mac is an HMAC under the current secret that was used before, which spares half
// of the work of one that begins with the secret.
type mac struct {
	hash hash.Hash
	buf  []byte // what goes in and what comes out, so that neither is copied to the heap
}

func macsOf(secret string) *sync.Pool {
	return &sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, []byte(secret))} }}
}
