package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Algorithm is how tokens are signed, by its name in JOSE (RFC 7518, RFC 8037).
type Algorithm string

// The algorithms of upstream's option.
const (
	EdDSA Algorithm = "EdDSA" // Ed25519
	ES256 Algorithm = "ES256" // ECDSA on P-256
	ES512 Algorithm = "ES512" // ECDSA on P-521
	PS256 Algorithm = "PS256" // RSA-PSS
	RS256 Algorithm = "RS256" // RSA, PKCS #1 v1.5
)

// Algorithms lists them, the default first.
func Algorithms() []Algorithm { return []Algorithm{EdDSA, ES256, ES512, PS256, RS256} }

func (a Algorithm) isRSA() bool { return a == PS256 || a == RS256 }

const (
	curveEd25519 = "Ed25519"
	curveP256    = "P-256"
	curveP521    = "P-521"
)

// fits tells whether an algorithm is one for a public key.
func (a Algorithm) fits(key crypto.PublicKey) bool { return slices.Contains(algorithmsFor(key), a) }

// algorithmsFor are those that a public key may be for.
func algorithmsFor(key crypto.PublicKey) []Algorithm {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return []Algorithm{EdDSA}
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return []Algorithm{ES256}
		case elliptic.P521():
			return []Algorithm{ES512}
		}
	case *rsa.PublicKey:
		return []Algorithm{RS256, PS256}
	}
	return nil
}

// generate makes a new pair and returns its JWKs with their members in the order in
// which upstream's have them, and the curve, if any.
func generate(o KeyPair) (public, private *wire.Object, curve string, err error) {
	switch o.Alg {
	case EdDSA:
		pub, priv, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, "", err
		}
		x := encoded(pub)
		return wire.ObjectOf("crv", curveEd25519, "x", x, "kty", "OKP"),
			wire.ObjectOf("crv", curveEd25519, "d", encoded(priv.Seed()), "x", x, "kty", "OKP"), curveEd25519, nil
	case ES256:
		return generateEC(elliptic.P256(), curveP256)
	case ES512:
		return generateEC(elliptic.P521(), curveP521)
	case PS256, RS256:
		public, private, err = generateRSA(o.ModulusLength)
		return public, private, "", err
	}
	return nil, nil, "", fmt.Errorf("no keys for the algorithm %q", o.Alg)
}

func generateEC(curve elliptic.Curve, name string) (public, private *wire.Object, crv string, err error) {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return nil, nil, "", err
	}
	point, err := key.PublicKey.Bytes() // 4, x, y (SEC 1, section 2.3.3)
	if err != nil {
		return nil, nil, "", err
	}
	d, err := key.Bytes()
	if err != nil {
		return nil, nil, "", err
	}
	half := len(point) / 2
	members := []string{"kty", "EC", "x", encoded(point[1 : 1+half]), "y", encoded(point[1+half:]), "crv", name}
	return wire.ObjectOf(members...), wire.ObjectOf(append(members, "d", encoded(d))...), name, nil
}

func generateRSA(bits int) (public, private *wire.Object, err error) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, nil, err
	}
	number := func(n *big.Int) string { return encoded(n.Bytes()) }
	members := []string{"kty", "RSA", "n", number(key.N), "e", number(big.NewInt(int64(key.E)))}
	pre := key.Precomputed
	return wire.ObjectOf(members...), wire.ObjectOf(append(members,
		"d", number(key.D), "p", number(key.Primes[0]), "q", number(key.Primes[1]),
		"dp", number(pre.Dp), "dq", number(pre.Dq), "qi", number(pre.Qinv))...), nil
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
