package secret

import (
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
)

const (
	// jweInfo is the HKDF info that upstream inherited from its ancestors.
	jweInfo      = "BetterAuth.js Generated Encryption Key"
	jweKeyBytes  = 64
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
	key, err := deriveKey(k.current, salt)
	if err != nil {
		return "", err
	}
	opts := (&jose.EncrypterOptions{}).WithHeader("kid", thumbprint(key))
	encrypter, err := jose.NewEncrypter(jose.A256CBC_HS512, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, opts)
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
func (k *Keys) DecodeJWE(token, salt string, now time.Time) (json.RawMessage, error) {
	if len(token) > maxToken || strings.Count(token, ".") != 4 {
		return nil, ErrToken
	}
	head, _, _ := strings.Cut(token, ".")
	kid, err := checkJWEHeader(head)
	if err != nil {
		return nil, err
	}
	// go-jose decodes leniently and passes over an encrypted key, which dir must
	// not have (RFC 7516, section 5.2): one token would have many spellings.
	for i, segment := range strings.Split(token, ".") {
		if _, err := decodeSegment(segment); err != nil || i == 1 && segment != "" {
			return nil, ErrToken
		}
	}
	sealed, err := jose.ParseEncryptedCompact(token,
		[]jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256CBC_HS512})
	if err != nil {
		return nil, ErrToken
	}
	for _, secret := range k.all() {
		key, err := deriveKey(secret, salt)
		if err != nil {
			return nil, err
		}
		if kid != "" && kid != thumbprint(key) {
			continue
		}
		if claims, err := sealed.Decrypt(key); err == nil {
			return checkClaims(claims, jweTolerance, now)
		}
	}
	return nil, ErrToken
}

// checkJWEHeader returns the kid, "" when there is none.
func checkJWEHeader(head string) (kid string, err error) {
	h, err := decodeObject(head)
	if err != nil {
		return "", ErrToken
	}
	if string(h.get("alg")) != `"dir"` || string(h.get("enc")) != `"A256CBC-HS512"` ||
		h.get("zip") != nil || h.get("crit") != nil {
		return "", ErrToken
	}
	raw := h.get("kid")
	if raw == nil {
		return "", nil
	}
	if json.Unmarshal(raw, &kid) != nil || kid == "" {
		return "", ErrToken
	}
	return kid, nil
}

func deriveKey(secret, salt string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte(salt), jweInfo, jweKeyBytes)
	if err != nil {
		return nil, fmt.Errorf("secret: deriving key: %w", err)
	}
	return key, nil
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
