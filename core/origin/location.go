package origin

import (
	"errors"
	"strings"
)

// ErrLocation is returned by [SafeLocation]. It does not quote the target,
// which may carry a token.
var ErrLocation = errors.New("redirect target cannot be written into a Location header")

// IsRelativePath reports whether target is a path on this server: one leading
// slash, then ASCII letters, digits and "-_.+/@", and after an optional '?'
// also "=&%". The set is upstream's. It has no ':', '\', '#' and, in the path,
// no '%', so that no reader of URLs can take it for another host.
//
// Segments such as "/.//evil.com" stay on this server as long as nobody
// resolves them before sending: write the target out as it is.
func IsRelativePath(target string) bool {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") {
		return false
	}
	path, query, _ := strings.Cut(target, "?")
	return consistsOf(path, "-_.+/@") && consistsOf(query, "-_.+/@=&%")
}

func consistsOf(s, punctuation string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte(punctuation, c) < 0 {
			return false
		}
	}
	return true
}

// SafeLocation returns target unchanged when it may be written into a Location
// header, and [ErrLocation] otherwise. It is the last gate, after the target
// was found trustworthy: it wants printable ASCII, and either a path with one
// leading slash and no backslash, or an absolute URL as [Parse] takes it whose
// scheme cannot run script. The target is never cleaned, escaped or resolved:
// what was judged is what is sent. Set the header yourself, because
// http.Redirect rewrites paths.
func SafeLocation(target string) (string, error) {
	for i := range len(target) {
		if c := target[i]; c < 0x20 || c >= 0x7f {
			return "", ErrLocation
		}
	}
	if strings.HasPrefix(target, "/") {
		if strings.HasPrefix(target, "//") || strings.Contains(target, `\`) {
			return "", ErrLocation
		}
		return target, nil
	}
	u, err := Parse(target)
	if err != nil || isScriptScheme(u.Scheme()) {
		return "", ErrLocation
	}
	return target, nil
}
