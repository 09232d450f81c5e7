package origin

import (
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/percent"
)

// WithParameter is the URL that a browser makes of target on base, with a query
// parameter set: upstream's `new URL(target, base)`, `searchParams.set` and
// `href`. The parameter takes the place of those with its name, and the rest of
// the query is written anew, as the WHATWG URL standard wants it. The target is
// one that was found trustworthy; one that [SafeLocation] or [Parse] would
// refuse, or that carries user information, is [ErrLocation].
func WithParameter(target, base, name, value string) (string, error) {
	site, rest, err := splitTarget(target, base)
	if err != nil {
		return "", err
	}
	before, fragment, hasFragment := strings.Cut(rest, "#")
	path, query, _ := strings.Cut(before, "?")
	href := site + hrefPath(path) + "?" + setParameter(query, name, value)
	if hasFragment {
		href += "#" + escape(fragment, " \"<>`")
	}
	return href, nil
}

// splitTarget gives the scheme and authority of a target in canonical form, and
// the rest as it was written, except that a web URL has a path.
func splitTarget(target, base string) (site, rest string, err error) {
	if strings.HasPrefix(target, "/") {
		b, err := Parse(base)
		if err != nil || !b.IsWeb() {
			return "", "", ErrLocation
		}
		_, err = SafeLocation(target)
		return b.Origin(), target, err
	}
	u, err := Parse(target)
	if err != nil || isScriptScheme(u.Scheme()) || u.HasUserinfo() || !u.authority {
		return "", "", ErrLocation
	}
	if u.Origin() == "" {
		// The host of a custom scheme is not the standard's to change.
		_, authority, _ := strings.Cut(target, "//")
		if i := strings.IndexAny(authority, "/?#"); i >= 0 {
			authority = authority[:i]
		}
		return u.Scheme() + "://" + authority, u.path + u.suffix, nil
	}
	if u.path == "" {
		u.path = "/"
	}
	return u.Origin(), u.path + u.suffix, nil
}

// hrefPath resolves the dot segments of a path and escapes it (WHATWG URL, path
// state).
func hrefPath(path string) string {
	if path == "" {
		return ""
	}
	var kept []string
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(s), "%2e", ".") {
		case ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, escape(s, " \"#<>?`{}"))
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}

// setParameter is URLSearchParams.set on a query as it was written.
func setParameter(query, name, value string) string {
	var pairs []string
	set := percent.EncodeForm(name) + "=" + percent.EncodeForm(value)
	done := false
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		k, v = percent.DecodeForm(k), percent.DecodeForm(v)
		switch {
		case k != name:
			pairs = append(pairs, percent.EncodeForm(k)+"="+percent.EncodeForm(v))
		case !done:
			pairs, done = append(pairs, set), true
		}
	}
	if !done {
		pairs = append(pairs, set)
	}
	return strings.Join(pairs, "&")
}

// escape writes the given characters, control characters and what is not ASCII
// as escapes. What is escaped already stays.
func escape(s, special string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c > 0x20 && c < 0x7f && strings.IndexByte(special, c) < 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
