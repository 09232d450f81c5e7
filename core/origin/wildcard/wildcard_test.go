package wildcard_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/origin/wildcard"
)

func TestMatchesWhatUpstreamMatches(t *testing.T) {
	data, err := os.ReadFile("../testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		GlobSamples []string
		Globs       []struct {
			Pattern string
			Matches []string
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded.Globs) == 0 || len(recorded.GlobSamples) == 0 {
		t.Fatal("nothing is recorded")
	}
	for _, g := range recorded.Globs {
		p := wildcard.Compile(g.Pattern)
		for _, sample := range recorded.GlobSamples {
			if got, want := p.Match(sample), slices.Contains(g.Matches, sample); got != want {
				t.Errorf("%q matches %q: %v, upstream: %v", g.Pattern, sample, got, want)
			}
		}
	}
}

func TestWildcardsDoNotCoverControlCharacters(t *testing.T) {
	for _, s := range []string{"a\nb", "a\x00b", "a\x7fb", "a\rb"} {
		for _, pattern := range []string{"*", "a?b", "**", "a*b"} {
			if wildcard.Compile(pattern).Match(s) {
				t.Errorf("%q matches %q", pattern, s)
			}
		}
	}
}

func TestTheZeroPatternMatchesNothing(t *testing.T) {
	if (wildcard.Pattern{}).Match("") {
		t.Error("it matches the empty string")
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"", "*", "/**/", `\`, "[a-", "(?i)", "a{1,", "\xff*", "https://*.example.com", `\Q`} {
		f.Add(s, "https://a.example.com")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		wildcard.Compile(pattern).Match(s) // must not panic
		if !strings.ContainsAny(pattern, `*?\/`) && pattern != s && wildcard.Compile(pattern).Match(s) &&
			pattern != strings.TrimRight(s, `/\`) {
			t.Errorf("%q has no wildcard and matches %q", pattern, s)
		}
	})
}
