package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/crypto/chacha20poly1305"
)

var (
	// ErrCiphertext says that a text is not something that one of the secrets
	// encrypted.
	ErrCiphertext = errors.New("secret: invalid ciphertext")
	// ErrUnknownVersion says that a ciphertext was made with a secret version
	// that is not configured.
	ErrUnknownVersion = errors.New("secret: unknown secret version")
	// ErrNoLegacy says that a ciphertext carries no version and that no legacy
	// secret is configured.
	ErrNoLegacy = errors.New("secret: ciphertext without a version and no legacy secret")
	// ErrPlaintext says that a text to be encrypted is not valid UTF-8;
	// upstream would read back another text.
	ErrPlaintext = errors.New("secret: plaintext is not valid UTF-8")
)

// Encrypt seals plaintext with XChaCha20-Poly1305 under the SHA-256 of the
// current secret and returns hex(nonce || ciphertext || tag), behind
// "$ba$<version>$" when versions are configured.
func (k *Keys) Encrypt(plaintext string) (string, error) {
	if !utf8.ValidString(plaintext) {
		return "", ErrPlaintext
	}
	key := sha256.Sum256([]byte(k.current))
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	sealed := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plaintext)+aead.Overhead())
	if _, err := io.ReadFull(k.random, sealed); err != nil {
		return "", fmt.Errorf("secret: reading nonce: %w", err)
	}
	text := hex.EncodeToString(aead.Seal(sealed, sealed, []byte(plaintext), nil))
	if len(k.versions) == 0 {
		return text, nil
	}
	return envelope{k.versions[0].Version, text}.String(), nil
}

// Decrypt opens what [Keys.Encrypt] or upstream sealed. A version in the
// envelope picks the secret; bare hex belongs to the plain or the legacy one.
// The version is not authenticated, but the key it picks is: a forged version
// only makes the opening fail. Errors are [ErrCiphertext], [ErrUnknownVersion]
// and [ErrNoLegacy].
func (k *Keys) Decrypt(ciphertext string) (string, error) {
	secret := k.current
	e, enveloped, err := parseEnvelope(ciphertext)
	switch {
	case err != nil:
		return "", err
	case enveloped:
		if secret, err = k.version(e.version); err != nil {
			return "", err
		}
		ciphertext = e.ciphertext
	case len(k.versions) > 0:
		if k.legacy == "" {
			return "", ErrNoLegacy
		}
		secret = k.legacy
	}
	return open(secret, ciphertext)
}

func (k *Keys) version(n int) (string, error) {
	for _, v := range k.versions {
		if v.Version == n {
			return v.Value, nil
		}
	}
	return "", fmt.Errorf("%w %d", ErrUnknownVersion, n)
}

func open(secret, ciphertext string) (string, error) {
	sealed, err := hex.DecodeString(ciphertext)
	if err != nil || len(sealed) < chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead {
		return "", ErrCiphertext
	}
	key := sha256.Sum256([]byte(secret))
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	nonce, sealed := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, sealed, nil)
	if err != nil {
		return "", ErrCiphertext
	}
	return string(plain), nil
}
