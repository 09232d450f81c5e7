package wire

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Member is one of a JSON object, as it is written.
type Member struct {
	Name  string // decoded
	Text  []byte // the name with its quotes
	Value []byte // JSON without white space around it
}

// Members takes a JSON object apart without decoding what is in it, in the order
// of the text; a name that is repeated is there several times. ok is false for
// anything but one object in valid UTF-8. The slices are parts of data.
func Members(data []byte) (list []Member, ok bool) {
	// What follows relies on it: it only has to find where things begin and end.
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, false
	}
	at := skipSpace(data, 0)
	if data[at] != '{' {
		return nil, false
	}
	list = make([]Member, 0, 8)
	for at = skipSpace(data, at+1); data[at] != '}'; at = skipSpace(data, at) {
		if data[at] == ',' {
			at = skipSpace(data, at+1)
		}
		var m Member
		end := endOfString(data, at)
		m.Text, at = data[at:end], skipSpace(data, end)
		if m.Name, ok = nameOf(m.Text); !ok {
			return nil, false
		}
		at = skipSpace(data, at+1) // the colon
		end = endOfValue(data, at)
		m.Value, at = data[at:end], end
		list = append(list, m)
	}
	return list, true
}

func skipSpace(data []byte, at int) int {
	for data[at] == ' ' || data[at] == '\t' || data[at] == '\n' || data[at] == '\r' {
		at++
	}
	return at
}

// endOfString returns the position behind the string that begins at a position.
func endOfString(data []byte, at int) int {
	for at++; data[at] != '"'; at++ {
		if data[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// endOfValue does so for any value inside an object.
func endOfValue(data []byte, at int) int {
	for depth := 0; ; at++ {
		switch data[at] {
		case '"':
			at = endOfString(data, at) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			depth--
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return at
			}
		}
	}
}

func nameOf(text []byte) (string, bool) {
	if slices.Contains(text, '\\') {
		var name string
		err := json.Unmarshal(text, &name)
		return name, err == nil
	}
	return string(text[1 : len(text)-1]), true
}
