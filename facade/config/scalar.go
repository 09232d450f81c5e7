package config

import (
	"errors"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// scalar decodes text, a boolean, a number or a duration. Where a field has no
// way to hold a zero apart from its default, a zero is refused: it would say
// something else than it does.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, optional bool) error {
	switch wanted(v.Type()) {
	case wantText:
		v.SetString(n.Value)
		return nil
	case wantBool:
		b, ok := parseBool(n.Value)
		if !ok {
			return errors.New("expected true or false")
		}
		v.SetBool(b)
		return nil
	}
	var number int64
	var err error
	if v.Type() == durationType {
		var length time.Duration
		length, err = parseDuration(n.Value, isNumber(n) || d.expanded[n])
		number = int64(length)
	} else {
		number, err = parseNumber(n.Value)
	}
	switch {
	case err != nil:
		return err
	case number < 0:
		return errors.New("must not be negative")
	case number == 0 && !optional:
		return errors.New("must be more than 0; leave the key out for the default")
	case v.OverflowInt(number):
		return errTooLarge
	}
	v.SetInt(number)
	return nil
}

var errTooLarge = errors.New("is too large")

// parseBool takes what YAML 1.2 takes.
func parseBool(s string) (value, ok bool) {
	switch s {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	decimal     = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	wholeDays   = regexp.MustCompile(`^(0|[1-9][0-9]*)d$`)
)

// parseNumber takes decimal digits only: what 010 or 1_000 means depends on the
// version of YAML.
func parseNumber(s string) (int64, error) {
	if !wholeNumber.MatchString(s) {
		return 0, errors.New("expected a whole number in decimal digits")
	}
	number, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errTooLarge
	}
	return number, nil
}

// parseDuration takes seconds, where numeric allows them, a duration in Go's
// notation, and whole days as "7d".
func parseDuration(s string, numeric bool) (time.Duration, error) {
	switch {
	case numeric && decimal.MatchString(s):
		seconds, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
			return 0, errTooLarge
		}
		if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
			return time.Duration(whole) * time.Second, nil
		}
		return time.Duration(math.Round(seconds * float64(time.Second))), nil
	case wholeDays.MatchString(s):
		const day = 24 * time.Hour
		days, err := strconv.ParseInt(strings.TrimSuffix(s, "d"), 10, 64)
		if err != nil || days > int64(math.MaxInt64/day) {
			return 0, errTooLarge
		}
		return time.Duration(days) * day, nil
	}
	length, err := time.ParseDuration(s)
	if err != nil {
		return 0, errors.New("expected " + wantDuration) // err repeats the value
	}
	return length, nil
}
