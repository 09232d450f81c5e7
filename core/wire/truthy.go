package wire

import "math"

// Truthy is JavaScript's Boolean(v): nil, false, "", 0 and NaN are false, and
// everything else is true, an empty array or object as well. Besides what
// [Decode] yields it takes the int and int64 of calls in process.
func Truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0 && !math.IsNaN(v)
	case int:
		return v != 0
	case int64:
		return v != 0
	}
	return true
}
