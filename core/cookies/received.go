package cookies

import (
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/percent"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// maxReceived bounds the cookies kept of one request. Browsers send at most
// about 180 for a domain.
const maxReceived = 512

// Received are the cookies of one request, in the order they came. The zero
// value holds none.
type Received struct {
	list   []received
	places map[string]int // in list, by name, once there are more than few
}

// few cookies are found faster without a map.
const few = 16

type received struct{ name, value string }

// FromRequest reads the cookies of r; several Cookie lines, which HTTP/2
// allows, count as one.
func FromRequest(r *http.Request) Received {
	return Parse(strings.Join(r.Header["Cookie"], "; "))
}

// Parse reads the value of a Cookie header as upstream does. Of a repeated
// name the first counts. A value in quotes loses them. A value is
// percent-decoded, and kept as it is when that fails: upstream therefore
// accepts values that were never encoded, and so does this. What follows the
// 512th name is ignored.
func Parse(header string) Received {
	var r Received
	for index := 0; index < len(header); {
		eq := strings.IndexByte(header[index:], '=')
		if eq < 0 {
			break
		}
		eq += index
		if semicolon := strings.LastIndexByte(header[index:eq], ';'); semicolon >= 0 {
			index += semicolon + 1 // pieces without an equals sign are skipped
			continue
		}
		end := strings.IndexByte(header[eq:], ';')
		if end < 0 {
			end = len(header)
		} else {
			end += eq
		}
		if !r.add(trim(header[index:eq]), header[eq+1:end]) {
			break
		}
		index = end + 1
	}
	return r
}

func (r *Received) add(name, value string) bool {
	if r.index(name) >= 0 {
		return true
	}
	if len(r.list) == maxReceived {
		return false
	}
	value = trim(value)
	if strings.HasPrefix(value, `"`) {
		// Upstream drops the last character too, whatever it is.
		value = value[1:max(1, len(value)-1)]
	}
	if r.list == nil {
		r.list = make([]received, 0, 4)
	}
	r.list = append(r.list, received{name, decodeURIComponent(value)})
	if r.places != nil {
		r.places[name] = len(r.list) - 1
	} else if len(r.list) > few {
		r.places = map[string]int{}
		for i, c := range r.list {
			r.places[c.name] = i
		}
	}
	return true
}

func (r Received) index(name string) int {
	if r.places == nil {
		return slices.IndexFunc(r.list, func(c received) bool { return c.name == name })
	}
	if i, ok := r.places[name]; ok {
		return i
	}
	return -1
}

// Get returns the value of the cookie with exactly this name, and whether it
// was sent and is not empty: upstream takes an empty cookie for none.
//
// Ask for the full name of a [Spec]. Where cookies are secure that name starts
// with __Secure-, and one without the prefix, which a sibling domain or a
// plain HTTP page could have set, is never looked at.
func (r Received) Get(name string) (value string, ok bool) {
	if i := r.index(name); i >= 0 {
		value = r.list[i].value
	}
	return value, value != ""
}

// Signed returns the value of a cookie that keys signed, and whether it was
// sent and its signature is right.
func (r Received) Signed(name string, keys *secret.Keys) (value string, ok bool) {
	signed, ok := r.Get(name)
	if !ok {
		return "", false
	}
	return keys.Verify(signed)
}

// With returns the cookies and one more, at the end: of a repeated name the first
// counts. The value is as it is, not encoded.
func (r Received) With(name, value string) Received {
	if r.index(name) >= 0 {
		return r
	}
	places := maps.Clone(r.places)
	if places != nil {
		places[name] = len(r.list)
	}
	return Received{append(slices.Clip(r.list), received{name, value}), places}
}

// All yields names and values in the order they came.
func (r Received) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, c := range r.list {
			if !yield(c.name, c.value) {
				return
			}
		}
	}
}

func trim(s string) string {
	if s == "" || s[0] > ' ' && s[len(s)-1] > ' ' {
		return s // as mostly
	}
	return strings.Trim(s, " \t\r\n\v\f")
}

// decodeURIComponent is JavaScript's function of that name, giving s itself
// where that throws: on a broken escape, or escapes that are not UTF-8.
func decodeURIComponent(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if escape := strings.IndexByte(s[i:], '%'); escape != 0 {
			if escape < 0 {
				escape = len(s) - i
			}
			out = append(out, s[i:i+escape]...)
			i += escape
			continue
		}
		start := len(out)
		for i < len(s) && s[i] == '%' {
			c, ok := percent.Byte(s[i:])
			if !ok {
				return s
			}
			out = append(out, c)
			i += 3
		}
		if !utf8.Valid(out[start:]) {
			return s
		}
	}
	return string(out)
}
