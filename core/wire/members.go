package wire

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Member is one of a JSON object, as it is written.
type Member struct {
	Name  string // decoded
	Text  string // the name with its quotes
	Value string // JSON without white space around it
}

// Members takes a JSON object apart without decoding what is in it, and appends its
// members to list in the order of the text; a name that is repeated is there
// several times. ok is false for anything but one object in valid UTF-8, nested at
// most 256 deep. The members are parts of text, which nothing is copied from.
func Members(list []Member, text string) (_ []Member, ok bool) {
	s := skim(text)
	at := s.space(0)
	if !utf8.ValidString(text) || !s.has(at, '{') {
		return nil, false
	}
	end, ok := s.object(at, 0, func(name, value string) bool {
		decoded, ok := Text(name)
		list = append(list, Member{decoded, name, value})
		return ok
	})
	return list, ok && s.space(end) == len(text)
}

// skim is a JSON text that is checked and not decoded. Its methods return the
// position behind the thing of that name that begins at a position, and whether
// one does.
type skim string

func (s skim) value(at, depth int) (end int, ok bool) {
	if at >= len(s) || depth > maxEncodeDepth {
		return 0, false
	}
	switch c := s[at]; {
	case c == '"':
		return s.string(at)
	case c == '{':
		return s.object(at, depth, nil)
	case c == '[':
		return s.array(at, depth)
	case c == '-' || isDigit(c):
		return s.number(at)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(string(s[at:]), word) {
			return at + len(word), true
		}
	}
	return 0, false
}

// object hands each member to take, unless that is nil, until it returns false.
func (s skim) object(at, depth int, take func(name, value string) bool) (end int, ok bool) {
	if at = s.space(at + 1); s.has(at, '}') {
		return at + 1, true
	}
	for {
		if !s.has(at, '"') {
			return 0, false
		}
		nameEnd, ok := s.string(at)
		if !ok {
			return 0, false
		}
		colon := s.space(nameEnd)
		if !s.has(colon, ':') {
			return 0, false
		}
		start := s.space(colon + 1)
		if end, ok = s.value(start, depth+1); !ok {
			return 0, false
		}
		if take != nil && !take(string(s[at:nameEnd]), string(s[start:end])) {
			return 0, false
		}
		var more bool
		if at, more, ok = s.next(end, '}'); !ok || !more {
			return at, ok
		}
	}
}

func (s skim) array(at, depth int) (end int, ok bool) {
	if at = s.space(at + 1); s.has(at, ']') {
		return at + 1, true
	}
	for {
		if end, ok = s.value(at, depth+1); !ok {
			return 0, false
		}
		var more bool
		if at, more, ok = s.next(end, ']'); !ok || !more {
			return at, ok
		}
	}
}

// next steps over a comma, to what more there is, or over the closing bracket.
func (s skim) next(at int, closing byte) (end int, more, ok bool) {
	at = s.space(at)
	switch {
	case s.has(at, ','):
		return s.space(at + 1), true, true
	case s.has(at, closing):
		return at + 1, false, true
	}
	return 0, false, false
}

func (s skim) string(at int) (end int, ok bool) {
	for at++; at < len(s); at++ {
		switch c := s[at]; {
		case c == '"':
			return at + 1, true
		case c < ' ':
			return 0, false
		case c == '\\':
			at++
			switch {
			case at >= len(s):
				return 0, false
			case s[at] == 'u':
				if at+4 >= len(s) || !isHex(s[at+1]) || !isHex(s[at+2]) || !isHex(s[at+3]) || !isHex(s[at+4]) {
					return 0, false
				}
				at += 4
			case strings.IndexByte(`"\/bfnrt`, s[at]) < 0:
				return 0, false
			}
		}
	}
	return 0, false
}

func (s skim) number(at int) (end int, ok bool) {
	if s[at] == '-' {
		at++
	}
	whole := s.digits(at)
	if whole == at || s[at] == '0' && whole > at+1 {
		return 0, false
	}
	if at = whole; s.has(at, '.') {
		if end = s.digits(at + 1); end == at+1 {
			return 0, false
		}
		at = end
	}
	if s.has(at, 'e') || s.has(at, 'E') {
		at++
		if s.has(at, '+') || s.has(at, '-') {
			at++
		}
		if end = s.digits(at); end == at {
			return 0, false
		}
		at = end
	}
	return at, true
}

func (s skim) digits(at int) int {
	for at < len(s) && isDigit(s[at]) {
		at++
	}
	return at
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func (s skim) has(at int, c byte) bool { return at < len(s) && s[at] == c }

func (s skim) space(at int) int {
	for at < len(s) && (s[at] == ' ' || s[at] == '\t' || s[at] == '\n' || s[at] == '\r') {
		at++
	}
	return at
}

// Text decodes the Text or the Value of a Member. ok is false for anything but a
// string.
func Text(part string) (text string, ok bool) {
	if part == "" || part[0] != '"' {
		return "", false
	}
	if strings.IndexByte(part, '\\') < 0 {
		return part[1 : len(part)-1], true
	}
	var decoded string // not text, which would always be on the heap then
	err := json.Unmarshal([]byte(part), &decoded)
	return decoded, err == nil
}
