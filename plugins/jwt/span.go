package jwt

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var spanPattern = regexp.MustCompile(`^([+-])? ?(\d+|\d+\.\d+) ?` +
	`(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|mo|years?|yrs?|y)(?: (ago|from now))?$`)

var errSpan = errors.New(`expected a time span such as "15m", "2 hours" or "7 days"`)

// parseSpan reads a time span as upstream writes it into whole seconds, which are
// negative for one that is over.
func parseSpan(text string) (int64, error) {
	m := spanPattern.FindStringSubmatch(strings.ToLower(text))
	if m == nil || m[1] != "" && m[4] != "" {
		return 0, errSpan
	}
	n, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		return 0, errSpan
	}
	seconds := math.Floor(n*secondsOf(m[3]) + 0.5) // as Math.round
	if seconds > maxNumericDate {
		return 0, errSpan
	}
	if m[1] == "-" || m[4] == "ago" {
		seconds = -seconds
	}
	return int64(seconds), nil
}

// maxNumericDate bounds times and spans, in seconds: upstream's numbers are exact up
// to there.
const maxNumericDate = 1 << 53

func secondsOf(unit string) float64 {
	const day = 24 * 60 * 60
	switch {
	case strings.HasPrefix(unit, "mo"):
		return 30 * day
	case unit[0] == 's':
		return 1
	case unit[0] == 'm':
		return 60
	case unit[0] == 'h':
		return 60 * 60
	case unit[0] == 'd':
		return day
	case unit[0] == 'w':
		return 7 * day
	}
	return 365.25 * day
}
