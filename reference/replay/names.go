package replay

import (
	"fmt"
	"regexp"
	"strings"
)

// names binds the placeholders of a recording to the values of this run. A
// placeholder takes the first value that it meets and keeps it, and no value
// has two of them.
type names struct {
	value map[string]string // by placeholder
	name  map[string]string // by value
}

func newNames() *names { return &names{map[string]string{}, map[string]string{}} }

var placeholder = regexp.MustCompile(`<([A-Za-z][A-Za-z0-9.-]*):\d+>`)

// looks is what the value of a placeholder must look like, by kind.
func looks(kind string) string {
	switch {
	case kind == "hash":
		return `[0-9a-f]{32}:[0-9a-f]{128}`
	case kind == "jwt":
		return `[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`
	case strings.HasPrefix(kind, "jwk."):
		return `[A-Za-z0-9_-]{20,}`
	case kind == "challenge":
		return `[A-Za-z0-9]{20}`
	case kind == "signature", kind == "hashed-code":
		return `[A-Za-z0-9_-]{43}`
	case kind == "base32":
		return `[A-Z2-7]{52}`
	case kind == "backup-code":
		return `[A-Za-z0-9]{5}-[A-Za-z0-9]+`
	case strings.HasSuffix(kind, ".otp"):
		return `[0-9]+`
	case kind == "uuid":
		return `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	case kind == "verification.identifier":
		return `[A-Za-z0-9_-]{43}`
	case kind == "reset-password.token":
		return `[A-Za-z0-9]{24}`
	case strings.HasSuffix(kind, ".id"):
		return `[A-Za-z0-9]{32}|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	}
	return `[A-Za-z0-9]{32}`
}

// unbound counts the placeholders of a text that have no value yet.
func (n *names) unbound(text string) int {
	count := 0
	for _, name := range placeholder.FindAllString(text, -1) {
		if _, known := n.value[name]; !known {
			count++
		}
	}
	return count
}

// match tells whether got is want with values for its placeholders, and if not,
// what else is worth saying.
func (n *names) match(want, got string) (note string, ok bool) {
	places := placeholder.FindAllStringSubmatchIndex(want, -1)
	if places == nil {
		return "", want == got
	}
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	var order []string
	at := 0
	for _, p := range places {
		name, kind := want[p[0]:p[1]], want[p[2]:p[3]]
		pattern.WriteString(regexp.QuoteMeta(want[at:p[0]]) + "(" + looks(kind) + ")")
		order = append(order, name)
		at = p[1]
	}
	pattern.WriteString(regexp.QuoteMeta(want[at:]) + `\z`)
	m := regexp.MustCompile(pattern.String()).FindStringSubmatch(got)
	if m == nil {
		return "", false
	}
	for i, name := range order {
		v := m[i+1]
		if bound, known := n.value[name]; known && bound != v {
			return fmt.Sprintf("%s has been %q so far", name, bound), false
		}
		if other, known := n.name[v]; known && other != name {
			return fmt.Sprintf("this value has been %s so far", other), false
		}
		n.value[name], n.name[v] = v, name
	}
	return "", true
}
