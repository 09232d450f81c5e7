package wire

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Limits bounds what [Decode] accepts. A zero field means its default.
type Limits struct {
	Depth int // nested arrays and objects; default 64
	Keys  int // members of all objects of the document together, duplicates counted; default 1000
}

const (
	defaultDepth = 64
	defaultKeys  = 1000
)

// SyntaxError says why a document was refused. It never contains any of the
// document's content, so that it can be logged and shown.
type SyntaxError struct {
	Offset  int    // in bytes, where the reader stood
	Problem string // a fixed phrase in lower case, such as "too many keys"
}

// Error returns the problem and its place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("JSON refused at byte %d: %s", e.Offset, e.Problem)
}

// Decode reads one JSON document: any value, with white space around it and
// nothing else.
//
// It accepts a subset of RFC 8259 and gives it the values that JSON.parse
// gives: numbers become float64 (2^53+1 loses its last digit, -0 stays
// negative), of duplicate keys the last value wins in the place of the first,
// keys are case-sensitive, and an escape of half a surrogate pair becomes
// U+FFFD.
//
// It refuses more than JSON.parse does: invalid UTF-8, NUL in a string or a
// key (no database takes it), numbers beyond the range of a float64 (JSON.parse
// makes them Infinity), a byte order mark, and whatever exceeds lim. The size
// of data is for the caller to bound.
//
// The error is a *[SyntaxError].
func Decode(data []byte, lim Limits) (any, error) {
	if lim.Depth <= 0 {
		lim.Depth = defaultDepth
	}
	if lim.Keys <= 0 {
		lim.Keys = defaultKeys
	}
	r := reader{data: data, depth: lim.Depth, keys: lim.Keys}
	r.space()
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.at < len(r.data) {
		return nil, r.refuse("something follows the value")
	}
	return v, nil
}

// reader is a recursive-descent reader; its recursion is bounded by depth.
type reader struct {
	data  []byte
	at    int
	depth int // levels left
	keys  int // members left
}

func (r *reader) refuse(problem string) error {
	return &SyntaxError{Offset: r.at, Problem: problem}
}

func (r *reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end: NUL starts no JSON token.
func (r *reader) peek() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

func (r *reader) value() (any, error) {
	if r.at >= len(r.data) {
		return nil, r.refuse("the document ends where a value should be")
	}
	switch c := r.data[r.at]; {
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '"':
		return r.string()
	case c == '-' || isDigit(c):
		return r.number()
	case r.word("true"):
		return true, nil
	case r.word("false"):
		return false, nil
	case r.word("null"):
		return nil, nil
	}
	return nil, r.refuse("no value starts here")
}

func (r *reader) word(w string) bool {
	if len(r.data)-r.at < len(w) || string(r.data[r.at:r.at+len(w)]) != w {
		return false
	}
	r.at += len(w)
	return true
}

func (r *reader) object() (any, error) {
	if r.depth == 0 {
		return nil, r.refuse("nested too deep")
	}
	r.depth--
	defer func() { r.depth++ }()

	o := NewObject()
	r.at++
	r.space()
	if r.peek() == '}' {
		r.at++
		return o, nil
	}
	for {
		if r.peek() != '"' {
			return nil, r.refuse("a key should be here")
		}
		if r.keys == 0 {
			return nil, r.refuse("too many keys")
		}
		r.keys--
		key, err := r.string()
		if err != nil {
			return nil, err
		}
		r.space()
		if r.peek() != ':' {
			return nil, r.refuse("a colon should be here")
		}
		r.at++
		r.space()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
		done, err := r.next('}')
		if err != nil {
			return nil, err
		}
		if done {
			return o, nil
		}
	}
}

func (r *reader) array() (any, error) {
	if r.depth == 0 {
		return nil, r.refuse("nested too deep")
	}
	r.depth--
	defer func() { r.depth++ }()

	a := []any{}
	r.at++
	r.space()
	if r.peek() == ']' {
		r.at++
		return a, nil
	}
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		a = append(a, v)
		done, err := r.next(']')
		if err != nil {
			return nil, err
		}
		if done {
			return a, nil
		}
	}
}

