package replay

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var variable = regexp.MustCompile(`\$\{(?:(\w+)\()?([\w-]+)\)?\}`)

// interpolate puts saved values in the place of ${name} and ${function(name)}.
func (p *player) interpolate(s string) (string, error) {
	var failed error
	out := variable.ReplaceAllStringFunc(s, func(text string) string {
		m := variable.FindStringSubmatch(text)
		if m[1] == "letters" {
			n, err := strconv.Atoi(m[2])
			if failed = err; err != nil {
				return ""
			}
			return strings.Repeat("abcdefghij", n/10+1)[:n]
		}
		v, ok := p.saved[m[2]]
		if !ok {
			failed = fmt.Errorf("%s: no step has saved %s", text, m[2])
			return ""
		}
		var err error
		if m[1] == "totp" {
			v, err = totp(v, p.clock.Now())
		} else {
			v, err = changed(m[1], v)
		}
		if err != nil {
			failed = fmt.Errorf("%s: %w", text, err)
		}
		return v
	})
	return out, failed
}

// changed applies a function of the scenario files.
func changed(function, s string) (string, error) {
	switch function {
	case "":
		return s, nil
	case "flip": // one letter becomes another one, in the middle
		at, letter := len(s)/2, "A"
		if s[at] == 'A' {
			letter = "B"
		}
		return s[:at] + letter + s[at+1:], nil
	case "truncate":
		return s[:max(0, len(s)-4)], nil
	case "decode":
		return url.PathUnescape(s)
	case "encode":
		return url.QueryEscape(s), nil
	case "unsigned":
		s, err := url.PathUnescape(s)
		if i := strings.LastIndexByte(s, '.'); i >= 0 {
			s = s[:i]
		}
		return s, err
	case "upper":
		return strings.ToUpper(s), nil
	}
	return "", fmt.Errorf("there is no function %s", function)
}
