package replay

import (
	"maps"
	"slices"
	"strings"
)

// jar keeps cookies as they came, in their order, until the server takes them
// back, also past their Max-Age, as the recorder's.
type jar struct{ cookies []pair }

type pair struct{ name, value string }

func (j *jar) find(name string) int {
	return slices.IndexFunc(j.cookies, func(c pair) bool { return c.name == name })
}

func (j *jar) get(name string) (string, bool) {
	if i := j.find(name); i >= 0 {
		return j.cookies[i].value, true
	}
	return "", false
}

func (j *jar) set(name, value string) {
	if i := j.find(name); i >= 0 {
		j.cookies[i].value = value
		return
	}
	j.cookies = append(j.cookies, pair{name, value})
}

func (j *jar) remove(name string) {
	j.cookies = slices.DeleteFunc(j.cookies, func(c pair) bool { return c.name == name })
}

func (j *jar) clone() *jar { return &jar{slices.Clone(j.cookies)} }

func (j *jar) header() string {
	var b strings.Builder
	for i, c := range j.cookies {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.name + "=" + c.value)
	}
	return b.String()
}

func (j *jar) keep(lines []string) {
	for _, line := range lines {
		c := splitCookie(line)
		if slices.ContainsFunc(c.attributes, func(a string) bool { return strings.EqualFold(a, "Max-Age=0") }) {
			j.remove(c.name)
			continue
		}
		j.set(c.name, c.raw)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
