// Package wildcard matches the glob patterns of trusted origins, allowed
// hosts and rate-limit paths.
//
// The language is upstream's. Within a segment, '*' stands for any run of
// characters, the empty one included, and '?' for exactly one; neither covers a
// separator, which is '/' or '\'. "**" as a whole segment stands for any number
// of segments. A '/' in the pattern stands for one or more separators, and
// separators at the end of the text are ignored. A backslash takes the next
// character literally. Everything else stands for itself, with its case.
//
// Unlike upstream's, wildcards never cover control characters.
package wildcard

import (
	"regexp"
	"strings"
)

const (
	within   = `[^/\\\x00-\x1f\x7f]` // one character of a segment
	required = `[/\\]+`
	optional = `[/\\]*`
)

// Pattern is a compiled glob. The zero value matches nothing. It is immutable
// and safe for concurrent use, and matches in time linear in the text.
type Pattern struct {
	expression *regexp.Regexp
}

// Compile reads a pattern. Every string is one, but invalid UTF-8 and patterns
// of megabytes match nothing.
func Compile(pattern string) Pattern {
	var b strings.Builder
	b.WriteString(`\A(?:`)
	segments := strings.Split(pattern, "/")
	for i, segment := range segments {
		if segment == "" && i > 0 {
			continue // the separator before it is enough
		}
		separator := required
		switch {
		case i == len(segments)-1:
			separator = optional
		case segments[i+1] == "**":
			separator = "" // "**" brings its own
		}
		if segment != "**" {
			writeSegment(&b, segment)
			b.WriteString(separator)
			continue
		}
		if separator == "" {
			continue
		}
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(`(?:` + within + `*` + separator + `)*`)
	}
	b.WriteString(`)\z`)
	expression, err := regexp.Compile(b.String())
	if err != nil {
		return Pattern{}
	}
	return Pattern{expression: expression}
}

func writeSegment(b *strings.Builder, segment string) {
	for i := 0; i < len(segment); i++ {
		switch c := segment[i]; c {
		case '\\':
			if i++; i < len(segment) {
				b.WriteString(regexp.QuoteMeta(segment[i : i+1]))
			}
		case '?':
			b.WriteString(within)
		case '*':
			b.WriteString(within + `*`)
		default:
			b.WriteString(regexp.QuoteMeta(segment[i : i+1]))
		}
	}
}

// Match reports whether the pattern covers the whole of s.
func (p Pattern) Match(s string) bool {
	return p.expression != nil && p.expression.MatchString(s)
}
