package config

import (
	"slices"
	"strings"
)

// unknown reports a key that no option has, with the most useful thing that can
// be said about it.
func (d *decoder) unknown(path string, m member, options []option) {
	at := below(path, m.name)
	if slices.Contains(upstreamOptions(), at) {
		d.fail(m.key.Line, at, "is an option of Better Auth that this version of Gatehouse does not have yet: leave it out")
		return
	}
	var here []string
	for _, o := range options {
		here = append(here, o.name)
	}
	for _, s := range shapes() {
		if s.parent == path {
			here = append(here, s.name)
		}
	}
	hint := didYouMean(path, m.name, here)
	if hint == "" {
		hint = elsewhere(m.name)
	}
	d.fail(m.key.Line, at, "is not an option%s", hint)
}

// didYouMean names the nearest of the known keys of a mapping, if one is near.
func didYouMean(path, name string, known []string) string {
	if len(name) > 60 {
		return ""
	}
	best, least := "", 1+max(1, len(name)/4)
	for _, k := range slices.Sorted(slices.Values(known)) {
		if n := distance(strings.ToLower(name), strings.ToLower(k)); n < least {
			best, least = k, n
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + below(path, best) + "?"
}

// elsewhere finds an option of that name in another place, or spelled out as a
// path with dots.
func elsewhere(name string) string {
	for _, e := range Reference() {
		switch {
		case strings.EqualFold(e.Path, name):
			return "; options nest, as mappings in one another"
		case strings.EqualFold(e.Path[strings.LastIndex(e.Path, ".")+1:], name):
			return "; did you mean " + e.Path + "?"
		}
	}
	return ""
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
