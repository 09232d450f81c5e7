// Package value gives the one form in which a field's value crosses the
// Adapter boundary. Every adapter checks what it is given with it, so that all
// of them accept and refuse the same things.
//
// No error of this package carries a value: it may be a secret.
package value

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Of returns v in its canonical form, which is what rows carry: string, bool,
// int64 or float64 with a fraction, time.Time in UTC milliseconds, []string,
// []float64, JSON (see JSON), or nil. Only an id that the database numbers (see
// IsSerial) is an int64 here and decimal text in a row. Slices and JSON are
// copies. A NULL in a field that is not nullable passes: only a write refuses it.
func Of(t *db.Table, name string, v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // NULL is a value here
	}
	typ, numeric, err := shape(t, name)
	if err != nil {
		return nil, err
	}
	var out any
	if numeric {
		out, err = serial(v)
	} else {
		out, err = ofType(typ, v)
	}
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", t.Model, name, err)
	}
	return out, nil
}

// IsSerial tells whether the database stores the field as an integer although
// rows carry it as decimal text: the id of a table with IDSerial, and what
// refers to an id there.
func IsSerial(t *db.Table, name string) bool {
	if t.IDs != db.IDSerial {
		return false
	}
	if name == db.ID {
		return true
	}
	f := t.Field(name)
	return f != nil && f.References != nil && f.References.Field == db.ID
}

func shape(t *db.Table, name string) (typ db.Type, numeric bool, err error) {
	if name == db.ID {
		return db.String, IsSerial(t, name), nil
	}
	f := t.Field(name)
	if f == nil {
		return "", false, fmt.Errorf("table %q has no field %q", t.Model, name)
	}
	return f.Type, IsSerial(t, name), nil
}

func ofType(typ db.Type, v any) (any, error) {
	switch typ {
	case db.String:
		if s, ok := v.(string); ok {
			return s, Text(s)
		}
	case db.Number:
		if n, ok := number(v); ok {
			return n, nil
		}
	case db.Boolean:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case db.Date:
		if d, ok := v.(time.Time); ok {
			return date(d)
		}
	case db.JSON:
		return JSON(v)
	case db.StringArray:
		return stringArray(v)
	case db.NumberArray:
		return numberArray(v)
	}
	return nil, fmt.Errorf("expected %s, got %T", typ, v)
}

// Text refuses with ErrNUL what no database stores unchanged.
func Text(s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return db.ErrNUL
	}
	return nil
}

// date bounds the year to what an ISO string of constant width holds, so that
// stored text sorts as time does.
func date(d time.Time) (any, error) {
	d = db.Millis(d)
	if y := d.Year(); y < 0 || y > 9999 {
		return nil, errors.New("the year of a date must lie between 0 and 9999")
	}
	return d, nil
}

// serial accepts the decimal text of a positive 64-bit integer in the only
// spelling that the database gives back.
func serial(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("expected a decimal id, got %T", v)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != s {
		return nil, errors.New("expected a decimal id")
	}
	return n, nil
}

// number folds Go's numeric types into int64, or float64 where a fraction or
// the size demands it. NaN and infinities are refused.
func number(v any) (any, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case uint32:
		return int64(n), true
	case db.Increment:
		return nil, false
	case float32:
		return Float(float64(n))
	case float64:
		return Float(n)
	}
	return nil, false
}

// Float gives an int64 for a whole number that fits one, else the float64.
// It reports false for NaN and infinities.
func Float(n float64) (any, bool) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, false
	}
	if n == math.Trunc(n) && n >= math.MinInt64 && n < math.MaxInt64 {
		return int64(n), true
	}
	return n, true
}

// ParseNumber reads the decimal text of a number, as Float gives it. It reports
// false for anything else.
func ParseNumber(text string) (any, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, false
	}
	return Float(f)
}

func stringArray(v any) (any, error) {
	list, ok := v.([]string)
	if !ok {
		return nil, fmt.Errorf("expected %s, got %T", db.StringArray, v)
	}
	for _, s := range list {
		if err := Text(s); err != nil {
			return nil, err
		}
	}
	return append([]string{}, list...), nil
}

func numberArray(v any) (any, error) {
	list, ok := v.([]float64)
	if !ok {
		return nil, fmt.Errorf("expected %s, got %T", db.NumberArray, v)
	}
	for _, n := range list {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, errors.New("expected finite numbers")
		}
	}
	return append([]float64{}, list...), nil
}

// Copy returns a canonical value (see Of) that shares nothing with v.
func Copy(v any) any {
	switch v := v.(type) {
	case []string:
		return slices.Clone(v)
	case []float64:
		return slices.Clone(v)
	case *wire.Object:
		return v.Clone()
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Copy(e)
		}
		return out
	}
	return v
}
