package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Dialect is PostgreSQL's way of what databases do differently.
type Dialect struct{}

var _ sqlbun.Dialect = Dialect{}

// Traits of PostgreSQL.
func (Dialect) Traits() sqlbun.Traits {
	return sqlbun.Traits{
		Name: "postgres", Returning: true, TransactionalDDL: true, InlineReferences: true,
		Isolation: sql.LevelReadCommitted, Snapshot: sql.LevelRepeatableRead,
		// Not the joined rows: it cannot lock the nullable side of a LEFT JOIN.
		ForUpdate: ` FOR UPDATE OF "t"`,
	}
}

// Bun quotes for PostgreSQL with standard_conforming_strings.
func (Dialect) Bun() schema.Dialect { return pgdialect.New() }

// bytewise makes an expression of text compare byte by byte. Equality needs it
// not: collations that are not deterministic are refused, see Inspect.
const bytewise = ` COLLATE "C"`

// isText tells whether the column's values have a collation.
func isText(c sqlbun.Column) bool { return c.Type == db.String && !c.Serial && !nativeUUID(c) }

// Compare uses an index of the column for equality, whatever its collation.
func (Dialect) Compare(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, sign string, literal any) {
	s.Put(column)
	if sign != "=" && isText(c) {
		s.Text(bytewise)
	}
	s.Text(" " + sign + " ").Value(operand(literal))
}

// In is PostgreSQL's own.
func (Dialect) In(s *sqlbun.SQL, _ sqlbun.Column, column sqlbun.Part, literals []any) {
	operands := make([]any, len(literals))
	for i, v := range literals {
		operands[i] = operand(v)
	}
	s.Put(column).Text(" IN (").Values(operands).Text(")")
}

// Equal is PostgreSQL's own: collations that are not deterministic are refused.
func (Dialect) Equal(s *sqlbun.SQL, first, second sqlbun.Operand) {
	s.Put(first.Name).Text(" = ").Put(second.Name)
}

// Exact is the column itself, for the same reason.
func (Dialect) Exact(s *sqlbun.SQL, _ sqlbun.Column, column sqlbun.Part) { s.Put(column) }

// Match compares substrings: LIKE has wildcards. The cast is for native UUIDs.
func (Dialect) Match(s *sqlbun.SQL, op db.Op, column sqlbun.Part, text string) {
	switch op {
	case db.StartsWith:
		s.Text("starts_with(").Put(column).Text("::text, ").Value(text).Text(")")
	case db.EndsWith:
		s.Text("right(").Put(column).Text("::text, ").Value(int64(utf8.RuneCountInString(text))).Text(") = ").Value(text)
	default:
		s.Text("strpos(").Put(column).Text("::text, ").Value(text).Text(") > 0")
	}
}

// Fold lowers in the C locale, which knows ASCII only.
func (Dialect) Fold(s *sqlbun.SQL, column sqlbun.Part) {
	s.Text("lower(").Put(column).Text("::text" + bytewise + ")")
}

// Order puts NULL lowest, which PostgreSQL has highest.
func (Dialect) Order(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, desc bool) {
	s.Put(column)
	if isText(c) {
		s.Text(bytewise)
	}
	if desc {
		s.Text(" DESC NULLS LAST")
		return
	}
	s.Text(" NULLS FIRST")
}

// Lock takes an advisory lock by 64 bits of the name's hash. The schema is no
// part of it: one table can be reached through several search paths. It waits up
// to 30 seconds, and so does from then on what else the transaction has to wait
// for: a migration for the tables that it changes.
func (Dialect) Lock(ctx context.Context, conn bun.IDB, name string) error {
	sum := sha256.Sum256([]byte("gatehouse\x00" + name))
	key := int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // any 64 bits do
	// A row of the first part comes before the second one runs.
	const query = "WITH patience AS MATERIALIZED (SELECT pg_catalog.set_config('lock_timeout', '30s', true)) " +
		"SELECT pg_catalog.pg_advisory_xact_lock(?) FROM patience"
	_, err := conn.ExecContext(ctx, query, key)
	return err
}

// nameLength is how many bytes of a name the server keeps.
const nameLength = 63

// SameName compares names as the server keeps them: with their case, cut after
// 63 bytes.
func (Dialect) SameName(a, b string) bool { return cut(a) == cut(b) }

func cut(name string) string {
	if len(name) <= nameLength {
		return name
	}
	n := nameLength
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
