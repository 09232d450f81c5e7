package db

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// Coerce turns a value that came as JSON or form text into the Go value of the
// field's type. null stays nil for the caller to judge. The error names the
// expected type and never the value.
func Coerce(f *Field, v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // null is a value here
	}
	switch f.Type {
	case String:
		if s, ok := v.(string); ok {
			return s, nil
		}
	case Boolean:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case Number:
		return coerceNumber(v)
	case Date:
		return coerceDate(v)
	case StringArray:
		return coerceArray[string](v, "string")
	case NumberArray:
		return coerceArray[float64](v, "number")
	case JSON:
		return v, nil
	}
	return nil, errors.New("expected " + string(f.Type))
}

func coerceNumber(v any) (any, error) {
	switch n := v.(type) {
	case int64:
		return n, nil
	case int:
		return int64(n), nil
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			return int64(n), nil
		}
		if !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n, nil
		}
	case string:
		if i, err := strconv.ParseInt(n, 10, 64); err == nil {
			return i, nil
		}
	}
	return nil, errors.New("expected number")
}

func coerceDate(v any) (any, error) {
	switch d := v.(type) {
	case time.Time:
		return Millis(d), nil
	case string:
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if t, err := time.Parse(layout, d); err == nil {
				return Millis(t), nil
			}
		}
	}
	return nil, errors.New("expected date")
}

func coerceArray[T any](v any, item string) (any, error) {
	if typed, ok := v.([]T); ok {
		return typed, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("expected array of " + item)
	}
	out := make([]T, len(list))
	for i, e := range list {
		if out[i], ok = e.(T); !ok {
			return nil, errors.New("expected array of " + item)
		}
	}
	return out, nil
}
