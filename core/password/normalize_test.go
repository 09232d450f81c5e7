package password

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// The long way and x/text must agree where x/text leaves the text as it is.
func FuzzTheLongWayNormalizesAsTheShort(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "Zoe\u0308", "\ufb01\uff11", "\ufdfa", "\u1112\u1161\u11ab", "a\u0301\u0323\u0327b\u0344",
		"\u0344\u0301", "\u0958\u0915\u093c", "\U0001d15e", "\u0b47\u0b56\u0b3e", "a\u0315\u0300\u05ae\u0301b",
		"\uac00\u11a8", "\u1100\u1161\u11a7", "\u0cc6\u0cc2\u0cd5", "\U00011099\U000110ba",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s = string([]rune(s)); hasLongRun(s) {
			return
		}
		if got, want := string(compose(order(decompose(s)))), norm.NFKC.String(s); got != want {
			t.Errorf("%+q normalizes to %+q, x/text says %+q", s, got, want)
		}
	})
}

func TestALongRunOfMarksGetsNoJoiner(t *testing.T) {
	s := "a" + strings.Repeat("\u0301", 40)
	if !strings.Contains(norm.NFKC.String(s), "\u034f") {
		t.Error("x/text adds no joiner any more: the long way may go")
	}
	// Node: ("a" + "\u0301".repeat(40)).normalize("NFKC").
	if got, want := normalize(s), "\u00e1"+strings.Repeat("\u0301", 39); got != want {
		t.Errorf("%+q, want %+q", got, want)
	}
}

func TestTheLongestExpansionIsBounded(t *testing.T) {
	if n := len([]rune(normalize(strings.Repeat("\ufdfa", 128)))); n != 128*18 {
		t.Errorf("%d characters, want 18 for each", n)
	}
}
