package cookies

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// The forms that session_data can take (session.cookieCache.strategy).
const (
	// StrategyCompact is signed JSON in base64url, readable by whoever has it.
	StrategyCompact = "compact"
	// StrategyJWT is a JWT under HS256, readable too.
	StrategyJWT = "jwt"
	// StrategyJWE is an encrypted JWT.
	StrategyJWE = "jwe"
)

// cacheSalt separates the encryption key of session_data from other JWEs'.
const cacheSalt = "better-auth-session"

// What upstream takes for a lifetime when the cookie has none, because the
// user does not want to be remembered.
const (
	compactFallback = time.Minute
	tokenFallback   = 5 * time.Minute
)

var (
	// ErrCache says that a cached session was not made by the current secrets
	// or is not of the expected shape.
	ErrCache = errors.New("cookies: invalid session cache")
	// ErrCacheExpired says that a cached session is genuine and its time is
	// over.
	ErrCacheExpired = errors.New("cookies: session cache expired")
	// ErrStrategy says that a strategy is none of the Strategy constants.
	ErrStrategy = errors.New("cookies: unknown cache strategy")
)

// CachePayload is what session_data holds.
type CachePayload struct {
	// Session and User are JSON objects, exactly as JSON.stringify writes them:
	// no white space, and no escapes that JSON does not demand.
	Session, User string
	// UpdatedAt is when the cache was filled, in milliseconds since 1970.
	UpdatedAt int64
	// Version is session.cookieCache.version; upstream's default is "1". It is
	// "" when the cookie has none, which upstream also takes for "1".
	Version string
}

// EncodeCache returns the value of session_data. maxAge is the cookie's
// lifetime; zero means none and takes upstream's fallback, one minute for
// compact and five for tokens. An empty strategy is compact.
func EncodeCache(strategy string, keys *secret.Keys, p CachePayload, maxAge time.Duration, now time.Time) (string, error) {
	inner, err := p.marshal()
	if err != nil {
		return "", err
	}
	switch strategy {
	case "", StrategyCompact:
		return encodeCompact(keys, inner, now.Add(orDefault(maxAge, compactFallback))), nil
	case StrategyJWT:
		return keys.SignJWT(inner, orDefault(maxAge, tokenFallback), now)
	case StrategyJWE:
		return keys.EncodeJWE(inner, cacheSalt, orDefault(maxAge, tokenFallback), now)
	}
	return "", fmt.Errorf("%w %q", ErrStrategy, strategy)
}

// DecodeCache returns what a session_data cookie holds and when the cache
// expires. It fails with [ErrCache] or [ErrCacheExpired]. Whether the session
// inside has expired, belongs to the session cookie beside it, and carries the
// right version is for the caller to check.
func DecodeCache(strategy string, keys *secret.Keys, value string, now time.Time) (CachePayload, time.Time, error) {
	var p CachePayload
	var expiresAt time.Time
	var err error
	switch strategy {
	case "", StrategyCompact:
		p, expiresAt, err = decodeCompact(keys, value)
	case StrategyJWT:
		p, expiresAt, err = decodeToken(keys.VerifyJWT(value, now))
	case StrategyJWE:
		p, expiresAt, err = decodeToken(keys.DecodeJWE(value, cacheSalt, now))
	default:
		err = fmt.Errorf("%w %q", ErrStrategy, strategy)
	}
	if err != nil {
		return CachePayload{}, time.Time{}, err
	}
	// Also for tokens: a JWE opens for some seconds longer than it is good.
	if expiresAt.UnixMilli() < now.UnixMilli() {
		return CachePayload{}, time.Time{}, ErrCacheExpired
	}
	return p, expiresAt, nil
}

// decodeToken reads the claims of either kind of token.
func decodeToken(claims string, err error) (CachePayload, time.Time, error) {
	if errors.Is(err, secret.ErrExpired) {
		return CachePayload{}, time.Time{}, ErrCacheExpired
	}
	if err != nil {
		return CachePayload{}, time.Time{}, ErrCache
	}
	m, ok := readMembers(claims)
	if !ok {
		return CachePayload{}, time.Time{}, ErrCache
	}
	exp, ok := integer(m.exp)
	if !ok || exp > maxMilli/1000 {
		return CachePayload{}, time.Time{}, ErrCache
	}
	p, err := m.payload()
	return p, time.Unix(exp, 0), err
}

// members are those of a cache, and of the token that it is in, as they are
// written: "" when there is none.
type members struct {
	session, user, updatedAt, version string
	exp, iat, jti                     string // of tokens alone
}

// readMembers reads a JSON object. It refuses a repeated name and any other: one
// secret signs cookies and tokens for many purposes, some of which hold text that
// a visitor chose; only this shape, with two objects in it, is a session.
func readMembers(text string) (m members, ok bool) {
	var room [8]wire.Member
	list, ok := wire.Members(room[:0], text)
	if !ok {
		return m, false
	}
	for _, member := range list {
		at := m.named(member.Name)
		if at == nil || *at != "" {
			return m, false
		}
		*at = member.Value
	}
	return m, true
}

func (m *members) named(name string) *string {
	switch name {
	case "session":
		return &m.session
	case "user":
		return &m.user
	case "updatedAt":
		return &m.updatedAt
	case "version":
		return &m.version
	case "exp":
		return &m.exp
	case "iat":
		return &m.iat
	case "jti":
		return &m.jti
	}
	return nil
}

func (m *members) payload() (CachePayload, error) {
	p := CachePayload{Session: m.session, User: m.user}
	var ok bool
	if p.UpdatedAt, ok = integer(m.updatedAt); !ok || !isObject(p.Session) || !isObject(p.User) {
		return CachePayload{}, ErrCache
	}
	if m.version == "" {
		return p, nil
	}
	if p.Version, ok = wire.Text(m.version); !ok {
		return CachePayload{}, ErrCache
	}
	return p, nil
}

// maxMilli is the last time that JavaScript's Date knows, in milliseconds.
const maxMilli = 8_640_000_000_000_000

// integer reads the digits of a time, as JSON.stringify writes them.
func integer(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	var plain [20]byte
	if err != nil || n < 0 || n > maxMilli || string(strconv.AppendInt(plain[:0], n, 10)) != text {
		return 0, false
	}
	return n, true
}

func isObject(text string) bool { return len(text) > 1 && text[0] == '{' }
