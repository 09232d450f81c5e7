package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/scrypt"
)

// The cost that upstream uses and therefore every shared hash has:
// 128 * N * r = 32 MiB of working memory.
const (
	defaultN = 16384
	defaultR = 16
	defaultP = 1

	saltBytes = 16
	keyBytes  = 64
)

// defaultWait bounds the time in the queue; behind it a client would rather
// hear "later" than nothing.
const defaultWait = 5 * time.Second

// ScryptOptions sets how much runs at once. The zero value is right for a
// server: upstream's cost, one slot per processor.
type ScryptOptions struct {
	// Slots is the number of hashes that run at once, each in 32 MiB.
	// Default: GOMAXPROCS.
	Slots int
	// Queue is the number of calls that may wait for a slot.
	// Default: max(64, 8*Slots). Negative: nobody waits.
	Queue int
	// Wait is the longest time in the queue. Default: 5s.
	Wait time.Duration

	// N, R and P are scrypt's cost. A hash carries no cost, so any value but
	// the defaults (16384, 16, 1) makes hashes that only the same values check
	// and that upstream cannot read: change them in tests only.
	N, R, P int

	// Random is where salts come from. Default: crypto/rand.
	Random io.Reader
}

// Scrypt is the [Hasher] of Better Auth's password format.
type Scrypt struct {
	n, r, p int
	random  io.Reader
	slots   *slots
	memory  *memory
}

var _ Hasher = (*Scrypt)(nil)

// NewScrypt returns a hasher with its own slots; share one per process. A cost
// that scrypt refuses (N not a power of two) is returned by every call.
func NewScrypt(opts ScryptOptions) *Scrypt {
	if opts.Slots <= 0 {
		opts.Slots = runtime.GOMAXPROCS(0)
	}
	if opts.Queue == 0 {
		opts.Queue = max(64, 8*opts.Slots)
	}
	if opts.Wait <= 0 {
		opts.Wait = defaultWait
	}
	if opts.N == 0 {
		opts.N = defaultN
	}
	if opts.R == 0 {
		opts.R = defaultR
	}
	if opts.P == 0 {
		opts.P = defaultP
	}
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	return &Scrypt{
		n:      opts.N,
		r:      opts.R,
		p:      opts.P,
		random: opts.Random,
		slots:  newSlots(opts.Slots, max(0, opts.Queue), opts.Wait),
		memory: newMemory(128*opts.N*opts.R, opts.Slots),
	}
}

// Hash returns "salt:key" for password. It fails with [ErrEncoding],
// [ErrBusy] or the context's error. It does not bound the password's length:
// the caller refuses long ones first.
func (s *Scrypt) Hash(ctx context.Context, password string) (string, error) {
	if !utf8.ValidString(password) {
		return "", ErrEncoding
	}
	raw := make([]byte, saltBytes)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return "", fmt.Errorf("password: reading salt: %w", err)
	}
	salt := hex.EncodeToString(raw)
	key, err := s.derive(ctx, salt, password)
	if err != nil {
		return "", err
	}
	return salt + ":" + hex.EncodeToString(key), nil
}

// Verify reports whether password made hash. A malformed hash gives
// [ErrMalformed], after as much work as a wrong password costs. Upper-case hex
// in the key never matches, as upstream compares the text.
func (s *Scrypt) Verify(ctx context.Context, hash, password string) (bool, error) {
	salt, stored, err := parseHash(hash)
	if err != nil {
		if busy := s.Dummy(ctx, password); busy != nil {
			return false, busy
		}
		return false, err
	}
	key, err := s.derive(ctx, salt, password)
	if err != nil {
		return false, err
	}
	equal := subtle.ConstantTimeCompare([]byte(hex.EncodeToString(key)), []byte(stored)) == 1
	// No hash was ever made from invalid UTF-8, so a match would be a
	// coincidence of replacement characters.
	return equal && utf8.ValidString(password), nil
}

// Dummy does the work of one Verify, in the same queue, and throws the result
// away. Call it where no stored hash exists, so that the time taken does not
// tell an unknown user from a wrong password.
func (s *Scrypt) Dummy(ctx context.Context, password string) error {
	_, err := s.derive(ctx, "00000000000000000000000000000000", password)
	return err
}

func (s *Scrypt) derive(ctx context.Context, salt, password string) ([]byte, error) {
	text := []byte(normalize(password))
	if err := s.slots.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.slots.release()
	s.memory.reserve()
	defer s.memory.spend()
	key, err := scrypt.Key(text, []byte(salt), s.n, s.r, s.p, keyBytes)
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	return key, nil
}
