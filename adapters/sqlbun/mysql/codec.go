package mysql

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Encode writes what upstream's Kysely adapter writes: booleans as 0 and 1,
// JSON and lists as JSON text. Dates stay what they are: bun writes them in UTC.
func (Dialect) Encode(c sqlbun.Column, v any) (any, error) {
	switch c.Type {
	case db.JSON, db.StringArray, db.NumberArray:
		return value.FormatJSON(v)
	}
	if b, ok := v.(bool); ok {
		if b {
			return int64(1), nil
		}
		return int64(0), nil
	}
	return v, nil
}

// Decode reads a stored value by the field's type. The driver gives text for
// all but numbers; a pool of the application's may have it parse dates.
func (Dialect) Decode(c sqlbun.Column, raw any) (any, error) {
	switch c.Type {
	case db.Number:
		return whole(raw)
	case db.Boolean:
		return boolean(raw)
	case db.Date:
		return date(raw)
	}
	s, ok := raw.(string)
	switch {
	case !ok:
		return nil, fmt.Errorf("the database holds a %T, want JSON", raw)
	case !json.Valid([]byte(s)):
		return nil, nil //nolint:nilnil // null, as upstream
	case c.Type == db.JSON:
		return value.ParseJSON([]byte(s))
	}
	return value.ParseArray(c.Type, []byte(s))
}

// whole reads integers as they are and fractions as floats; decimals come as text.
func whole(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case float32:
		if n, ok := value.ParseNumber(strconv.FormatFloat(float64(v), 'g', -1, 32)); ok {
			return n, nil
		}
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

// boolean takes 1 for true and every other number for false, as upstream.
func boolean(raw any) (any, error) {
	switch v := raw.(type) {
	case int64:
		return v == 1, nil
	case string: // of a prepared statement
		return v == "1", nil
	}
	return nil, fmt.Errorf("the database holds a %T, want 0 or 1", raw)
}

func date(raw any) (any, error) {
	switch v := raw.(type) {
	case time.Time:
		return db.Millis(v), nil
	case string:
		for _, layout := range []string{"2006-01-02 15:04:05.999999999", time.DateOnly} {
			if t, err := time.Parse(layout, v); err == nil {
				return db.Millis(t), nil
			}
		}
		return nil, errors.New("the database holds text that is no date")
	}
	return nil, fmt.Errorf("the database holds a %T, want a date", raw)
}
