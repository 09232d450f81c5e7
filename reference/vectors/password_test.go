package vectors_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/password"
)

type passwordVector struct {
	Name     string
	Password string // a lone surrogate arrives as U+FFFD, which upstream hashes for it
	Length   int
	Hash     string
}

func TestUpstreamPasswordHashesVerifyAtTheRealCost(t *testing.T) {
	checkPasswords(t, load[passwordVector](t, "passwords"), password.NewScrypt(password.ScryptOptions{}), 1)
}

func TestTextsNormalizeAsUpstreamNormalizesThem(t *testing.T) {
	cheap := password.NewScrypt(password.ScryptOptions{N: 2, R: 1})
	checkPasswords(t, load[passwordVector](t, "normalization"), cheap, 1000)
}

// checkPasswords verifies each vector, and as many tampered hashes of it.
func checkPasswords(t *testing.T, vectors []passwordVector, h password.Hasher, tampered int) {
	t.Helper()
	for i, v := range vectors {
		if got := password.UTF16Len(v.Password); got != v.Length {
			t.Errorf("%s: length %d, upstream says %d", v.Name, got, v.Length)
		}
		ok, err := h.Verify(t.Context(), v.Hash, v.Password)
		if !ok || err != nil {
			t.Errorf("%s: Verify = %v, %v (%+q)", v.Name, ok, err, v.Password)
		}
		left := tampered
		for at := range v.Hash {
			// At the real cost one position is tried, another one each time.
			if tampered < len(v.Hash) && at != i*7%len(v.Hash) {
				continue
			}
			if left--; left < 0 {
				break
			}
			if ok, _ := h.Verify(t.Context(), flip(v.Hash, at), v.Password); ok {
				t.Errorf("%s: a hash changed at %d is accepted", v.Name, at)
			}
		}
	}
}
