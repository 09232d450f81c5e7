package input

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// rule is one check, in the order in which the tag gives them.
type rule struct {
	name  string // email, min, max, length, gt, lt, int
	bound float64
	text  string // the bound as JavaScript prints it
}

// takeRules reads a check tag into s.
func (s *shape) takeRules(check string) error {
	for text := range strings.SplitSeq(check, ",") {
		if text == "" {
			if check != "" {
				return fmt.Errorf("check %q: an empty rule", check)
			}
			break
		}
		if err := s.takeRule(text); err != nil {
			return fmt.Errorf("check %q: %w", check, err)
		}
	}
	isInt := func(r rule) bool { return r.name == "int" }
	if s.kind == kindNumber && s.typ.Kind() != reflect.Float64 && !slices.ContainsFunc(s.rules, isInt) {
		s.rules = slices.Insert(s.rules, 0, rule{name: "int"})
	}
	if s.kind == kindEnum && (len(s.rules) > 0 || s.coerce) {
		return fmt.Errorf("check %q: enum stands alone", check)
	}
	return nil
}

func (s *shape) takeRule(text string) error {
	name, value, hasValue := strings.Cut(text, "=")
	sized := s.kind == kindString || s.kind == kindArray
	switch name {
	case "email":
		return s.addRule(rule{name: name}, s.kind == kindString && !hasValue)
	case "int":
		return s.addRule(rule{name: name}, s.kind == kindNumber && !hasValue)
	case "min", "max", "length", "gt", "lt":
		fits := s.kind == kindNumber && name != "length"
		if sized {
			fits = name == "min" || name == "max" || name == "length"
		}
		bound, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsInf(bound, 0) || math.IsNaN(bound) || (sized && (bound < 0 || bound != math.Trunc(bound))) {
			return fmt.Errorf("%q needs a number", name)
		}
		return s.addRule(rule{name: name, bound: bound, text: numberText(bound)}, fits)
	case "coerce":
		if s.coerce || hasValue || (s.kind != kindBoolean && s.kind != kindString) {
			return fmt.Errorf("coerce is for a bool or a string, once")
		}
		s.coerce = true
		return nil
	case "enum":
		s.values = strings.Split(value, "|")
		if s.kind != kindString || slices.Contains(s.values, "") || hasDuplicates(s.values) {
			return fmt.Errorf("enum is for a string and lists its values: enum=a|b")
		}
		s.kind = kindEnum
		return nil
	case "type":
		s.alternatives = strings.Split(value, "|")
		alone := s.kind == kindString && value == "string" && len(s.rules) == 0 && !s.coerce
		if !alone && (s.kind != kindAny || hasDuplicates(s.alternatives)) {
			return fmt.Errorf("type is for a field of type any, or stands alone as type=string on a string")
		}
		s.kind = kindUnion
		for _, a := range s.alternatives {
			if !slices.Contains([]string{"string", "number", "boolean", "object"}, strings.TrimSuffix(a, "[]")) {
				return fmt.Errorf("unknown type %q", a)
			}
		}
		return nil
	}
	return fmt.Errorf("unknown rule %q", name)
}

func (s *shape) addRule(r rule, fits bool) error {
	if !fits {
		return fmt.Errorf("%q does not fit %s", r.name, s.typ)
	}
	s.rules = append(s.rules, r)
	return nil
}

func hasDuplicates(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) < len(list)
}

// run applies the rules to v, whose issues so far start at from. What still
// runs after a failure follows upstream: rules on length look at anything that
// has a length, even of the wrong type; the others give up.
func (s *shape) run(r *report, at *path, v any, from int) {
	for _, rule := range s.rules {
		w := r.worst(from)
		if s.kind == kindString || s.kind == kindArray {
			if rule.name != "email" {
				if w < stopHere {
					rule.size(r, at, v)
				}
				continue
			}
		}
		if w > goOn {
			continue
		}
		if rule.name == "email" {
			if text, ok := v.(string); ok && !isEmail(text) {
				r.add(at, goOn, "Invalid email address")
			}
			continue
		}
		if n, ok := v.(float64); ok {
			rule.number(r, at, n)
		}
	}
}

func (rule rule) number(r *report, at *path, n float64) {
	switch {
	case rule.name == "int" && n != math.Trunc(n):
		r.add(at, stopHere, "Invalid input: expected int, received number")
	case rule.name == "int" && n > maxSafeInteger:
		r.add(at, goOn, "Too big: expected int to be <=9007199254740991")
	case rule.name == "int" && n < -maxSafeInteger:
		r.add(at, goOn, "Too small: expected int to be >=-9007199254740991")
	case rule.name == "min" && !(n >= rule.bound):
		r.add(at, goOn, "Too small: expected number to be >="+rule.text)
	case rule.name == "max" && !(n <= rule.bound):
		r.add(at, goOn, "Too big: expected number to be <="+rule.text)
	case rule.name == "gt" && !(n > rule.bound):
		r.add(at, goOn, "Too small: expected number to be >"+rule.text)
	case rule.name == "lt" && !(n < rule.bound):
		r.add(at, goOn, "Too big: expected number to be <"+rule.text)
	}
}

const maxSafeInteger = 1<<53 - 1

func (rule rule) size(r *report, at *path, v any) {
	n, exact, origin, ok := lengthOf(v)
	if !ok {
		return
	}
	var relation string
	switch {
	case rule.name == "min" && !(n >= rule.bound):
		relation = ">="
	case rule.name == "max" && !(n <= rule.bound):
		relation = "<="
	case rule.name == "length" && (!exact || n != rule.bound):
		relation = "exactly "
	default:
		return
	}
	words := "Too small"
	if rule.name == "max" || (rule.name == "length" && n > rule.bound) {
		words = "Too big"
	}
	words += ": expected " + origin
	switch origin {
	case "string":
		r.add(at, goOn, words+" to have "+relation+rule.text+" characters")
	case "array":
		r.add(at, goOn, words+" to have "+relation+rule.text+" items")
	default:
		r.add(at, goOn, words+" to be "+relation+rule.text)
	}
}
