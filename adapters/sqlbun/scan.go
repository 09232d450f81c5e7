package sqlbun

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Scan runs a query for a Dialect and calls each with every row's own Scan.
func Scan(ctx context.Context, conn bun.IDB, query string, args []any, each func(scan func(...any) error) error) (err error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scanned reads what the driver scanned of one column. One of text or ids may
// hold numbers, which are read as their digits.
func (a *Adapter) scanned(c Column, raw any) (any, error) {
	if b, ok := raw.([]byte); ok {
		raw = string(b)
	}
	if !c.Key && c.Type != db.String {
		return a.dialect.Decode(c, raw)
	}
	switch v := raw.(type) {
	case string:
		return raw, nil // as it is: v would be another copy on the heap
	case int64:
		return strconv.FormatInt(v, 10), nil
	}
	return nil, fmt.Errorf("the database holds a %T, want text", raw)
}
