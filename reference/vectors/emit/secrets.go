package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

type passwordVector struct {
	Password string `json:"password"`
	Hash     string `json:"hash"`
}

type signedVector struct {
	Keys   keys   `json:"keys"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Header string `json:"header"` // as a browser sends it
}

type cipherVector struct {
	Keys      keys   `json:"keys"` // of the reader
	Plaintext string `json:"plaintext"`
	Text      string `json:"text"`
}

type tokenVector struct {
	Keys   keys   `json:"keys"` // of the reader
	Salt   string `json:"salt,omitempty"`
	Claims string `json:"claims"` // JSON, without iat, exp and jti
	Token  string `json:"token"`
}

// Secrets of the vectors: a plain one, one that is short, and a rotation with
// what came before it.
func secrets() (plain, short, rotated, earlier, legacy keys) {
	plain = keys{Secret: "Yp3vK8sQ1zX6nB4mW9cR2tL7hD5jF0gA"}
	short = keys{Secret: "kürze"}
	legacy = keys{Secret: "legacy-Uj5kI8oL2pQ7wE3rT9yZ4xC6vB1n"}
	first := version{7, "first-Gh4jK7lM2nB5vC8xZ1aS3dF6gH9qW"}
	earlier = keys{Versions: []version{first}, Legacy: legacy.Secret}
	rotated = keys{Versions: []version{{12, "second-Pq6rS9tU3vW5xY8zA2bC4dE7fG1h"}, first}, Legacy: legacy.Secret}
	return plain, short, rotated, earlier, legacy
}

func (k keys) load() (*secret.Keys, error) {
	var rotation []secret.Version
	for _, v := range k.Versions {
		rotation = append(rotation, secret.Version{Version: v.Version, Value: v.Value})
	}
	return secret.NewKeys(k.Secret, rotation, k.Legacy)
}

// texts are values that a codec could trip over.
func texts() []string {
	return []string{"", "plain", "a.b.c=", "grüße 🔑; path=/ %41+", "line\nand \"quotes\" \\ </script>\u2028", "\x00\x7f"}
}

func passwords(ctx context.Context) ([]passwordVector, error) {
	h := password.NewScrypt(password.ScryptOptions{})
	marks := "a" + strings.Repeat("\u0301\u0323", 20)
	var out []passwordVector
	for _, p := range append(texts(), "Zoë", "Zoe\u0308", "ﬁnal１２３", "\ufdfa\ufdfa", "\u1112\u1161\u11ab", marks, "key\ufffd") {
		hash, err := h.Hash(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, passwordVector{p, hash})
	}
	return out, nil
}

func signed() ([]signedVector, error) {
	plain, short, rotated, _, _ := secrets()
	var out []signedVector
	for _, k := range []keys{plain, short, rotated} {
		loaded, err := k.load()
		if err != nil {
			return nil, err
		}
		for _, value := range texts()[1:] { // upstream reads no empty value
			const name = "better-auth.session_token"
			var jar cookies.Jar
			if err := jar.Set(cookies.Cookie{Name: name, Value: loaded.Sign(value)}); err != nil {
				return nil, err
			}
			out = append(out, signedVector{k, name, value, jar.Lines()[0]})
		}
	}
	return out, nil
}

func ciphers() ([]cipherVector, error) {
	plain, short, rotated, earlier, legacy := secrets()
	var out []cipherVector
	for _, pair := range [][2]keys{{plain, plain}, {short, short}, {rotated, rotated}, {earlier, rotated}, {legacy, rotated}} {
		writer, err := pair[0].load()
		if err != nil {
			return nil, err
		}
		for _, plaintext := range texts() {
			text, err := writer.Encrypt(plaintext)
			if err != nil {
				return nil, err
			}
			out = append(out, cipherVector{pair[1], plaintext, text})
		}
	}
	return out, nil
}

func tokens(now time.Time) (jwts, jwes []tokenVector, err error) {
	const salt = "better-auth-vectors"
	plain, short, rotated, earlier, legacy := secrets()
	for _, pair := range [][2]keys{{plain, plain}, {short, short}, {rotated, rotated}, {earlier, rotated}, {legacy, rotated}} {
		writer, err := pair[0].load()
		if err != nil {
			return nil, nil, err
		}
		for _, claims := range []string{`{}`, `{"z":1,"a":[1,2.5,null],"n":{"y":"` + "\u2028<>&é" + `"}}`} {
			token, err := writer.EncodeJWE(json.RawMessage(claims), salt, time.Hour, now)
			if err != nil {
				return nil, nil, err
			}
			jwes = append(jwes, tokenVector{pair[1], salt, claims, token})
			if token, err = writer.SignJWT(json.RawMessage(claims), time.Hour, now); err != nil {
				return nil, nil, err
			}
			jwts = append(jwts, tokenVector{pair[0], "", claims, token}) // only the current secret signs
		}
	}
	return jwts, jwes, nil
}
