package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const minSecret = 32 // characters

// keptSecret returns the secret in the file, making it when there is none. It
// appears under its name complete or not at all, so that two servers that start
// at once agree on it.
func keptSecret(path string) (string, error) {
	secret, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("keep a secret in this directory: %w", err)
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(newSecret() + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return "", fmt.Errorf("keep a secret in this directory: %w", err)
	}
	// A link, unlike a rename, never replaces what another server has just made.
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep a secret in this directory: %w", err)
	}
	return readSecret(path)
}

func readSecret(path string) (string, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // a fixed name in the current directory
	if err != nil {
		return "", fmt.Errorf("read the kept secret: %w", err)
	}
	secret := strings.TrimSpace(string(raw))
	if len(secret) < minSecret {
		return "", fmt.Errorf("%s holds no secret of ours; remove it to get a new one, which signs everybody out", path)
	}
	return secret, nil
}
