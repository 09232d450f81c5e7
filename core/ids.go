package core

import (
	"fmt"
	"io"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// tokenLength is the length of session tokens and of random ids, in letters
// and digits: about 190 bits.
const tokenLength = 32

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// RandomID returns n random letters and digits.
func (a *Auth) RandomID(n int) string { return a.RandomText(n, letters) }

// RandomText returns n random characters of an alphabet of 1 to 256 ASCII
// characters, each as likely as the others. It panics if the system has no
// randomness, for nothing is safe then.
func (a *Auth) RandomText(n int, alphabet string) string {
	unbiased := 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	buf := make([]byte, n+n/2)
	for {
		if _, err := io.ReadFull(a.random, buf); err != nil {
			panic(fmt.Sprintf("no randomness: %v", err))
		}
		for _, b := range buf {
			if int(b) >= unbiased {
				continue
			}
			if out = append(out, alphabet[int(b)%len(alphabet)]); len(out) == n {
				return string(out)
			}
		}
	}
}

// newRowID makes the id of a new row by the configured strategy; an empty one
// leaves it to the database.
func (a *Auth) newRowID(model string) (string, error) {
	d := &a.opts.Advanced.Database
	switch {
	case d.GenerateIDFunc != nil:
		return d.GenerateIDFunc(model), nil
	case d.GenerateID == db.IDSerial:
		return "", nil
	case d.GenerateID == db.IDUUID:
		return a.randomUUID()
	}
	return a.RandomID(tokenLength), nil
}

// NewID makes an id that looks like those of a model's rows, for answers that
// must not reveal that no row was written.
func (a *Auth) NewID(model string) (string, error) {
	id, err := a.newRowID(model)
	if err == nil && id == "" {
		id = a.RandomID(tokenLength)
	}
	return id, err
}

// randomUUID is a version 4 UUID (RFC 9562, section 5.4).
func (a *Auth) randomUUID() (string, error) {
	var u [16]byte
	if _, err := io.ReadFull(a.random, u[:]); err != nil {
		return "", fmt.Errorf("make a UUID: %w", err)
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}
