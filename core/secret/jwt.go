package secret

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

var (
	// ErrToken says that a token was not made by one of the secrets, or is not
	// valid yet.
	ErrToken = errors.New("secret: invalid token")
	// ErrExpired says that a token is genuine and its time is over.
	ErrExpired = errors.New("secret: token expired")
)

// maxToken bounds a token's text, in bytes, before any of it is parsed.
const maxToken = 64 << 10

// header is that of upstream's HS256 tokens: nothing but the algorithm.
const header = `{"alg":"HS256"}`

// SignJWT returns claims, a JSON object whose members keep their order, as a
// JWT under HS256 (RFC 7515) and the current secret. It sets iat to now and
// exp to now+ttl, in whole seconds. The signing is done here because JOSE
// libraries refuse secrets below 32 bytes, which upstream accepts.
func (k *Keys) SignJWT(claims json.RawMessage, ttl time.Duration, now time.Time) (string, error) {
	o, err := stamp(claims, ttl, now)
	if err != nil {
		return "", err
	}
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) +
		"." + base64.RawURLEncoding.EncodeToString(o.bytes())
	return input + "." + k.SignRaw(input), nil
}

// VerifyJWT returns the claims of a JWT that the current secret signed with
// HS256. Other algorithms, a header with crit, and more than 64 KiB are
// refused; exp and nbf are checked without tolerance when they are there. The
// claims come back as they were signed. Errors are [ErrToken] and [ErrExpired].
//
// One secret signs tokens for several purposes: the caller must check that the
// claims are those of its own.
func (k *Keys) VerifyJWT(token string, now time.Time) (claims string, err error) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return "", ErrToken
	}
	input, signature, _ := cutLast(token, ".")
	if !k.VerifyRaw(input, signature) {
		return "", ErrToken
	}
	head, body, _ := strings.Cut(input, ".")
	h, err := decodeObject(head)
	if err != nil {
		return "", ErrToken
	}
	if h.get("alg") != `"HS256"` || h.get("crit") != "" || h.get("b64") != "" {
		return "", ErrToken
	}
	var room [2048]byte
	data, err := AppendBase64URL(room[:0], body)
	if err != nil {
		return "", ErrToken
	}
	return checkClaims(string(data), 0, now)
}

// checkClaims refuses what is not an object or not of this time.
func checkClaims(claims string, tolerance time.Duration, now time.Time) (string, error) {
	o, err := parseObject(claims)
	if err != nil {
		return "", ErrToken
	}
	if err := checkTimes(o, tolerance, now); err != nil {
		return "", err
	}
	return claims, nil
}

func decodeObject(segment string) (object, error) {
	var room [1024]byte
	data, err := AppendBase64URL(room[:0], segment)
	if err != nil {
		return nil, err
	}
	return parseObject(string(data))
}

var base64URL = base64.RawURLEncoding.Strict()

// AppendBase64URL appends what base64url in its one canonical spelling says: no
// padding, no stray bits behind the last byte, no line breaks, which
// encoding/base64 skips. It fails with [ErrToken].
func AppendBase64URL(dst []byte, text string) ([]byte, error) {
	if strings.IndexByte(text, '\r') >= 0 || strings.IndexByte(text, '\n') >= 0 {
		return nil, ErrToken
	}
	dst, err := base64URL.AppendDecode(dst, []byte(text))
	if err != nil {
		return nil, ErrToken
	}
	return dst, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
