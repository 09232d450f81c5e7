package password

import "strings"

// maxHash bounds what is looked at; a hash of ours has 161 characters.
const maxHash = 1024

// parseHash splits "salt:key". Both parts must be hex of either case and not
// empty; a key of the wrong length is left to the comparison, which fails it.
func parseHash(hash string) (salt, key string, err error) {
	if len(hash) > maxHash {
		return "", "", ErrMalformed
	}
	salt, key, ok := strings.Cut(hash, ":")
	if !ok || !isHex(salt) || !isHex(key) {
		return "", "", ErrMalformed
	}
	return salt, key, nil
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return s != ""
}
