package origin

import (
	"errors"
	"slices"
)

// Matcher judges origins and redirect targets by a list of trusted origins. It
// is immutable and safe for concurrent use; a nil Matcher trusts nothing.
type Matcher struct {
	exact    map[string]struct{}
	patterns []pattern
}

// NewMatcher compiles trusted origins. The forms are upstream's:
//
//	https://app.example.com      exactly this origin
//	https://*.example.com        wildcards in an origin; '*' covers dots, too; '?' is one character
//	*.example.com                wildcards in host and port, over http and https
//	myapp://                     every URL of a custom scheme
//	myapp://callback/done        this authority, and this path and what lies below it
//	exp://192.168.*.*:*/**       wildcards in a custom scheme's authority and path
//
// Scheme, host and default port are put into canonical form; empty entries are
// skipped. What could match nothing, such as an origin with a path, is an error
// instead of dead weight. On an error the returned Matcher holds the entries
// that were understood, so that a list computed per request can be used after
// logging it.
func NewMatcher(origins []string) (*Matcher, error) {
	m := &Matcher{exact: make(map[string]struct{}, len(origins))}
	var problems []error
	for _, s := range origins {
		if s == "" {
			continue
		}
		exact, p, err := compile(s)
		switch {
		case err != nil:
			problems = append(problems, err)
			continue
		case p != nil:
			m.patterns = append(m.patterns, p)
		default:
			m.exact[exact] = struct{}{}
		}
	}
	return m, errors.Join(problems...)
}

// With returns a Matcher that trusts the given origins as well. Errors are
// those of [NewMatcher].
func (m *Matcher) With(origins ...string) (*Matcher, error) {
	added, err := NewMatcher(origins)
	if m == nil {
		return added, err
	}
	added.patterns = append(slices.Clone(m.patterns), added.patterns...)
	for exact := range m.exact {
		added.exact[exact] = struct{}{}
	}
	return added, err
}

// TrustsOrigin judges the value of an Origin header, or of a Referer where
// there is none. "null", "" and relative references are never trusted.
func (m *Matcher) TrustsOrigin(header string) bool {
	if m == nil {
		return false
	}
	u, err := Parse(header)
	return err == nil && m.trusts(u)
}

// TrustsURL judges a redirect target: a path on this server as
// [IsRelativePath] defines it, or an absolute URL of a trusted origin.
func (m *Matcher) TrustsURL(target string) bool {
	if m == nil {
		return false
	}
	return IsRelativePath(target) || m.TrustsOrigin(target)
}

func (m *Matcher) trusts(u URL) bool {
	// Patterns cannot name these schemes; should one ever cover them, it stops here.
	if u.HasUserinfo() || isScriptScheme(u.Scheme()) {
		return false
	}
	if u.IsWeb() {
		if _, ok := m.exact[u.Origin()]; ok {
			return true
		}
	}
	return slices.ContainsFunc(m.patterns, func(p pattern) bool { return p.matches(u) })
}
