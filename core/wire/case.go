package wire

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// ToLower lowers text as JavaScript's toLowerCase does: Unicode full case
// mapping without a locale, which strings.ToLower is not ("İ" becomes two
// code points).
func ToLower(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if !ascii {
		return cases.Lower(language.Und).String(s)
	}
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			lower := []byte(s)
			for j := i; j < len(lower); j++ {
				if c := lower[j]; 'A' <= c && c <= 'Z' {
					lower[j] = c + 'a' - 'A'
				}
			}
			return string(lower)
		}
	}
	return s
}
