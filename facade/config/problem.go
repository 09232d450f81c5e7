package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a configuration. It never holds a
// value, only names.
type Problem struct {
	File string // as given to Load; empty from Parse
	Line int    // from 1; 0 for what stands in no line
	Path string // such as "session.cookieCache.maxAge"; empty for the whole file
	Text string // what is wrong and what to do about it
}

// Error is "FILE:LINE: PATH: TEXT", without the parts that are empty.
func (p *Problem) Error() string {
	var b strings.Builder
	switch {
	case p.File != "" && p.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	case p.File != "":
		b.WriteString(p.File + ": ")
	case p.Line > 0:
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// join returns the problems in the order of the file, those without a line last.
func (d *decoder) join(file string) error {
	slices.SortStableFunc(d.problems, func(a, b *Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Compare(a.Line, b.Line)
	})
	errs := make([]error, len(d.problems))
	for i, p := range d.problems {
		if p.Line > 0 {
			p.File = file
		}
		errs[i] = p
	}
	return errors.Join(errs...)
}

// below is the path of a member. Names that could break a log line or be
// mistaken for another path are quoted.
func below(path, name string) string {
	if !isPlain(name) {
		const most = 60
		if len(name) > most {
			name = strings.ToValidUTF8(name[:most], "") + "…"
		}
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func isPlain(name string) bool {
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_-/*:@", rune(c)) {
			return false
		}
	}
	return name != "" && len(name) <= 100
}
