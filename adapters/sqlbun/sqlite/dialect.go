package sqlite

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Dialect is SQLite's way of what databases do differently.
type Dialect struct{}

var _ sqlbun.Dialect = Dialect{}

// Traits of SQLite: a transaction is alone in writing from its start, so that
// nothing needs a lock of its own.
func (Dialect) Traits() sqlbun.Traits {
	return sqlbun.Traits{Name: "sqlite", Returning: true, TransactionalDDL: true, InlineReferences: true}
}

// Bun quotes for SQLite.
func (Dialect) Bun() schema.Dialect { return sqlitedialect.New() }

// Match compares substrings: LIKE has wildcards and ignores case.
func (Dialect) Match(s *sqlbun.SQL, op db.Op, column sqlbun.Part, text string) {
	n := int64(utf8.RuneCountInString(text))
	switch op {
	case db.StartsWith:
		s.Text("substr(").Put(column).Text(", 1, ").Value(n).Text(") = ").Value(text)
	case db.EndsWith:
		s.Text("substr(").Put(column).Text(", ").Value(-n).Text(") = ").Value(text)
	default:
		s.Text("instr(").Put(column).Text(", ").Value(text).Text(") > 0")
	}
}

// Fold uses lower, which knows ASCII only.
func (Dialect) Fold(s *sqlbun.SQL, column sqlbun.Part) { s.Text("lower(").Put(column).Text(")") }

// Lock does nothing: a transaction is alone in writing from its start.
func (Dialect) Lock(context.Context, bun.IDB, string) error { return nil }

// SameName ignores ASCII case, as SQLite does for names.
func (Dialect) SameName(a, b string) bool { return strings.EqualFold(a, b) }

// Fault reads the extended result code, and of the message only the column
// that a unique index names.
func (Dialect) Fault(err error) sqlbun.Fault {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		f := sqlbun.Fault{Code: "no answer from the driver"}
		if sqlbun.Away(err) {
			f.Kind = sqlbun.Unavailable
		}
		return f
	}
	f := sqlbun.Fault{Code: codeName(e.Code())}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		f.Kind, f.Column = sqlbun.Unique, uniqueColumn(e.Error())
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		f.Kind = sqlbun.Reference
	case lib.SQLITE_CONSTRAINT_TRIGGER:
		// ON DELETE RESTRICT is a trigger inside.
		if strings.Contains(e.Error(), "FOREIGN KEY constraint failed") {
			f.Kind = sqlbun.Reference
		}
	case lib.SQLITE_CONSTRAINT_NOTNULL:
		f.Kind = sqlbun.Required
	case lib.SQLITE_BUSY_SNAPSHOT:
		f.Kind = sqlbun.Retry
	case lib.SQLITE_ERROR:
		for _, lacks := range []string{"no such table: ", "no such column: ", "has no column named "} {
			if strings.Contains(e.Error(), lacks) {
				f.Kind = sqlbun.Schema
			}
		}
	default:
		switch e.Code() & 0xff { // the primary code
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN:
			f.Kind = sqlbun.Unavailable
		}
	}
	return f
}

// uniqueColumn finds the column in "constraint failed: UNIQUE constraint
// failed: user.email (2067)". Several columns, or an index over an expression,
// give none.
func uniqueColumn(message string) string {
	_, list, ok := strings.Cut(message, "UNIQUE constraint failed: ")
	if !ok || strings.Contains(list, ", ") {
		return ""
	}
	if i := strings.LastIndex(list, " ("); i >= 0 {
		list = list[:i]
	}
	_, col, _ := strings.Cut(list, ".")
	return col
}
