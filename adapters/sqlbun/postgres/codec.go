package postgres

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun/schema"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// nativeUUID tells whether the column is of the type uuid.
func nativeUUID(c sqlbun.Column) bool { return c.Key && c.Table.IDs == db.IDUUID }

// Encode writes what upstream's Kysely adapter stores: dates as timestamptz,
// JSON and lists as jsonb.
func (Dialect) Encode(c sqlbun.Column, v any) (any, error) {
	switch c.Type {
	case db.JSON, db.StringArray, db.NumberArray:
		return value.FormatJSON(v)
	}
	switch v := v.(type) {
	case string:
		if nativeUUID(c) && !canonicalUUID(v) {
			return nil, sqlbun.ErrNeverHeld
		}
	case float64:
		return fraction(v), nil
	case time.Time:
		return timestamp(v), nil
	}
	return v, nil
}

// canonicalUUID tells whether s is a UUID as the server gives it back. Other
// spellings name no row, as in a database that keeps ids as text: what compares
// an id with a row's would take them for somebody else's.
func canonicalUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c < '0' || c > '9' && c < 'a' || c > 'f':
			return false
		}
	}
	return true
}

// timestamp has the year 0 as the server does, which calls it 1 BC.
func timestamp(v time.Time) string {
	const layout = "2006-01-02 15:04:05.000-07:00"
	if v.Year() == 0 {
		// Leap years both.
		return "0001" + v.Format(layout)[4:] + " BC"
	}
	return v.Format(layout)
}

// fraction is a number that an integer column cannot hold. What is written to a
// column is quoted: a bare 2.5 would be rounded in silence, a quoted one is an
// error there and the same number to other columns.
type fraction float64

var _ schema.QueryAppender = fraction(0)

// AppendQuery implements schema.QueryAppender.
func (f fraction) AppendQuery(_ schema.QueryGen, b []byte) ([]byte, error) {
	b = append(b, '\'')
	b = strconv.AppendFloat(b, float64(f), 'f', -1, 64)
	return append(b, '\''), nil
}

// operand is a literal to compare with: there a fraction is a number.
func operand(literal any) any {
	if f, ok := literal.(fraction); ok {
		return float64(f)
	}
	return literal
}

// Decode reads a stored value by the field's type, from any of the column types
// that Accepts lets pass.
func (Dialect) Decode(c sqlbun.Column, raw any) (any, error) {
	switch c.Type {
	case db.Number:
		return number(raw)
	case db.Boolean:
		if b, ok := raw.(bool); ok {
			return b, nil
		}
	case db.Date:
		// Text is infinity, which no date of ours is.
		if t, ok := raw.(time.Time); ok {
			if date := db.Millis(t); date != t {
				return date, nil
			}
			return raw, nil // spares a copy on the heap
		}
	case db.JSON:
		if s, ok := raw.(string); ok {
			return value.ParseJSON([]byte(s))
		}
	default:
		if s, ok := raw.(string); ok {
			return value.ParseArray(c.Type, []byte(s))
		}
	}
	return nil, fmt.Errorf("the database holds a %T, want a %s", raw, c.Type)
}

// number reads integers, floats, and numeric, which the driver gives as text.
func number(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case float64:
		if n, ok := value.Float(v); ok {
			return n, nil
		}
	case string:
		if n, ok := value.ParseNumber(v); ok {
			return n, nil
		}
	}
	return nil, errors.New("the database holds no number")
}
