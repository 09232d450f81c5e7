// Package cookies reads and writes cookies byte for byte as Better Auth does:
// the Cookie header, the Set-Cookie lines and their attributes, the names and
// defaults of the core's own cookies, values that are split over several
// cookies, and the three forms of the session cache.
//
// It holds no state and knows nothing of requests; package core does.
package cookies

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// The values of SameSite, in upstream's spelling. On the wire they start with
// a capital letter.
const (
	SameSiteLax    = "lax"
	SameSiteStrict = "strict"
	SameSiteNone   = "none"
)

// MaxAgeLimit is the longest lifetime a cookie may ask for (RFC 6265bis,
// section 5.5); upstream throws on more, Gatehouse refuses it in [New].
const MaxAgeLimit = 400 * 24 * time.Hour

const (
	securePrefix = "__Secure-"
	hostPrefix   = "__Host-"
)

// ErrInvalid says that a cookie's name or an attribute cannot be written; the
// error that wraps it says which.
var ErrInvalid = errors.New("cookies: invalid cookie")

// Cookie is one cookie of a response.
type Cookie struct {
	Name string
	// Value is the plain value; it is percent-encoded when written.
	Value string
	Attributes
}

// Attributes are what stands behind a cookie's value.
type Attributes struct {
	// MaxAge is the lifetime, in whole seconds on the wire. Zero leaves it out:
	// the cookie ends with the browser's session. Negative writes Max-Age=0,
	// which deletes the cookie.
	MaxAge time.Duration
	// Expires is left out when zero. Upstream's own cookies never have it.
	Expires time.Time
	Domain  string
	Path    string
	// SameSite is one of the SameSite constants in any case, or empty.
	SameSite    string
	HTTPOnly    bool
	Secure      bool
	Partitioned bool
}

// Expired returns the cookie that deletes c: empty, with Max-Age=0 and the
// attributes of c, since a browser tells cookies apart by domain and path.
func (c Cookie) Expired() Cookie {
	c.Value = ""
	c.MaxAge = -1
	c.Expires = time.Time{}
	return c
}

// normal applies what a name prefix demands (RFC 6265bis, section 4.1.3) and
// what browsers demand of Partitioned and of SameSite=None.
func (c Cookie) normal() Cookie {
	switch {
	case hasPrefixFold(c.Name, hostPrefix):
		c.Secure, c.Path, c.Domain = true, "/", ""
	case hasPrefixFold(c.Name, securePrefix):
		c.Secure = true
	}
	if c.Partitioned || strings.EqualFold(c.SameSite, SameSiteNone) {
		c.Secure = true
	}
	return c
}

// check refuses what would break out of its place in the header line. The
// value cannot: it is encoded.
func (c Cookie) check() error {
	if !isToken(c.Name) {
		return fmt.Errorf("%w: name %q", ErrInvalid, c.Name)
	}
	if !utf8.ValidString(c.Value) {
		return fmt.Errorf("%w: the value of %s is not UTF-8", ErrInvalid, c.Name)
	}
	return c.Attributes.check()
}

func (a Attributes) check() error {
	if a.MaxAge > MaxAgeLimit {
		return fmt.Errorf("%w: a maximum age of %s is above 400 days", ErrInvalid, a.MaxAge)
	}
	if !isAttributeText(a.Path) || a.Path != "" && a.Path[0] != '/' {
		return fmt.Errorf("%w: path %q", ErrInvalid, a.Path)
	}
	if !isDomain(a.Domain) {
		return fmt.Errorf("%w: domain %q", ErrInvalid, a.Domain)
	}
	switch strings.ToLower(a.SameSite) {
	case "", SameSiteLax, SameSiteStrict, SameSiteNone:
	default:
		return fmt.Errorf("%w: SameSite %q", ErrInvalid, a.SameSite)
	}
	if y := a.Expires.Year(); !a.Expires.IsZero() && (y < 1601 || y > 9999) {
		return fmt.Errorf("%w: expires in the year %d", ErrInvalid, y)
	}
	return nil
}

// isToken tells a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isAlphanumeric(c) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// isAttributeText tells an av-value of RFC 6265, section 4.1.1: printable
// ASCII without a semicolon.
func isAttributeText(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e || s[i] == ';' {
			return false
		}
	}
	return true
}

// isDomain tells a host name or IPv4 address, with or without a leading dot.
func isDomain(s string) bool {
	if s == "" {
		return true
	}
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
