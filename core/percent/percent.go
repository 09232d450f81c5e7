// Package percent writes and reads the escapes of URLs and cookies, such as
// %2F, as JavaScript does.
package percent

import "strings"

// Encode is JavaScript's encodeURIComponent (ECMA-262, section 19.2.6.4) on
// valid UTF-8: it keeps letters, digits and -_.!~*'() and escapes every other
// byte, a space as %20.
func Encode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		if kept(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func kept(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0
}

// Byte reads the escape that s starts with, three bytes long, its digits in
// either case. It is false when s starts with none.
func Byte(s string) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok1 := digit(s[1])
	low, ok2 := digit(s[2])
	return high<<4 | low, ok1 && ok2
}

func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
