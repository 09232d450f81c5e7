package verification

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Storage is how an identifier is stored. The zero value keeps it as it is.
type Storage struct {
	// Hashed stores the SHA-256 of the identifier, in base64url without padding.
	Hashed bool
	// Hash stores what it returns instead.
	Hash func(identifier string) (string, error)
}

// Override is how identifiers with a prefix are stored.
type Override struct {
	Prefix  string
	Storage Storage
}

func (s Storage) plain() bool { return !s.Hashed && s.Hash == nil }

func (c *Config) storage(identifier string) Storage {
	for _, o := range c.Overrides {
		if strings.HasPrefix(identifier, o.Prefix) {
			return o.Storage
		}
	}
	return c.Default
}

// ownHash tells whether an application's own function makes identifiers.
func (c *Config) ownHash() bool {
	return c.Default.Hash != nil || slices.ContainsFunc(c.Overrides, func(o Override) bool { return o.Storage.Hash != nil })
}

// stored is the identifier as it is kept.
func (s *Store) stored(identifier string) (string, error) {
	how := s.cfg.storage(identifier)
	switch {
	case how.Hash != nil:
		stored, err := how.Hash(identifier)
		if err == nil && stored == "" {
			err = errors.New("the result is empty")
		}
		if err != nil {
			return "", fmt.Errorf("verification.storeIdentifier: hash: %w", err)
		}
		return stored, nil
	case how.Hashed:
		sum := sha256.Sum256([]byte(identifier))
		return base64.RawURLEncoding.EncodeToString(sum[:]), nil
	}
	return identifier, nil
}

// candidates are the identifiers under which a record may stand: as it is
// stored now, and plain, from before that was switched on.
//
// The plain one is left out where it could be what another identifier is stored
// as. Upstream looks it up regardless, so that whoever reads the storage can
// present a hash and is taken for the one who knows what was hashed.
func (s *Store) candidates(p Purpose, key string) ([]string, error) {
	identifier := p.Prefix + key
	stored, err := s.stored(identifier)
	switch {
	case err != nil:
		return nil, err
	case s.cfg.storage(identifier).plain(),
		looksHashed(identifier),
		s.cfg.ownHash() && strings.HasPrefix(stored, p.Prefix): // also where there is no prefix
		return []string{stored}, nil
	}
	return []string{stored, identifier}, nil
}

// looksHashed tells whether a text has the form of a hash that Hashed stores.
func looksHashed(text string) bool {
	_, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(text) == base64.RawURLEncoding.EncodedLen(sha256.Size)
}
