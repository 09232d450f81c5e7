package secret

import (
	"strconv"
	"strings"
)

const envelopePrefix = "$ba$"

// envelope is a ciphertext with the version of the secret that made it,
// written "$ba$<version>$<hex>".
type envelope struct {
	version    int
	ciphertext string
}

func (e envelope) String() string {
	return envelopePrefix + strconv.Itoa(e.version) + "$" + e.ciphertext
}

// parseEnvelope reads an envelope; ok is false for text without its prefix.
// Upstream also reads "2x" as version 2; only the form it writes is read here.
func parseEnvelope(text string) (e envelope, ok bool, err error) {
	rest, ok := strings.CutPrefix(text, envelopePrefix)
	if !ok {
		return envelope{}, false, nil
	}
	number, ciphertext, ok := strings.Cut(rest, "$")
	if !ok {
		return envelope{}, false, ErrCiphertext
	}
	version, ok := parseVersion(number)
	if !ok {
		return envelope{}, false, ErrCiphertext
	}
	return envelope{version, ciphertext}, true, nil
}
