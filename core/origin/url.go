// Package origin decides who may call and where a browser may be sent: which
// Origin headers and redirect targets are trusted, what may stand in a Location
// header, and under which URL this server is reached.
//
// Browsers read URLs by the WHATWG URL standard, net/url reads them by RFC
// 3986, and the two disagree about backslashes, missing or surplus slashes,
// stripped tabs and the spelling of addresses. An open redirect lives in that
// gap. This package therefore reads only URLs that the WHATWG parser would take
// as they are, without repairing them, and refuses the rest.
package origin

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrURL is wrapped by every error of [Parse]. The errors give the reason and
// never the URL, whose query may carry a token.
var ErrURL = errors.New("not an acceptable URL")

// URL is an absolute URL as far as judging needs it. The zero value is no URL.
type URL struct {
	scheme   string
	hostname string // canonical, IPv6 in brackets; of other schemes in lower case
	port     string // "" when absent or the scheme's default
	// authority says that two slashes followed the scheme.
	authority bool
	userinfo  bool
	path      string // as written, up to the query
	suffix    string // query and fragment, as written
}

// defaultPort knows the schemes whose origin is scheme, host and port.
func defaultPort(scheme string) (port string, tuple bool) {
	switch scheme {
	case "http", "ws":
		return "80", true
	case "https", "wss":
		return "443", true
	case "ftp":
		return "21", true
	}
	return "", false
}

// Parse reads an absolute URL. For http, https, ws, wss and ftp the result
// agrees with the WHATWG URL standard in scheme, host, port and origin,
// including numeric IPv4 spellings (0x7f.1 is 127.0.0.1). What the standard
// would have to repair is refused: control characters, surrounding blanks,
// anything but exactly two slashes after the scheme, backslashes before the
// query, and hosts that are percent-encoded, not ASCII or not made of letters,
// digits, '-', '_' and '.'. An internationalised host has to be written in its
// xn-- form.
//
// Of other schemes (myapp://callback, com.example.app:/done) scheme, host and
// port are read, with the host in lower case; they have no origin.
func Parse(s string) (URL, error) {
	if err := checkCharacters(s); err != nil {
		return URL{}, err
	}
	scheme, rest, ok := cutScheme(s)
	if !ok {
		return URL{}, refuse("it has no scheme")
	}
	u := URL{scheme: scheme}

	before := rest
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		before, u.suffix = rest[:i], rest[i:]
	}
	if strings.Contains(before, `\`) {
		return URL{}, refuse("it has a backslash before the query")
	}
	authority, hasAuthority := strings.CutPrefix(before, "//")
	if hasAuthority {
		if i := strings.IndexByte(authority, '/'); i >= 0 {
			authority, u.path = authority[:i], authority[i:]
		}
		if i := strings.LastIndexByte(authority, '@'); i >= 0 {
			u.userinfo, authority = true, authority[i+1:]
		}
	} else {
		authority, u.path = "", before
	}

	u.authority = hasAuthority

	standard, tuple := defaultPort(scheme)
	switch {
	case tuple && !hasAuthority:
		return URL{}, refuse("two slashes have to follow the scheme")
	case !tuple && authority == "" && !u.userinfo:
		return u, nil
	}
	host, port, err := splitPort(authority)
	if err != nil {
		return URL{}, err
	}
	if tuple {
		u.hostname, err = canonicalHost(host)
	} else {
		u.hostname, err = opaqueHost(host)
	}
	if err != nil {
		return URL{}, err
	}
	if port != standard {
		u.port = port
	}
	return u, nil
}

// Scheme is the scheme in lower case, without the colon.
func (u URL) Scheme() string { return u.scheme }

// Hostname is the canonical host without a port; an IPv6 address keeps its
// brackets. A scheme without origin may do without a host.
func (u URL) Hostname() string { return u.hostname }

// Host is the hostname, followed by ":port" unless that is the scheme's
// default.
func (u URL) Host() string {
	if u.port == "" {
		return u.hostname
	}
	return u.hostname + ":" + u.port
}

// Origin is "scheme://host[:port]", and "" for a scheme without origin, where
// the standard says "null".
func (u URL) Origin() string {
	if _, tuple := defaultPort(u.scheme); !tuple {
		return ""
	}
	return u.scheme + "://" + u.Host()
}

// Path is the path as it was written, "" when there is none.
func (u URL) Path() string { return u.path }

// HasUserinfo reports a "user:password@" in the authority, an empty one
// included.
func (u URL) HasUserinfo() bool { return u.userinfo }

// HasQueryOrFragment reports whether a '?' or '#' follows the path.
func (u URL) HasQueryOrFragment() bool { return u.suffix != "" }

// IsWeb reports whether the scheme is http or https.
func (u URL) IsWeb() bool { return u.scheme == "http" || u.scheme == "https" }

func refuse(reason string) error { return fmt.Errorf("%w: %s", ErrURL, reason) }

func checkCharacters(s string) error {
	if s == "" {
		return refuse("it is empty")
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return refuse("it is surrounded by blanks")
	}
	if !utf8.ValidString(s) {
		return refuse("it is not valid UTF-8")
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return refuse("it has control characters")
	}
	return nil
}

// cutScheme splits off "scheme:" and lower-cases it (RFC 3986, section 3.1).
func cutScheme(s string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(s, ":")
	if !ok || scheme == "" || !isLetter(scheme[0]) {
		return "", "", false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isLetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return "", "", false
		}
	}
	return strings.ToLower(scheme), rest, true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
