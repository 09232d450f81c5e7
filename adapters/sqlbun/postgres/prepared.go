package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

var _ sqlbun.Preparer = Dialect{}

// prepared is how many statements a connection keeps. Look-ups have some dozens of
// texts in all.
const prepared = 128

// Prepared asks pgx to keep the statement.
func (Dialect) Prepared(args []any) []any {
	return append([]any{pgx.QueryExecModeCacheStatement}, args...)
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
