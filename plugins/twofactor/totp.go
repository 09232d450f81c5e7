package twofactor

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, which is what authenticator apps know
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// totp makes and checks codes of one key (RFC 6238 over RFC 4226).
type totp struct {
	key    []byte
	digits int
	period time.Duration
}

// step is the number of the time step that a moment lies in.
func (t totp) step(at time.Time) int64 { return at.Unix() / int64(t.period/time.Second) }

// begin is when a time step begins.
func (t totp) begin(step int64) time.Time {
	return time.Unix(step*int64(t.period/time.Second), 0).UTC()
}

// code is that of a time step.
func (t totp) code(step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step)) //nolint:gosec // the bits count, not the number
	mac := hmac.New(sha1.New, t.key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	number := uint64(binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff)
	modulus := uint64(1)
	for range t.digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", t.digits, number%modulus)
}

// match finds the time step of a code: the one of now, the one before or the one
// after. Every one of them is compared, in constant time. Of two that have the same
// code it is the later.
func (t totp) match(code string, now time.Time) (begin time.Time, ok bool) {
	current := t.step(now)
	for step := current - 1; step <= current+1; step++ {
		if subtle.ConstantTimeCompare([]byte(code), []byte(t.code(step))) == 1 {
			begin, ok = t.begin(step), true
		}
	}
	return begin, ok
}

// uri is what an authenticator app reads as a QR code.
func (t totp) uri(issuer, account string) string {
	return "otpauth://totp/" + percent.Encode(issuer) + ":" + percent.Encode(account) +
		"?secret=" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(t.key) +
		"&issuer=" + percent.EncodeForm(issuer) +
		"&digits=" + strconv.Itoa(t.digits) +
		"&period=" + strconv.FormatInt(int64(t.period/time.Second), 10)
}

// imported starts a stored secret that came from another system, in base32. 1.7
// reads it.
const imported = "base32:"

// keyOf makes a key of a stored secret: its bytes, as upstream takes them.
func keyOf(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, imported)
	if !ok {
		return []byte(secret), nil
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(text), "="))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("a stored secret is not base32")
	}
	return key, nil
}
