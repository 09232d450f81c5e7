package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/schema"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Dialect is MySQL's and MariaDB's way of what databases do differently.
type Dialect struct{}

var _ sqlbun.Dialect = Dialect{}

// Traits are what MySQL 8 and MariaDB have in common.
func (Dialect) Traits() sqlbun.Traits {
	return sqlbun.Traits{
		Name:               "mysql",
		ExpressionDefaults: true,
		Isolation:          sql.LevelReadCommitted,
		Snapshot:           sql.LevelRepeatableRead,
		ForUpdate:          " FOR UPDATE",
		Unlock:             "DO RELEASE_ALL_LOCKS()",
	}
}

// quoting is bun's dialect without its question for the server's version, which
// no context bounds and no answer here depends on.
type quoting struct{ *mysqldialect.Dialect }

func (quoting) Init(*sql.DB) {}

// Bun quotes for MySQL.
func (Dialect) Bun() schema.Dialect {
	return quoting{mysqldialect.New(mysqldialect.WithTimeLocation("UTC"))}
}

// isText tells whether a collation decides how the column compares.
func isText(c sqlbun.Column) bool { return !c.Serial && (c.Key || c.Type == db.String) }

// octets writes the bytes of a text column. Binary strings compare byte by
// byte, and unlike under any collation that MySQL and MariaDB share, spaces at
// the end count. CONVERT is for columns that are not utf8mb4.
func octets(s *sqlbun.SQL, column sqlbun.Part) *sqlbun.SQL {
	return s.Text("CAST(CONVERT(").Put(column).Text(" USING utf8mb4) AS BINARY)")
}

func octetsOf(s *sqlbun.SQL, literal any) { s.Text("CAST(").Value(literal).Text(" AS BINARY)") }

func moment(s *sqlbun.SQL, literal any) { s.Text("CAST(").Value(literal).Text(" AS DATETIME(3))") }

func list(s *sqlbun.SQL, literals []any, write func(*sqlbun.SQL, any)) {
	for i, literal := range literals {
		if i > 0 {
			s.Text(", ")
		}
		write(s, literal)
	}
}

// Compare writes equality of text twice: by the collation, which says too
// often that texts are equal but for which there is an index, and by the bytes.
func (Dialect) Compare(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, sign string, literal any) {
	switch {
	case isText(c) && sign == "=":
		s.Text("(").Put(column).Text(" = ").Value(literal).Text(" AND ")
		octetsOf(octets(s, column).Text(" = "), literal)
		s.Text(")")
	case isText(c):
		octetsOf(octets(s, column).Text(" "+sign+" "), literal)
	case beyond(literal):
		moment(s.Text("CAST(").Put(column).Text(" AS DATETIME(3)) "+sign+" "), literal)
	default:
		s.Put(column).Text(" " + sign + " ").Value(literal)
	}
}

// In is Compare with several literals.
func (Dialect) In(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, literals []any) {
	far := false
	for _, literal := range literals {
		far = far || beyond(literal)
	}
	switch {
	case isText(c):
		s.Text("(").Put(column).Text(" IN (").Values(literals).Text(") AND ")
		list(octets(s, column).Text(" IN ("), literals, octetsOf)
		s.Text("))")
	case far:
		list(s.Text("CAST(").Put(column).Text(" AS DATETIME(3)) IN ("), literals, moment)
		s.Text(")")
	default:
		s.Put(column).Text(" IN (").Values(literals).Text(")")
	}
}

// beyond tells whether a literal is a date that no timestamp can be, and that
// the server would not compare with one as it is.
func beyond(literal any) bool {
	t, ok := literal.(time.Time)
	return ok && (t.Unix() < 1 || t.Unix() > 1<<31-1)
}

// Match compares bytes: LIKE has wildcards and goes by the collation.
func (Dialect) Match(s *sqlbun.SQL, op db.Op, column sqlbun.Part, text string) {
	n := int64(len(text))
	switch op {
	case db.StartsWith:
		octetsOf(octets(s.Text("LEFT("), column).Text(", ").Value(n).Text(") = "), text)
	case db.EndsWith:
		octetsOf(octets(s.Text("RIGHT("), column).Text(", ").Value(n).Text(") = "), text)
	default:
		octetsOf(s.Text("LOCATE("), text)
		octets(s.Text(", "), column).Text(") > 0")
	}
}

// Fold replaces letter by letter: LOWER knows more than ASCII, and bytes not at all.
func (Dialect) Fold(s *sqlbun.SQL, column sqlbun.Part) {
	const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	octets(s.Text(strings.Repeat("REPLACE(", len(upper))), column)
	for _, letter := range upper {
		s.Text(", '" + string(letter) + "', '" + strings.ToLower(string(letter)) + "')")
	}
}

// Order goes by the bytes of text, of which the server looks at the first
// max_sort_length. NULL is lowest by itself.
func (Dialect) Order(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, desc bool) {
	if isText(c) {
		octets(s, column)
	} else {
		s.Put(column)
	}
	if desc {
		s.Text(" DESC")
	}
}

// errLockWait is GET_LOCK's answer that another session still holds the lock.
var errLockWait = errors.New("the lock is held by another session")

// Lock waits up to a minute. Names of locks are the server's: the database's
// name goes into them, and a hash bounds them to the 64 characters that fit.
func (Dialect) Lock(ctx context.Context, conn bun.IDB, name string) error {
	const query = "SELECT GET_LOCK(CONCAT('gatehouse:', LEFT(SHA2(CONCAT(DATABASE(), '/', ?), 256), 48)), 60)"
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, query, name).Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return errLockWait
	}
	return nil
}

// SameName ignores case, as MySQL does for columns and indexes.
func (Dialect) SameName(a, b string) bool { return strings.EqualFold(a, b) }
