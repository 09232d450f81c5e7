// Command emit writes to standard output, as JSON, one of everything that
// Gatehouse signs, encrypts or hashes. check.mjs reads it with Better Auth's own
// functions:
//
//	go run ./vectors/emit > made.json && node vectors/check.mjs <node_modules> made.json
//
// Lifetimes start now and last an hour.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// keys are secrets as upstream.mjs reads them.
type keys struct {
	Secret   string    `json:"secret,omitempty"`
	Versions []version `json:"versions,omitempty"`
	Legacy   string    `json:"legacy,omitempty"`
}

type version struct {
	Version int    `json:"version"`
	Value   string `json:"value"`
}

// vectors is the file that check.mjs reads.
type vectors struct {
	Passwords []passwordVector `json:"passwords"`
	Signed    []signedVector   `json:"signed"`
	Ciphers   []cipherVector   `json:"ciphers"`
	JWTs      []tokenVector    `json:"jwts"`
	JWEs      []tokenVector    `json:"jwes"`
	Caches    []cacheVector    `json:"caches"`
	KeyPairs  []pairVector     `json:"keyPairs"`

	SecondFactors []factorVector `json:"secondFactors"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "emit:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	now := time.Now()
	var v vectors
	var err error
	if v.Passwords, err = passwords(ctx); err != nil {
		return err
	}
	if v.Signed, err = signed(); err != nil {
		return err
	}
	if v.Ciphers, err = ciphers(); err != nil {
		return err
	}
	if v.JWTs, v.JWEs, err = tokens(now); err != nil {
		return err
	}
	if v.Caches, err = caches(now); err != nil {
		return err
	}
	if v.KeyPairs, err = keyPairs(ctx); err != nil {
		return err
	}
	if v.SecondFactors, err = secondFactors(ctx); err != nil {
		return err
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "\t")
	return e.Encode(v)
}
