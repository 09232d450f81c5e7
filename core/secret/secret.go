// Package secret holds the server's secrets and everything that is made with
// them alone: signed values, ciphertexts, and the two kinds of token that
// Better Auth puts into cookies and links. All formats are upstream's.
package secret

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Default is the secret that upstream falls back to when none is configured.
// It is public, so nothing made with it proves anything.
const Default = "better-auth-secret-12345678901234567890"

// Version is one secret of a rotation.
type Version struct {
	// Version tells which secret made a ciphertext. It is not negative.
	Version int
	// Value is the secret itself.
	Value string
}

// Format writes the version without its value, whatever the verb.
func (v Version) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "secret.Version(%d)", v.Version)
}

// LogValue keeps the value out of logs.
func (v Version) LogValue() slog.Value { return slog.IntValue(v.Version) }

// MarshalJSON writes the version without its value.
func (v Version) MarshalJSON() ([]byte, error) {
	return []byte(`{"version":` + strconv.Itoa(v.Version) + `}`), nil
}

// Keys is a set of secrets: either one plain secret, or versions of which the
// first is current, with an optional legacy secret for what was encrypted
// before there were versions. It is immutable and safe for concurrent use.
type Keys struct {
	current  string
	versions []Version // empty for a plain secret; the first is current
	legacy   string
	random   io.Reader

	// What is made of the secrets and used with every request.
	macs    *sync.Pool // of *mac, under the current secret
	derived *sync.Map  // derivation to *sealingKey
}

var (
	// ErrMissing says that no secret was given.
	ErrMissing = errors.New("secret: missing")
	// ErrVersions says that the versioned secrets are unusable; the error that
	// wraps it says why.
	ErrVersions = errors.New("secret: invalid versions")
)

// NewKeys returns the keys for a plain secret, or for rotation when it is not
// nil. In a rotation, legacy is the secret of ciphertexts without a version;
// when it is empty, secret takes that part, as upstream reads its `secret`
// option then. The public [Default] is never a legacy secret. Errors name a
// version, never a value.
func NewKeys(secret string, rotation []Version, legacy string) (*Keys, error) {
	if rotation == nil {
		if secret == "" {
			return nil, ErrMissing
		}
		return keysOf(secret), nil
	}
	if err := checkVersions(rotation); err != nil {
		return nil, err
	}
	if legacy == "" {
		legacy = secret
	}
	if legacy == Default {
		legacy = ""
	}
	k := keysOf(rotation[0].Value)
	k.versions, k.legacy = slices.Clone(rotation), legacy
	return k, nil
}

func keysOf(current string) *Keys {
	return &Keys{current: current, random: rand.Reader, macs: macsOf(current), derived: new(sync.Map)}
}

func checkVersions(rotation []Version) error {
	if len(rotation) == 0 {
		return fmt.Errorf("%w: at least one is needed", ErrVersions)
	}
	seen := make(map[int]bool, len(rotation))
	for _, v := range rotation {
		switch {
		case v.Version < 0:
			return fmt.Errorf("%w: version %d is negative", ErrVersions, v.Version)
		case v.Value == "":
			return fmt.Errorf("%w: version %d is empty", ErrVersions, v.Version)
		case seen[v.Version]:
			return fmt.Errorf("%w: version %d appears twice", ErrVersions, v.Version)
		}
		seen[v.Version] = true
	}
	return nil
}

// WithRandom returns a copy of k that takes nonces and token ids from r.
// Tokens of [Keys.EncodeJWE] keep the system's randomness for their
// initialisation vector.
func (k *Keys) WithRandom(r io.Reader) *Keys {
	c := *k
	c.random = r
	return &c
}

// Current returns the secret that signs. It is also the key for whatever else
// is derived from the server's secret.
func (k *Keys) Current() string { return k.current }

// Format writes nothing of the secrets, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "secret.Keys") }

// LogValue keeps the secrets out of logs.
func (k Keys) LogValue() slog.Value { return slog.StringValue("secret.Keys") }

// all returns every secret, current first, without repeats.
func (k *Keys) all() []string {
	if len(k.versions) == 0 {
		return []string{k.current}
	}
	out := make([]string, 0, len(k.versions)+1)
	for _, v := range k.versions {
		out = append(out, v.Value)
	}
	if k.legacy != "" && !slices.Contains(out, k.legacy) {
		out = append(out, k.legacy)
	}
	return out
}

// ParseEnv reads the value of BETTER_AUTH_SECRETS: entries of the form
// "version:secret" between commas, the current one first. White space around
// entries and secrets is dropped. Empty text gives nil. Unlike upstream, which
// takes "2x:abc" for version 2, a version is decimal digits and nothing else.
// Errors give an entry's position, never its text.
func ParseEnv(text string) ([]Version, error) {
	if text == "" {
		return nil, nil
	}
	var out []Version
	for i, entry := range strings.Split(text, ",") {
		number, value, ok := strings.Cut(strings.TrimSpace(entry), ":")
		if !ok {
			return nil, fmt.Errorf("%w: entry %d is not of the form version:secret", ErrVersions, i+1)
		}
		version, ok := parseVersion(number)
		if !ok {
			return nil, fmt.Errorf("%w: entry %d has no non-negative whole number before its colon", ErrVersions, i+1)
		}
		value = strings.TrimSpace(value)
		if value == "" {
			return nil, fmt.Errorf("%w: version %d is empty", ErrVersions, version)
		}
		out = append(out, Version{version, value})
	}
	if err := checkVersions(out); err != nil {
		return nil, err
	}
	return out, nil
}

// parseVersion accepts the decimal form that strconv.Itoa gives, only.
func parseVersion(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || strconv.Itoa(n) != s {
		return 0, false
	}
	return n, true
}
