package core_test

import (
	"regexp"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

func TestRandomText(t *testing.T) {
	s := authtest.New(t)
	for _, alphabet := range []string{"0", "01", "0123456789", "0123456789abcdefghijklmnopqrstuvwxyz"} {
		text := s.RandomText(1000, alphabet)
		if !regexp.MustCompile("^[" + alphabet + "]{1000}$").MatchString(text) {
			t.Errorf("%q gives %q", alphabet, text)
		}
		seen := map[rune]bool{}
		for _, r := range text {
			seen[r] = true
		}
		if len(seen) != len(alphabet) {
			t.Errorf("of %q there are %d characters in a thousand", alphabet, len(seen))
		}
	}
	if one, two := s.RandomID(32), s.RandomID(32); one == two || !regexp.MustCompile("^[A-Za-z0-9]{32}$").MatchString(one) {
		t.Errorf("got %q and %q", one, two)
	}
}
