package config

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// expand replaces the variables in a text. It works on the parsed node, so that
// whatever a variable holds stays inside this one value.
func (d *decoder) expand(path string, n *yaml.Node) {
	text, variables, errs := expand(n.Value, d.src.Env)
	for _, err := range errs {
		if _, unset := errors.AsType[unsetError](err); unset && slices.Contains(d.src.Unused, topLevel(path)) {
			d.unset[topLevel(path)] = true
			continue
		}
		d.refuse(n, path, err.Error())
	}
	if variables {
		d.expanded[n] = true
	}
	n.Value = text
}

// topLevel is the first name of a path.
func topLevel(path string) string {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

// unsetError names a variable that is not set.
type unsetError string

func (name unsetError) Error() string {
	return "the environment variable " + string(name) + " is not set"
}

// expand replaces ${NAME} by the variable's value, and ${NAME:-text} by text
// when the variable is unset or empty. $${ stands for ${, and a dollar sign in
// front of anything else for itself. It tells whether there were variables. An
// error names a variable or nothing; one that is not set stays as it is.
func expand(s string, env func(string) (string, bool)) (text string, variables bool, errs []error) {
	var b strings.Builder
	for {
		at := strings.Index(s, "${")
		if at < 0 {
			b.WriteString(s)
			return b.String(), variables, errs
		}
		if at > 0 && s[at-1] == '$' {
			b.WriteString(s[:at-1] + "${")
			s = s[at+2:]
			continue
		}
		b.WriteString(s[:at])
		inside, rest, closed := strings.Cut(s[at+2:], "}")
		if !closed {
			return "", false, append(errs, errors.New("a ${ has no closing }; write $${ for the characters themselves"))
		}
		variables = true
		value, err := variable(inside, env)
		if err != nil {
			errs = append(errs, err)
		}
		b.WriteString(value)
		s = rest
	}
}

func variable(expr string, env func(string) (string, bool)) (string, error) {
	name, fallback, hasFallback := strings.Cut(expr, ":-")
	if !isVariable(name) {
		return "", errors.New("a ${…} holds no name of a variable; the forms are ${NAME} and ${NAME:-text}, and $${ for the characters themselves")
	}
	var value string
	var set bool
	if env != nil {
		value, set = env(name)
	}
	switch {
	case hasFallback && value == "":
		return fallback, nil
	case !set && !hasFallback:
		return "${" + name + "}", unsetError(name)
	}
	return value, nil
}

func isVariable(name string) bool {
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 100
}
