package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

var _ sqlbun.Preparer = Dialect{}

// epoch is that of a timestamptz, 2000-01-01, in seconds since 1970.
const epoch = 946_684_800

// prepared is how many statements a connection keeps. Look-ups have some dozens of
// texts in all.
const prepared = 128

// Lookup has pgx keep the statement.
func (Dialect) Lookup(ctx context.Context, conn any, query string, args []any, each func(raw []any)) error {
	own, ok := conn.(*stdlib.Conn)
	if !ok {
		return driver.ErrSkip
	}
	c := own.Conn()
	if c.IsClosed() {
		return driver.ErrBadConn
	}
	rows, err := c.Query(ctx, query, append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
	if err != nil {
		return unsent(err)
	}
	defer rows.Close()
	types, fields := c.TypeMap(), rows.FieldDescriptions()
	raw := make([]any, len(fields))
	for rows.Next() {
		for i, src := range rows.RawValues() {
			if raw[i], err = driverValue(types, fields[i], src); err != nil {
				return err
			}
		}
		each(raw)
	}
	return unsent(rows.Err())
}

func unsent(err error) error {
	if err != nil && pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	return err
}

// driverValue is what pgx's stdlib makes of a value. Types that pgx does not know
// come as text.
func driverValue(types *pgtype.Map, field pgconn.FieldDescription, src []byte) (any, error) {
	if src == nil {
		return nil, nil //nolint:nilnil // NULL
	}
	if field.DataTypeOID == pgtype.TimestamptzOID && field.Format == pgx.BinaryFormatCode && len(src) == 8 {
		// Dates are a third of what is read, and pgtype makes five things of each.
		since := int64(binary.BigEndian.Uint64(src))          //nolint:gosec // its two's complement
		if since != math.MaxInt64 && since != math.MinInt64 { // infinity and -infinity
			return time.Unix(epoch+since/1e6, since%1e6*1e3).UTC(), nil
		}
	}
	if t, ok := types.TypeForOID(field.DataTypeOID); ok {
		return t.Codec.DecodeDatabaseSQLValue(types, field.DataTypeOID, field.Format, src)
	}
	return string(src), nil
}

// CannotPrepare knows what PgBouncer says in transaction mode, unless it tracks
// statements: that one is not there, or is there already.
func (Dialect) CannotPrepare(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case "26000", "42P05", "08P01":
		return true
	}
	return false
}
