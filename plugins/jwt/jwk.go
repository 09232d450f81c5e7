package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// JSONWebKey is a public key as the key set has it (RFC 7517, section 4).
type JSONWebKey struct {
	Alg string `json:"alg" doc:"The algorithm that the key is for"`
	Crv string `json:"crv,omitempty" doc:"Curve of an OKP or EC key"`
	X   string `json:"x,omitempty" doc:"X coordinate of an OKP or EC key, base64url"`
	Y   string `json:"y,omitempty" doc:"Y coordinate of an EC key, base64url"`
	Kty string `json:"kty" doc:"Type of the key: OKP, EC or RSA"`
	N   string `json:"n,omitempty" doc:"Modulus of an RSA key, base64url"`
	E   string `json:"e,omitempty" doc:"Exponent of an RSA key, base64url"`
	Use string `json:"use,omitempty" check:"enum=sig" doc:"What the key is for"`
	Kid string `json:"kid" doc:"Id of the key, which its tokens name"`
}

var errJWK = errors.New("not a public key of a known kind")

// publicKey reads the public key of a pair and says which algorithm it is for: what
// the row says, or in rows of 1.6.9, which do not, what the key itself does. RSA keys
// are for either of two; configured is what upstream takes them for.
func (k Key) publicKey(configured Algorithm) (crypto.PublicKey, Algorithm, error) {
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON([]byte(k.PublicKey)); err != nil {
		return nil, "", fmt.Errorf("public key %s: %w", k.ID, errJWK)
	}
	possible := algorithmsFor(jwk.Key)
	var alg Algorithm
	switch {
	case len(possible) == 0: // as those of private keys are
		return nil, "", fmt.Errorf("public key %s: %w", k.ID, errJWK)
	case k.Alg != nil && *k.Alg != "":
		alg = Algorithm(*k.Alg)
	case slices.Contains(possible, configured):
		alg = configured
	default:
		alg = possible[0]
	}
	if !alg.fits(jwk.Key) {
		return nil, "", fmt.Errorf("public key %s: is not one for %q", k.ID, alg)
	}
	return jwk.Key, alg, nil
}

// privateKey reads a private JWK that belongs to a public key.
func privateKey(text string, public crypto.PublicKey) (crypto.Signer, error) {
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON([]byte(text)); err != nil {
		return nil, errors.New("not a JWK") // err may repeat it
	}
	switch key := jwk.Key.(type) {
	case ed25519.PrivateKey:
		// The public half is made from the other one, never taken as it was stored: to
		// sign with halves of two pairs gives the key away.
		whole := ed25519.NewKeyFromSeed(key.Seed())
		return whole, belongs(whole.Public(), public)
	case *ecdsa.PrivateKey:
		return key, belongs(key.Public(), public)
	case *rsa.PrivateKey:
		return key, belongs(key.Public(), public)
	}
	return nil, errors.New("not a private key")
}

func belongs(key, public crypto.PublicKey) error {
	if k, ok := key.(interface{ Equal(x crypto.PublicKey) bool }); ok && k.Equal(public) {
		return nil
	}
	return errors.New("belongs to another public key")
}
