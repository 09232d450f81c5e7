package sqlbun

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"
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

// Text is what a row carries of a scanned text or id: a number as its digits.
func Text(raw any) (any, error) {
	switch v := raw.(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	}
	return nil, fmt.Errorf("the database holds a %T, want text", raw)
}
