package replay

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// keyPairs are the public keys of the jwt plugin that a scenario has seen, by id.
type keyPairs map[string]jwk

type jwk struct{ Kty, Crv, X, Y, N, E string }

// see takes note of the pairs that are stored.
func (k keyPairs) see(ctx context.Context, p *player) error {
	t := p.Table("jwks")
	if t == nil || p.database == nil || p.faults["jwks"] != "" {
		return nil
	}
	rows, err := p.database.Select(ctx, db.Query{Table: t})
	if err != nil {
		return err
	}
	for _, row := range rows {
		id, _ := row[db.ID].(string)
		text, _ := row["publicKey"].(string)
		var key jwk
		if json.Unmarshal([]byte(text), &key) == nil {
			k[id] = key
		}
	}
	return nil
}

// open reads a JWT that one of the pairs has signed in the algorithm that it names.
// It does without the plugin, which it is there to judge.
func (k keyPairs) open(token string) (map[string]any, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	header, err := jsonIn(parts[0])
	payload, err2 := jsonIn(parts[1])
	signature, err3 := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || err2 != nil || err3 != nil {
		return nil, false
	}
	members, _ := header.(map[string]any)
	kid, _ := members["kid"].(string)
	alg, _ := members["alg"].(string)
	key, known := k[kid]
	if !known || !key.signed(alg, []byte(parts[0]+"."+parts[1]), signature) {
		return nil, false
	}
	return map[string]any{"header": header, "payload": payload}, true
}

func (k jwk) signed(alg string, text, signature []byte) bool {
	switch alg {
	case "EdDSA":
		key := number(k.X).FillBytes(make([]byte, ed25519.PublicKeySize))
		return ed25519.Verify(key, text, signature)
	case "ES256":
		return k.signedOn(elliptic.P256(), digest(crypto.SHA256, text), signature)
	case "ES512":
		return k.signedOn(elliptic.P521(), digest(crypto.SHA512, text), signature)
	case "PS256":
		return rsa.VerifyPSS(k.rsa(), crypto.SHA256, digest(crypto.SHA256, text), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	case "RS256":
		return rsa.VerifyPKCS1v15(k.rsa(), crypto.SHA256, digest(crypto.SHA256, text), signature) == nil
	}
	return false
}

// signedOn splits a signature into its two numbers (RFC 7518, section 3.4).
func (k jwk) signedOn(curve elliptic.Curve, digest, signature []byte) bool {
	size := (curve.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	point := append([]byte{4}, number(k.X).FillBytes(make([]byte, size))...)
	key, err := ecdsa.ParseUncompressedPublicKey(curve, append(point, number(k.Y).FillBytes(make([]byte, size))...))
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return err == nil && ecdsa.Verify(key, digest, r, s)
}

func (k jwk) rsa() *rsa.PublicKey { return &rsa.PublicKey{N: number(k.N), E: int(number(k.E).Int64())} }

func number(base64url string) *big.Int {
	raw, _ := base64.RawURLEncoding.DecodeString(base64url) // what is no number verifies nothing
	return new(big.Int).SetBytes(raw)
}

func digest(h crypto.Hash, text []byte) []byte {
	w := h.New()
	_, _ = w.Write(text) // a hash does not fail
	return w.Sum(nil)
}

var encrypted = regexp.MustCompile(`^("?)((?:\$ba\$\d+\$)?)([0-9a-f]{80,})("?)((?::\d+)?)$`)

// revealed shows a text of a row that the server's secret has encrypted by what it
// holds.
func (o opener) revealed(v any) any {
	text, _ := v.(string)
	m := encrypted.FindStringSubmatch(text)
	if m == nil || m[1] != m[4] {
		return v
	}
	plain, err := o.keys.Decrypt(m[2] + m[3])
	if err != nil {
		return v
	}
	return m[1] + "encrypted " + m[2] + plain + m[4] + m[5]
}
