package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Deeper values are taken for cycles. Decoded documents stay far below.
const maxEncodeDepth = 256

// Marshal returns v as the JSON text that JSON.stringify gives for the same
// value. See [Append].
func Marshal(v any) ([]byte, error) {
	b, err := appendValue(make([]byte, 0, 768), v, 0)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Appender is what a value implements that writes itself. It goes before
// json.Marshaler, and its text goes out unchecked: it is for types of our own. A
// struct that embeds one is none, whatever methods it has.
type Appender interface {
	// AppendJSON appends the JSON text of the value to dst and returns the longer
	// slice.
	AppendJSON(dst []byte) ([]byte, error)
}

// AppenderOf returns [Append] for values of one type that reflection finds.
func AppenderOf(t reflect.Type) func(dst []byte, v reflect.Value) ([]byte, error) {
	encode := encoderOf(t)
	return func(dst []byte, v reflect.Value) ([]byte, error) { return encode(dst, v, 0) }
}

// AppendKey appends the name of a member and the colon.
func AppendKey(dst []byte, name string) []byte { return append(appendString(dst, name), ':') }

// Append appends the JSON text of v to dst and returns the longer slice. On an
// error dst comes back with an unfinished tail that must not be sent.
//
// The bytes are those of JSON.stringify: nothing is escaped for HTML, U+2028
// and U+2029 stay as they are, numbers are printed as JavaScript prints them
// (1e+21, 1e-7, 0 for -0, null for NaN and the infinities), and a [time.Time]
// is an ISO string in UTC with exactly three decimals, later digits cut off;
// beyond the range of a JavaScript Date it is null. An int64 or uint64 beyond
// 2^53 keeps all of its digits, which JavaScript could not have written.
//
// Structs follow their json tags as in encoding/json (names, "-", omitempty,
// omitzero, embedding) in the order of declaration; the string option is
// refused. The members of an *[Object] tagged ",rest" stand in the place of the
// field, without those that the struct declares itself. Maps have string or
// integer keys and come out in JavaScript's order: array indices ascending,
// then the rest sorted by bytes. Nil pointers, interfaces, maps and slices are
// null: give an empty slice for []. [json.RawMessage] goes out verbatim,
// [json.Marshaler] and [encoding.TextMarshaler] are honoured. Invalid UTF-8 in
// a string becomes U+FFFD.
//
// Bytes ([]byte and arrays of bytes), channels, functions, complex numbers and
// values nested deeper than 256 levels are errors. Errors name types, never
// values.
func Append(dst []byte, v any) ([]byte, error) { return appendValue(dst, v, 0) }

// appendValue handles by type what responses are mostly made of, and the rest
// by reflection.
func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendString(dst, v), nil
	case bool:
		return appendBool(dst, v), nil
	case float64:
		return appendFloat(dst, v, 64), nil
	case int:
		return appendInt(dst, int64(v)), nil
	case int64:
		return appendInt(dst, v), nil
	case time.Time:
		return appendTime(dst, v), nil
	case *Object:
		return appendObject(dst, v, depth)
	case []any:
		return appendArray(dst, v, depth)
	case json.RawMessage:
		return appendRaw(dst, v)
	}
	rv := reflect.ValueOf(v)
	return encoderOf(rv.Type())(dst, rv, depth)
}

func appendObject(dst []byte, o *Object, depth int) ([]byte, error) {
	if o == nil {
		return append(dst, "null"...), nil
	}
	if depth >= maxEncodeDepth {
		return dst, errTooDeep()
	}
	dst = append(dst, '{')
	first := true
	var err error
	for key, v := range o.All() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, key), ':')
		if dst, err = appendValue(dst, v, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendArray(dst []byte, a []any, depth int) ([]byte, error) {
	if a == nil {
		return append(dst, "null"...), nil
	}
	if depth >= maxEncodeDepth {
		return dst, errTooDeep()
	}
	dst = append(dst, '[')
	var err error
	for i, v := range a {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, v, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendRaw(dst []byte, raw json.RawMessage) ([]byte, error) {
	switch {
	case len(raw) == 0:
		return append(dst, "null"...), nil
	case !json.Valid(raw):
		return dst, fmt.Errorf("wire: a json.RawMessage or MarshalJSON holds invalid JSON")
	}
	return append(dst, raw...), nil
}

func errTooDeep() error {
	return fmt.Errorf("wire: the value is cyclic or nested deeper than %d levels", maxEncodeDepth)
}
