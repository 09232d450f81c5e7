package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Encode writes what upstream's Kysely adapter writes: dates as
// Date.toISOString, booleans as 0 and 1, JSON and lists as JSON text.
func (Dialect) Encode(c sqlbun.Column, v any) (any, error) {
	switch c.Type {
	case db.JSON, db.StringArray, db.NumberArray:
		return value.FormatJSON(v)
	}
	switch v := v.(type) {
	case time.Time:
		return v.Format(value.ISO), nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	}
	return v, nil
}

// Decode reads a stored value by the field's type; SQLite lets any column hold
// any type, and other programs may have written it.
func (Dialect) Decode(c sqlbun.Column, raw any) (any, error) {
	switch c.Type {
	case db.Number:
		return number(raw)
	case db.Boolean:
		return boolean(raw)
	case db.Date:
		return date(raw)
	case db.JSON:
		return document(raw)
	default:
		return list(c.Type, raw)
	}
}

func number(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case float64:
		if n, ok := value.Float(v); ok {
			return n, nil
		}
	}
	return nil, fmt.Errorf("the database holds a %T, want a number", raw)
}

// boolean takes 1 for true and every other number for false, as upstream.
func boolean(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return v == 1, nil
	case bool: // the driver's, of a column declared BOOLEAN
		return v, nil
	}
	return nil, fmt.Errorf("the database holds a %T, want 0 or 1", raw)
}

// date reads an ISO string, which the driver has parsed already when the
// column is declared DATE and it could, or milliseconds since 1970, which
// other adapters of upstream write.
func date(raw any) (any, error) {
	switch v := raw.(type) {
	case time.Time:
		return db.Millis(v), nil
	case int64:
		return time.UnixMilli(v).UTC(), nil
	case float64:
		if n, ok := value.Float(v); ok {
			if ms, ok := n.(int64); ok {
				return time.UnixMilli(ms).UTC(), nil
			}
		}
	case string:
		for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
			if t, err := time.Parse(layout, v); err == nil {
				return db.Millis(t), nil
			}
		}
		return nil, errors.New("the database holds text that is no date")
	}
	return nil, fmt.Errorf("the database holds a %T, want a date", raw)
}

// document reads JSON text. Upstream stores a string as it is, without quotes,
// and a number as a number; what it cannot parse it reads as null, and so do we.
func document(raw any) (any, error) {
	s, ok := raw.(string)
	if !ok {
		return value.JSON(raw)
	}
	if !json.Valid([]byte(s)) {
		return nil, nil //nolint:nilnil // null
	}
	return value.ParseJSON([]byte(s))
}

func list(typ db.Type, raw any) (any, error) {
	s, ok := raw.(string)
	if !ok {
		return nil, fmt.Errorf("the database holds a %T, want a JSON array", raw)
	}
	if !json.Valid([]byte(s)) {
		return nil, nil //nolint:nilnil // null, as upstream
	}
	return value.ParseArray(typ, []byte(s))
}
