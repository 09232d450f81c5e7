package vectors_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

func TestUpstreamCiphertextsDecrypt(t *testing.T) {
	for _, v := range load[struct {
		Name      string
		Readers   []keys
		Plaintext string
		Text      string
	}](t, "ciphers") {
		t.Run(v.Name, func(t *testing.T) {
			for _, reader := range v.Readers {
				k := reader.load(t)
				got, err := k.Decrypt(v.Text)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "plaintext", got, v.Plaintext)
				for i, changed := range flips(v.Text) {
					if _, err := k.Decrypt(changed); err == nil {
						t.Errorf("a ciphertext changed at %d is accepted", i)
					}
				}
			}
		})
	}
}

func TestUpstreamJWTsVerify(t *testing.T) {
	for _, v := range load[struct {
		Name    string
		Keys    keys
		Claims  json.RawMessage
		TTL     int64
		Now     int64
		Token   string
		Written string
	}](t, "jwts") {
		t.Run(v.Name, func(t *testing.T) {
			k := v.Keys.load(t)
			claims, err := k.VerifyJWT(v.Token, second(v.Now))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "claims", claims, v.Written)
			if _, err := k.VerifyJWT(v.Token, second(v.Now+v.TTL-1)); err != nil {
				t.Errorf("one second before its end: %v", err)
			}
			if _, err := k.VerifyJWT(v.Token, second(v.Now+v.TTL)); !errors.Is(err, secret.ErrExpired) {
				t.Errorf("at its end: %v, want ErrExpired", err)
			}
			for i, changed := range flips(v.Token) {
				if _, err := k.VerifyJWT(changed, second(v.Now)); err == nil {
					t.Errorf("a token changed at %d is accepted", i)
				}
			}
			made, err := k.SignJWT(text(t, v.Claims), seconds(v.TTL), second(v.Now))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "our token", made, v.Token)
		})
	}
}

func TestUpstreamJWEsOpen(t *testing.T) {
	for _, v := range load[struct {
		Name    string
		Readers []keys
		Salt    string
		TTL     int64
		Now     int64
		Token   string
		Written string
	}](t, "jwes") {
		t.Run(v.Name, func(t *testing.T) {
			for _, reader := range v.Readers {
				k := reader.load(t)
				claims, err := k.DecodeJWE(v.Token, v.Salt, second(v.Now))
				if err != nil {
					t.Fatal(err)
				}
				same(t, "claims", claims, v.Written)
				if _, err := k.DecodeJWE(v.Token, v.Salt, second(v.Now+v.TTL+14)); err != nil {
					t.Errorf("within the tolerance: %v", err)
				}
				if _, err := k.DecodeJWE(v.Token, v.Salt, second(v.Now+v.TTL+15)); !errors.Is(err, secret.ErrExpired) {
					t.Errorf("beyond the tolerance: %v, want ErrExpired", err)
				}
				if _, err := k.DecodeJWE(v.Token, v.Salt+"x", second(v.Now)); !errors.Is(err, secret.ErrToken) {
					t.Errorf("under another salt: %v, want ErrToken", err)
				}
				for i, changed := range flips(v.Token) {
					if _, err := k.DecodeJWE(changed, v.Salt, second(v.Now)); err == nil {
						t.Errorf("a token changed at %d is accepted", i)
					}
				}
			}
		})
	}
}

func TestTheHeaderOfOurJWEIsUpstreams(t *testing.T) {
	for _, v := range load[struct {
		Name    string
		Readers []keys
		Salt    string
		Token   string
	}](t, "jwes") {
		// The thumbprint is the same only where the reader's current secret
		// also made the token, and is there at all.
		if v.Name == "a token without kid" || len(v.Readers) != 1 || v.Readers[0].Versions != nil {
			continue
		}
		made, err := v.Readers[0].load(t).EncodeJWE(json.RawMessage(`{}`), v.Salt, seconds(60), second(0))
		if err != nil {
			t.Fatal(err)
		}
		got, _, _ := strings.Cut(made, ".")
		want, _, _ := strings.Cut(v.Token, ".")
		same(t, "header", got, want)
	}
}
