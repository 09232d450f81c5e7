package postgres

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

// Codes of what is no answer of the server's.
const (
	noServer   = "no server answers"
	cutOff     = "the connection was lost"
	rolledBack = "the transaction had failed and was rolled back"
	noAnswer   = "no answer from the driver"
)

// Fault reads the SQLSTATE, and of the rest only which column a unique index is
// over.
func (Dialect) Fault(err error) sqlbun.Fault {
	var answer *pgconn.PgError
	var connect *pgconn.ConnectError
	var schema schemaError
	switch {
	case errors.As(err, &answer):
		f := sqlbun.Fault{Kind: kind(answer.Code), Code: answer.Code}
		if errors.As(err, &connect) {
			f.Kind = sqlbun.Unavailable
		}
		if f.Kind == sqlbun.Unique {
			f.Column, f.Index = uniqueColumn(answer.Detail), answer.ConstraintName
		}
		return f
	case tlsFailure(err) != "":
		return sqlbun.Fault{Code: tlsFailure(err) + "; see sslmode, sslrootcert, sslcert and sslkey in the DSN"}
	case errors.As(err, &connect):
		return sqlbun.Fault{Kind: sqlbun.Unavailable, Code: noServer}
	case errors.As(err, &schema):
		return sqlbun.Fault{Code: schema.Error()}
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return sqlbun.Fault{Code: rolledBack}
	case sqlbun.Away(err), pgconn.Timeout(err), pgconn.SafeToRetry(err):
		return sqlbun.Fault{Kind: sqlbun.Unavailable, Code: cutOff}
	}
	return sqlbun.Fault{Code: noAnswer}
}

// tlsFailure adds to sqlbun.TLSFailure the one that pgx has no type for: no TLS
// where sslmode leaves nothing else to try.
func tlsFailure(err error) string {
	e, ok := errors.AsType[*pgconn.ConnectError](err)
	if ok && e.Config != nil && insists(e.Config) && strings.Contains(e.Error(), "server refused TLS connection") {
		return sqlbun.NoTLS
	}
	return sqlbun.TLSFailure(err)
}

func insists(config *pgconn.Config) bool {
	return config.TLSConfig != nil &&
		!slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil })
}

// kind sorts the codes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
func kind(code string) sqlbun.Kind {
	switch code {
	case "23505": // unique_violation
		return sqlbun.Unique
	case "23503", "23001": // foreign_key_violation, restrict_violation
		return sqlbun.Reference
	case "23502": // not_null_violation
		return sqlbun.Required
	case "22003", "22001", "22P02", "22P05", "22021", "22008", "22007":
		// numeric_value_out_of_range, string_data_right_truncation,
		// invalid_text_representation, untranslatable_character,
		// character_not_in_repertoire, datetime_field_overflow,
		// invalid_datetime_format
		return sqlbun.Range
	case "42P01", "42703", "3F000": // undefined_table, undefined_column, invalid_schema_name
		return sqlbun.Schema
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return sqlbun.Retry
	case "25006", "25P03", "25P04", "55P03", "57014", "58030":
		// read_only_sql_transaction, idle_in_transaction_session_timeout,
		// transaction_timeout, lock_not_available, query_canceled (by
		// statement_timeout: the context's own end is told before), io_error
		return sqlbun.Unavailable
	}
	for _, class := range []string{
		"08",   // connection exceptions
		"53",   // insufficient resources: disk full, too many connections
		"57P0", // shutdown, crash, not yet started
	} {
		if strings.HasPrefix(code, class) {
			return sqlbun.Unavailable
		}
	}
	return sqlbun.Other
}

// uniqueColumn reads the list of columns from a detail such as
//
//	Key (email)=(ann@example.com) already exists.
//
// whose middle is the same in every language of the server. Several columns, or
// an index over an expression, give none.
func uniqueColumn(detail string) string {
	_, list, ok := strings.Cut(detail, "(")
	if !ok {
		return ""
	}
	if quoted, ok := strings.CutPrefix(list, `"`); ok {
		return quotedName(quoted)
	}
	name, _, ok := strings.Cut(list, ")=(")
	if !ok || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_$") != "" {
		return ""
	}
	return name
}

// quotedName reads up to the closing quote, which )=( must follow.
func quotedName(s string) string {
	var name strings.Builder
	for {
		part, rest, ok := strings.Cut(s, `"`)
		if !ok {
			return ""
		}
		name.WriteString(part)
		if s, ok = strings.CutPrefix(rest, `"`); !ok {
			if !strings.HasPrefix(rest, ")=(") {
				return ""
			}
			return name.String()
		}
		name.WriteByte('"')
	}
}
