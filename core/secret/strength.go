package secret

import (
	"errors"
	"math"
	"unicode/utf16"
)

// What can be wrong with a secret's strength. [Strength] joins them, so match
// with errors.Is.
var (
	// ErrDefault says that the secret is upstream's public default.
	ErrDefault = errors.New("secret: is the public default")
	// ErrShort says that the secret has fewer than 32 characters.
	ErrShort = errors.New("secret: shorter than 32 characters")
	// ErrPredictable says that the secret's estimated entropy is below 120 bits.
	ErrPredictable = errors.New("secret: estimated entropy below 120 bits")
)

const (
	minLength  = 32
	minEntropy = 120
)

// Strength judges a secret as upstream does, by its length in UTF-16 units
// and by length * log2(distinct characters). It returns nil, or the problems
// joined. Upstream only warns about a weak secret; refuse it in production.
func Strength(secret string) error {
	if secret == "" {
		return ErrMissing
	}
	if secret == Default {
		return ErrDefault
	}
	var problems []error
	length := len(utf16.Encode([]rune(secret)))
	if length < minLength {
		problems = append(problems, ErrShort)
	}
	unique := make(map[rune]bool)
	for _, r := range secret {
		unique[r] = true
	}
	if float64(length)*math.Log2(float64(len(unique))) < minEntropy {
		problems = append(problems, ErrPredictable)
	}
	return errors.Join(problems...)
}

// Strength judges the current secret; see the function of the same name.
func (k *Keys) Strength() error { return Strength(k.current) }
