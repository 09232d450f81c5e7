package value

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// ISO is the layout of JavaScript's Date.toISOString for a time in UTC.
const ISO = "2006-01-02T15:04:05.000Z"

// limits are wider than those of a request: what is stored was let in before.
var limits = wire.Limits{Depth: 128, Keys: 100_000}

// JSON returns v in the form that wire.Decode gives, copied: nil, bool, string,
// float64, []any and *wire.Object. It takes whatever wire.Marshal takes. Text
// that holds NUL or invalid UTF-8 is ErrNUL.
func JSON(v any) (any, error) {
	if err := texts(v, limits.Depth); err != nil {
		return nil, err
	}
	text, err := wire.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("a %T has no JSON form", v)
	}
	return ParseJSON(text)
}

// texts looks for text that wire.Marshal would mend instead of refusing.
func texts(v any, depth int) error {
	if depth == 0 {
		return errors.New("JSON is nested too deeply")
	}
	switch v := v.(type) {
	case string:
		return Text(v)
	case []string:
		return errors.Join(each(v, Text)...)
	case []any:
		return errors.Join(each(v, func(e any) error { return texts(e, depth-1) })...)
	case map[string]any:
		for k, e := range v {
			if err := errors.Join(Text(k), texts(e, depth-1)); err != nil {
				return err
			}
		}
	case *wire.Object:
		for k, e := range v.All() {
			if err := errors.Join(Text(k), texts(e, depth-1)); err != nil {
				return err
			}
		}
	}
	return nil
}

func each[T any](list []T, check func(T) error) []error {
	for _, e := range list {
		if err := check(e); err != nil {
			return []error{err}
		}
	}
	return nil
}

// ParseJSON reads one JSON text into the form of JSON. The error does not
// quote the text.
func ParseJSON(text []byte) (any, error) {
	v, err := wire.Decode(text, limits)
	if err != nil && bytes.Contains(text, []byte(`\u0000`)) {
		return nil, db.ErrNUL
	}
	return v, err
}

// FormatJSON writes a canonical value of type JSON, string[] or number[] as
// JSON.stringify does.
func FormatJSON(v any) (string, error) {
	text, err := wire.Marshal(v)
	return string(text), err
}

// ParseArray reads the JSON text of a string[] or number[] field. The text
// "null" is NULL.
func ParseArray(typ db.Type, text []byte) (any, error) {
	v, err := ParseJSON(text)
	if err != nil || v == nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("expected a JSON array")
	}
	if typ == db.StringArray {
		return array[string](list)
	}
	return array[float64](list)
}

func array[T any](list []any) (any, error) {
	out := make([]T, len(list))
	for i, e := range list {
		v, ok := e.(T)
		if !ok {
			return nil, fmt.Errorf("expected an array of %T", v)
		}
		out[i] = v
	}
	return out, nil
}
