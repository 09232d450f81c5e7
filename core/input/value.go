package input

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// undefined is what JavaScript sees where nothing is.
type undefined struct{}

// typeName is JavaScript's name for the type of v, as messages use it.
func typeName(v any) string {
	switch v.(type) {
	case undefined:
		return "undefined"
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// normal maps what a hook may have put into a body by hand onto the types that
// wire.Decode yields.
func normal(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case *wire.Object:
		if v == nil {
			return nil
		}
	case map[string]any:
		o := wire.NewObject()
		for _, key := range slices.Sorted(maps.Keys(v)) {
			o.Set(key, v[key])
		}
		return o
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	}
	return v
}

// numberText is JavaScript's String(f) for a finite f.
func numberText(f float64) string {
	text, err := wire.Marshal(f)
	if err != nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return string(text)
}

// lengthOf is v.length as upstream's rules on length see it: they measure the
// value that was sent even when its type is wrong, and an object with a member
// "length" has one. Strings count code points. A length that only converts to a
// number is not exact: it never equals one.
func lengthOf(v any) (n float64, exact bool, origin string, ok bool) {
	switch v := v.(type) {
	case string:
		return float64(utf8.RuneCountInString(v)), true, "string", true
	case []any:
		return float64(len(v)), true, "array", true
	case *wire.Object:
		member, has := v.Get("length")
		if !has {
			return 0, false, "", false
		}
		n, exact := member.(float64)
		if !exact {
			n = converted(member)
		}
		return n, exact, "unknown", true
	}
	return 0, false, "", false
}

// converted is nearly JavaScript's Number(v). It decides between two messages
// about a value that is refused anyway.
func converted(v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		text := strings.TrimSpace(v)
		if text == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return math.NaN()
}

// isEmail is upstream's pattern (zod's "practical" one):
//
//	^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$
//
// written out, so that it costs one pass: dot-separated atoms of which the
// last does not end in an apostrophe, and labels that begin with a letter or a
// digit, the last of them letters only.
func isEmail(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	if !found || strings.HasSuffix(local, "'") {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || !every(atom, isAtomByte) {
			return false
		}
	}
	dot := strings.LastIndexByte(domain, '.')
	if dot < 0 || len(domain)-dot-1 < 2 || !every(domain[dot+1:], isLetter) {
		return false
	}
	for label := range strings.SplitSeq(domain[:dot], ".") {
		if label == "" || label[0] == '-' || !every(label, isLabelByte) {
			return false
		}
	}
	return true
}

func every(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isLabelByte(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c == '-' }

func isAtomByte(c byte) bool { return isLabelByte(c) || c == '_' || c == '\'' || c == '+' }
