package ratelimit

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// unknownAddress is the bucket that all clients without a known address share.
// 1.6.9 does not limit them at all.
const unknownAddress = "no-ip"

// Key is the name of the counter of a client on a path, "<ip>|<path>" as
// upstream.
func Key(ip, path string) string {
	if ip == "" {
		ip = unknownAddress
	}
	return ip + "|" + path
}

// longestKept bounds what one counter can cost, since the path is the client's.
// It is what a text column with a unique index holds in MySQL.
const longestKept = 255

// KeptKey is the key under which a store keeps a counter: as it is, or its
// SHA-256 where it is long, or no text that a database takes.
func KeptKey(key string) string {
	if len(key) <= longestKept && utf8.ValidString(key) && !strings.ContainsRune(key, 0) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
