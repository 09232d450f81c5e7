package origin

import (
	"fmt"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/origin/wildcard"
)

// pattern is one compiled entry of the trusted origins. Exact web origins are
// not among them: the Matcher keeps those in a set.
type pattern interface {
	matches(URL) bool
}

// originPattern is a wildcard with a scheme: https://*.example.com.
type originPattern struct {
	origin   wildcard.Pattern
	ipv4Only bool
}

func (p originPattern) matches(u URL) bool {
	return u.IsWeb() && p.origin.Match(u.Origin()) && (!p.ipv4Only || isIPv4(u.Hostname()))
}

// hostPattern is a wildcard without a scheme: *.example.com. It covers the
// port, too. Upstream also lets it cover the authority of any other scheme,
// and so javascript://a.example.com/%0a…; a pattern for hosts speaks of hosts.
type hostPattern struct {
	host     wildcard.Pattern
	ipv4Only bool
}

func (p hostPattern) matches(u URL) bool {
	return u.IsWeb() && p.host.Match(u.Host()) && (!p.ipv4Only || isIPv4(u.Hostname()))
}

// schemePattern is a custom scheme: myapp://, myapp://callback/path, exp://*/*.
type schemePattern struct {
	scheme    string
	slashes   bool // written with "//", and so only for URLs that are, too
	authority part
	path      part
	ipv4Only  bool
}

// part is what a schemePattern says about the authority or the path.
type part struct {
	exact string // "" is silent and matches everything
	glob  *wildcard.Pattern
}

func newPart(s string) part {
	if !hasWildcard(s) {
		return part{exact: s}
	}
	glob := wildcard.Compile(s)
	return part{exact: s, glob: &glob}
}

func (p schemePattern) matches(u URL) bool {
	return u.Scheme() == p.scheme && (u.authority || !p.slashes) &&
		p.matchesAuthority(u) && p.matchesPath(u.Path())
}

func (p schemePattern) matchesAuthority(u URL) bool {
	switch {
	case p.authority.exact == "":
		return u.Host() == "" || p.path.exact == ""
	case p.authority.glob == nil:
		return u.Host() == p.authority.exact
	}
	return p.authority.glob.Match(u.Host()) && (!p.ipv4Only || isIPv4(u.Hostname()))
}

// matchesPath compares by segment. A path that changes its segments when
// somebody decodes or resolves it matches no pattern that names a path.
func (p schemePattern) matchesPath(path string) bool {
	if p.path.exact == "" {
		return true
	}
	if hasAmbiguousSegments(path) {
		return false
	}
	if p.path.glob != nil {
		if path == "" {
			path = "/"
		}
		return p.path.glob.Match(path)
	}
	rest, ok := strings.CutPrefix(path, p.path.exact)
	return ok && (rest == "" || rest[0] == '/')
}

func hasAmbiguousSegments(path string) bool {
	lower := strings.ToLower(path)
	for _, encoded := range []string{"%2e", "%2f", "%5c", "%25"} {
		if strings.Contains(lower, encoded) {
			return true
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// scriptSchemes can run script in, or read from, the page that follows them,
// or name no place that could be trusted.
func isScriptScheme(scheme string) bool {
	switch scheme {
	case "javascript", "data", "vbscript", "blob", "filesystem", "about", "view-source":
		return true
	}
	return false
}

func hasWildcard(s string) bool { return strings.ContainsAny(s, "*?") }

// compile reads one trusted-origin pattern. An exact web origin comes back as
// a string, everything else as a pattern.
func compile(s string) (exact string, p pattern, err error) {
	reject := func(reason string) (string, pattern, error) {
		return "", nil, fmt.Errorf("trusted origin %q: %s", s, reason)
	}
	if checkCharacters(s) != nil || strings.ContainsAny(s, " ") || strings.ContainsFunc(s, nonASCII) {
		return reject("it has blanks, control characters or characters outside ASCII")
	}
	if !strings.Contains(s, "://") && hasWildcard(s) && !strings.Contains(s, ":/") {
		if strings.ContainsAny(s, "/@#") {
			return reject("a pattern for hosts takes no path")
		}
		host := strings.ToLower(s)
		return "", hostPattern{host: wildcard.Compile(host), ipv4Only: isIPv4Range(host)}, nil
	}
	scheme, rest, ok := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	if !ok || scheme == "" || !strings.HasPrefix(rest, "/") && rest != "" {
		return reject("it needs a scheme, as in https://app.example.com")
	}
	if isScriptScheme(scheme) {
		return reject("this scheme cannot be trusted")
	}
	if strings.Contains(rest, "@") {
		return reject("it must not name a user")
	}
	switch {
	case hasWildcard(scheme):
		return compileOrigin(scheme, rest, reject)
	case scheme != "http" && scheme != "https":
		if _, _, ok := cutScheme(s); !ok {
			return reject("its scheme has unexpected characters")
		}
		return "", compileScheme(scheme, rest), nil
	case hasWildcard(rest):
		return compileOrigin(scheme, rest, reject)
	}
	u, err := Parse(s)
	if err != nil {
		return reject(err.Error())
	}
	if u.HasQueryOrFragment() || strings.Trim(u.Path(), "/") != "" {
		return reject("an origin has no path; leave it at " + u.Origin())
	}
	return u.Origin(), nil, nil
}

func compileOrigin(scheme, rest string, reject func(string) (string, pattern, error)) (string, pattern, error) {
	authority, ok := strings.CutPrefix(rest, "//")
	authority = strings.ToLower(strings.TrimRight(authority, "/"))
	if !ok || authority == "" {
		return reject("two slashes and a host have to follow the scheme")
	}
	if strings.ContainsAny(authority, "/#") {
		return reject("an origin has no path")
	}
	return "", originPattern{
		origin:   wildcard.Compile(scheme + "://" + authority),
		ipv4Only: isIPv4Range(authority),
	}, nil
}

func compileScheme(scheme, rest string) schemePattern {
	rest, _, _ = strings.Cut(rest, "#")
	authority, path := "", rest
	after, slashes := strings.CutPrefix(rest, "//")
	if slashes {
		authority, path = after, ""
		if i := strings.IndexByte(after, '/'); i >= 0 {
			authority, path = after[:i], after[i:]
		}
	}
	authority = strings.ToLower(authority)
	return schemePattern{
		scheme:    scheme,
		slashes:   slashes,
		authority: newPart(authority),
		path:      newPart(strings.TrimRight(path, "/")),
		ipv4Only:  hasWildcard(authority) && isIPv4Range(authority),
	}
}

// isIPv4Range reports whether a wildcard's host consists of digits, dots and
// wildcards only. Such a pattern (192.168.*.*) means addresses; as plain text
// it would cover the name 192.168.evil.com, too.
func isIPv4Range(authority string) bool {
	host, _, _ := strings.Cut(authority, ":")
	return strings.ContainsAny(host, "0123456789") && strings.Trim(host, "0123456789.*?") == ""
}

func nonASCII(r rune) bool { return r >= 0x80 }
