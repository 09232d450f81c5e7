package password

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longestRun is how many combining marks in a row x/text keeps together. It
// puts a combining grapheme joiner (U+034F) behind each such run, for
// stream-safe text (UAX #15, section 13); JavaScript's normalize does not.
const longestRun = 30

// normalize returns the NFKC form of s as String.prototype.normalize gives it.
// Invalid bytes become replacement characters.
func normalize(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	if ascii(s) {
		return s
	}
	if !hasLongRun(s) {
		return norm.NFKC.String(s)
	}
	return string(compose(order(decompose(s))))
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mark is a decomposed code point with its canonical combining class.
type mark struct {
	r     rune
	class uint8
}

func hasLongRun(s string) bool {
	run := 0
	for _, m := range decompose(s) {
		if m.class == 0 {
			run = 0
			continue
		}
		if run++; run >= longestRun {
			return true
		}
	}
	return false
}

// decompose maps each code point to its full compatibility decomposition.
func decompose(s string) []mark {
	marks := make([]mark, 0, len(s))
	for _, r := range s {
		for _, d := range norm.NFKD.String(string(r)) {
			marks = append(marks, mark{d, norm.NFKD.PropertiesString(string(d)).CCC()})
		}
	}
	return marks
}

// order sorts each run of combining marks by class, stably (Unicode 3.11,
// canonical ordering algorithm).
func order(marks []mark) []mark {
	for i := 0; i < len(marks); {
		j := i
		for j < len(marks) && marks[j].class != 0 {
			j++
		}
		slices.SortStableFunc(marks[i:j], func(a, b mark) int { return int(a.class) - int(b.class) })
		i = j + 1
	}
	return marks
}

// compose joins each mark with the starter before it where a primary composite
// exists and nothing between blocks it (Unicode 3.11, D115 to D117).
func compose(marks []mark) []rune {
	out := make([]rune, 0, len(marks))
	starter := -1
	var last uint8
	for _, m := range marks {
		adjacent := starter >= 0 && starter == len(out)-1
		if starter >= 0 && (adjacent || last < m.class) {
			if c, ok := composite(out[starter], m.r); ok {
				out[starter] = c
				continue
			}
		}
		if m.class == 0 {
			starter = len(out)
		}
		last = m.class
		out = append(out, m.r)
	}
	return out
}

// composite returns the one code point that a and b compose to.
func composite(a, b rune) (rune, bool) {
	joined := norm.NFC.String(string([]rune{a, b}))
	c, size := utf8.DecodeRuneInString(joined)
	return c, size == len(joined)
}
