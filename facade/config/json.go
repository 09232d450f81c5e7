package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// fromJSON rewrites the two escapes of JSON that the reader of YAML does not
// know: \/ and a character as two surrogates. Lines stay where they are. Text
// that is not JSON is returned as it is.
func fromJSON(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\`)) || !json.Valid(data) {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		if data[i] != '\\' {
			out = append(out, data[i])
			i++
			continue
		}
		// In valid JSON an escape has the length that its second byte says.
		switch r := surrogates(data[i:]); {
		case r != utf8.RuneError:
			out = fmt.Appendf(out, `\U%08X`, r)
			i += 12
		case data[i+1] == '/':
			out = append(out, '/')
			i += 2
		default:
			out = append(out, data[i], data[i+1])
			i += 2
		}
	}
	return out
}

// surrogates returns the character of a pair like \ud83d\ude00, or utf8.RuneError.
func surrogates(b []byte) rune {
	if len(b) < 12 || b[1] != 'u' || b[6] != '\\' || b[7] != 'u' {
		return utf8.RuneError
	}
	high, err1 := strconv.ParseUint(string(b[2:6]), 16, 16)
	low, err2 := strconv.ParseUint(string(b[8:12]), 16, 16)
	if err1 != nil || err2 != nil {
		return utf8.RuneError
	}
	return utf16.DecodeRune(rune(high), rune(low))
}
