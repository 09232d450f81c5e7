package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	josecipher "github.com/go-jose/go-jose/v4/cipher"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

const (
	// jweInfo is the HKDF info that upstream inherited from its ancestors.
	jweInfo = "BetterAuth.js Generated Encryption Key"
	// What A256CBC-HS512 takes (RFC 7518, section 5.2.5).
	jweKeyBytes   = 64
	jweNonceBytes = 16
	jweTagBytes   = 32
	// That of upstream has some 100 bytes. It is read before the tag is checked.
	maxJWEHeader = 1 << 10

	jweTolerance = 15 * time.Second
)

// EncodeJWE returns claims, a JSON object whose members keep their order, as a
// compact JWE (RFC 7516): alg dir, enc A256CBC-HS512, the key by HKDF-SHA256
// from the current secret with salt, and the key's JWK thumbprint (RFC 7638)
// as kid. It sets iat to now, exp to now+ttl, in whole seconds, and jti to a
// new UUID. A token only opens under the salt it was made with.
func (k *Keys) EncodeJWE(claims json.RawMessage, salt string, ttl time.Duration, now time.Time) (string, error) {
	o, err := stamp(claims, ttl, now)
	if err != nil {
		return "", err
	}
	id, err := k.uuid()
	if err != nil {
		return "", err
	}
	o.set("jti", `"`+id+`"`)
	key, err := k.sealing(k.current, salt)
	if err != nil {
		return "", err
	}
	opts := (&jose.EncrypterOptions{}).WithHeader("kid", key.id)
	encrypter, err := jose.NewEncrypter(jose.A256CBC_HS512, jose.Recipient{Algorithm: jose.DIRECT, Key: key.bytes}, opts)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	sealed, err := encrypter.Encrypt(o.bytes())
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	return sealed.CompactSerialize()
}

// DecodeJWE returns the claims of a JWE that one of the secrets made for salt.
// A kid picks the secret; without one all are tried. Anything but dir with
// A256CBC-HS512 is refused, so are zip, crit, and more than 64 KiB (upstream
// also lists A256GCM, which its 64 byte key can never satisfy). exp and nbf
// have 15 seconds of tolerance, as upstream. The claims come back as they were
// written. Errors are [ErrToken] and [ErrExpired].
func (k *Keys) DecodeJWE(token, salt string, now time.Time) (claims string, err error) {
	if len(token) > maxToken || strings.Count(token, ".") != 4 {
		return "", ErrToken
	}
	head, _, _ := strings.Cut(token, ".")
	kid, err := checkJWEHeader(head)
	if err != nil {
		return "", err
	}
	nonce, ciphertext, err := splitJWE(token)
	if err != nil {
		return "", err
	}
	for _, secret := range k.all() {
		key, err := k.sealing(secret, salt)
		if err != nil {
			return "", err
		}
		if kid != "" && kid != key.id {
			continue
		}
		if claims, err := key.aead.Open(nil, nonce, ciphertext, []byte(head)); err == nil {
			return checkClaims(string(claims), jweTolerance, now)
		}
	}
	return "", ErrToken
}

// splitJWE returns the initialisation vector of a compact JWE of five segments, and
// its ciphertext with the tag behind it (RFC 7518, section 5.2.2.2). A key of its
// own, which dir must not have (RFC 7516, section 5.2), is refused.
func splitJWE(token string) (nonce, ciphertext []byte, err error) {
	segments := strings.Split(token, ".")
	if segments[1] != "" {
		return nil, nil, ErrToken
	}
	if nonce, err = AppendBase64URL(nil, segments[2]); err != nil || len(nonce) != jweNonceBytes {
		return nil, nil, ErrToken
	}
	if ciphertext, err = AppendBase64URL(nil, segments[3]); err != nil {
		return nil, nil, ErrToken
	}
	sealed, err := AppendBase64URL(ciphertext, segments[4])
	if err != nil || len(sealed)-len(ciphertext) != jweTagBytes {
		return nil, nil, ErrToken
	}
	return nonce, sealed, nil
}

// checkJWEHeader returns the kid, "" when there is none.
func checkJWEHeader(head string) (kid string, err error) {
	if len(head) > maxJWEHeader {
		return "", ErrToken
	}
	h, err := decodeObject(head)
	if err != nil {
		return "", ErrToken
	}
	if h.get("alg") != `"dir"` || h.get("enc") != `"A256CBC-HS512"` || h.get("zip") != "" || h.get("crit") != "" {
		return "", ErrToken
	}
	raw := h.get("kid")
	if raw == "" {
		return "", nil
	}
	kid, ok := wire.Text(raw)
	if !ok || kid == "" {
		return "", ErrToken
	}
	return kid, nil
}

// sealingKey is a key of JWEs.
type sealingKey struct {
	bytes []byte
	id    string // its thumbprint
	aead  cipher.AEAD
}

// derivation is what a sealing key is made of.
type derivation struct{ secret, salt string }

// sealing returns the key of JWEs that a secret makes with a salt. It keeps them:
// there are as many as the code knows salts.
func (k *Keys) sealing(secret, salt string) (*sealingKey, error) {
	from := derivation{secret, salt}
	if key, ok := k.derived.Load(from); ok {
		return key.(*sealingKey), nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte(salt), jweInfo, jweKeyBytes)
	if err != nil {
		return nil, fmt.Errorf("secret: deriving key: %w", err)
	}
	aead, err := josecipher.NewCBCHMAC(key, aes.NewCipher)
	if err != nil {
		return nil, fmt.Errorf("secret: deriving key: %w", err)
	}
	made := &sealingKey{key, thumbprint(key), aead}
	k.derived.Store(from, made)
	return made, nil
}

// thumbprint is the RFC 7638 thumbprint of key as an oct JWK.
func thumbprint(key []byte) string {
	sum := sha256.Sum256([]byte(`{"k":"` + base64.RawURLEncoding.EncodeToString(key) + `","kty":"oct"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// uuid returns a random UUID (RFC 9562, version 4).
func (k *Keys) uuid() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(k.random, b[:]); err != nil {
		return "", fmt.Errorf("secret: reading token id: %w", err)
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}
