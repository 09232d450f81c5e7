package percent

import (
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// EncodeForm writes text as URLSearchParams does (WHATWG URL,
// application/x-www-form-urlencoded): it keeps letters, digits and *-._ and
// escapes every other byte, a space as +.
func EncodeForm(s string) string {
	return strings.NewReplacer("%20", "+", "!", "%21", "~", "%7E", "'", "%27", "(", "%28", ")", "%29").Replace(Encode(s))
}

// DecodeForm reads what EncodeForm writes, as URLSearchParams does: a broken
// escape stays as it is, invalid UTF-8 becomes U+FFFD, one for each sequence
// that could not be completed (WHATWG Encoding, UTF-8 decoder).
func DecodeForm(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if escaped, ok := Byte(s[i:]); ok {
			c = escaped
			i += 2
		} else if c == '+' {
			c = ' '
		}
		b.WriteByte(c)
	}
	text, err := unicode.UTF8.NewDecoder().String(b.String())
	if err != nil { // the decoder replaces and never fails
		return strings.ToValidUTF8(b.String(), "\uFFFD")
	}
	return text
}