// next steps over a comma (false) or the closing bracket (true).
func (r *reader) next(closing byte) (bool, error) {
	r.space()
	switch r.peek() {
	case closing:
		r.at++
		return true, nil
	case ',':
		r.at++
		r.space()
		return false, nil
	}
	return false, r.refuse("a comma or a closing bracket should be here")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (r *reader) number() (any, error) {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	switch c := r.peek(); {
	case c == '0':
		r.at++
	case isDigit(c):
		r.digits()
	default:
		return nil, r.refuse("a digit should be here")
	}
	if r.peek() == '.' {
		r.at++
		if !r.digits() {
			return nil, r.refuse("a digit should be here")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		if !r.digits() {
			return nil, r.refuse("a digit should be here")
		}
	}
	f, err := strconv.ParseFloat(string(r.data[start:r.at]), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		r.at = start
		return nil, r.refuse("the number is out of range")
	}
	return f, nil
}

func (r *reader) digits() bool {
	start := r.at
	for isDigit(r.peek()) {
		r.at++
	}
	return r.at > start
}

// string reads a string or a key; the reader stands on the opening quote.
func (r *reader) string() (string, error) {
	r.at++
	start := r.at
	for r.at < len(r.data) {
		c := r.data[r.at]
		switch {
		case c == '"':
			s := string(r.data[start:r.at])
			r.at++
			return s, nil
		case c == '\\':
			return r.escaped(start)
		default:
			if err := r.character(c); err != nil {
				return "", err
			}
		}
	}
	return "", r.refuse("the document ends inside a string")
}

// escaped goes on where string met the first backslash.
func (r *reader) escaped(start int) (string, error) {
	buf := append(make([]byte, 0, r.at-start+32), r.data[start:r.at]...)
	for r.at < len(r.data) {
		c := r.data[r.at]
		switch {
		case c == '"':
			r.at++
			return string(buf), nil
		case c == '\\':
			e, err := r.escape()
			if err != nil {
				return "", err
			}
			buf = utf8.AppendRune(buf, e)
		default:
			from := r.at
			if err := r.character(c); err != nil {
				return "", err
			}
			buf = append(buf, r.data[from:r.at]...)
		}
	}
	return "", r.refuse("the document ends inside a string")
}

// character steps over one unescaped character of a string.
func (r *reader) character(c byte) error {
	switch {
	case c == 0:
		return r.refuse("NUL is not allowed")
	case c < 0x20:
		return r.refuse("a control character must be escaped")
	case c < utf8.RuneSelf:
		r.at++
		return nil
	}
	e, size := utf8.DecodeRune(r.data[r.at:])
	if e == utf8.RuneError && size <= 1 {
		return r.refuse("invalid UTF-8")
	}
	r.at += size
	return nil
}

// escape reads one escape sequence, or the two of a surrogate pair.
func (r *reader) escape() (rune, error) {
	start := r.at
	r.at++
	c := r.peek()
	r.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		first, ok := r.hex4()
		switch {
		case !ok:
			r.at = start
			return 0, r.refuse("an escape needs four hexadecimal digits")
		case first == 0:
			r.at = start
			return 0, r.refuse("NUL is not allowed")
		case first < 0xd800 || first > 0xdfff:
			return first, nil
		case first >= 0xdc00:
			return utf8.RuneError, nil
		}
		return r.lowSurrogate(first), nil
	}
	r.at = start
	return 0, r.refuse("unknown escape")
}

// lowSurrogate completes a pair. When what follows is not its second half, the
// reader stays before it and the first half alone becomes U+FFFD.
func (r *reader) lowSurrogate(first rune) rune {
	at := r.at
	if r.word(`\u`) {
		if second, ok := r.hex4(); ok && second >= 0xdc00 && second <= 0xdfff {
			return (first-0xd800)<<10 + (second - 0xdc00) + 0x10000
		}
	}
	r.at = at
	return utf8.RuneError
}

func (r *reader) hex4() (rune, bool) {
	if len(r.data)-r.at < 4 {
		return 0, false
	}
	var v rune
	for _, c := range r.data[r.at : r.at+4] {
		switch {
		case isDigit(c):
			v = v<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			v = v<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	r.at += 4
	return v, true
}
