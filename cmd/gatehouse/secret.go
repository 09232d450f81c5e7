package main

import (
	"crypto/rand"
	"encoding/base64"
)

// secretBytes is what a secret is made of: 256 bits, as strong as the HMAC and
// the cipher that it keys.
const secretBytes = 32

type secretCommand struct{}

// Run prints a secret and nothing else, for use in scripts.
func (c *secretCommand) Run(t *terminal) error {
	t.printf("%s\n", newSecret())
	return nil
}

// newSecret returns 43 characters of base64url.
func newSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // ends the program rather than fail
	return base64.RawURLEncoding.EncodeToString(raw)
}
