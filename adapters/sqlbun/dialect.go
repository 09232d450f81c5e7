package sqlbun

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Dialect is what differs between databases. Implementations hold no state.
type Dialect interface {
	Traits() Traits
	// Bun quotes names and literals. Each call gives a new one.
	Bun() schema.Dialect

	// Encode turns a canonical value that is not nil (see value.Of) into what
	// bun writes as a literal. A value that the column can never hold, such as
	// free text for a native UUID, is ErrNeverHeld: no row matches it.
	Encode(c Column, v any) (any, error)
	// Decode turns what the driver scanned into the value that rows carry. It gets
	// no nil, text as a string, and no column of text or ids: those are read alike
	// everywhere.
	Decode(c Column, raw any) (any, error)

	// Compare writes a comparison with a literal: sign is =, <, <=, > or >=. Text
	// is compared byte by byte, whatever the column's collation.
	Compare(s *SQL, c Column, column Part, sign string, literal any)
	// In writes the condition that a column equals one of the literals, of which
	// there is at least one.
	In(s *SQL, c Column, column Part, literals []any)
	// Equal writes the condition that two columns are equal, text byte by byte,
	// whatever their collations. An index of the first one serves it.
	Equal(s *SQL, first, second Operand)
	// Exact writes a column as that by which PARTITION BY tells texts apart byte
	// by byte.
	Exact(s *SQL, c Column, column Part)
	// Match writes a condition that is true when the text of a column contains,
	// starts with or ends with text, byte by byte.
	Match(s *SQL, op db.Op, column Part, text string)
	// Fold writes the column's text with ASCII letters in lower case.
	Fold(s *SQL, column Part)
	// Order writes one term of ORDER BY: text byte by byte, NULL lowest.
	Order(s *SQL, c Column, column Part, desc bool)

	// Lock takes an advisory lock on conn, which lasts until the transaction of
	// conn ends or, where Traits.Unlock says so, until that statement has run.
	Lock(ctx context.Context, conn bun.IDB, name string) error
	// Fault says what a driver's error means, by Away where it is no answer of the
	// database's. It copies no value out of it.
	Fault(err error) Fault

	// Inspect reads a table as it is; nil if there is none.
	Inspect(ctx context.Context, conn bun.IDB, t *db.Table) (*LiveTable, error)
	// SameName tells whether the database takes two names for one.
	SameName(a, b string) bool
	// IDType is the declaration of the primary key, after its name.
	IDType(c Column) string
	// Type is the declared type of a column.
	Type(c Column) string
	// Default is the expression that new rows get in a column where a statement
	// names none, or empty.
	Default(c Column) string
	// Accepts tells whether a live column of the type can hold the field.
	Accepts(c Column, live string) bool
}

// Operand is a column of a statement: which one it is, and its name there.
type Operand struct {
	Column Column
	Name   Part
}

// Collator is a Dialect where text columns have collations that must agree
// between a reference and what it refers to.
type Collator interface {
	// Collate is written after the type of a new column. referred is the live
	// column that it refers to, nil if there is none.
	Collate(c Column, referred *LiveColumn) string
}

// Traits are the fixed facts of a database.
type Traits struct {
	// Name is "postgres", "mysql" or "sqlite".
	Name string
	// Returning: INSERT, UPDATE and DELETE can return the rows that they wrote.
	// Without it they are read first, locked, in the same transaction.
	Returning bool
	// TransactionalDDL: a transaction takes back tables, columns and indexes.
	TransactionalDDL bool
	// InlineReferences: REFERENCES may stand in a column's declaration.
	InlineReferences bool
	// ExpressionDefaults: the default of a column is an expression in
	// parentheses, without which text could have none.
	ExpressionDefaults bool
	// Isolation is that of transactions which write, Snapshot that of several
	// reads which must see one state.
	Isolation, Snapshot sql.IsolationLevel
	// ForUpdate is the clause that locks the rows of a query, or empty. In a
	// Select the queried table has the alias t.
	ForUpdate string
	// Unlock gives back what Lock took, after the transaction and on the same
	// connection; empty where locks end with the transaction.
	Unlock string
}

// ErrNeverHeld is Dialect.Encode's answer for a value that no row can hold.
var ErrNeverHeld = errors.New("the column cannot hold this value")

// Column is a field of a table, or its id, as a Dialect needs to know it.
type Column struct {
	Table *db.Table
	Field *db.Field // nil for the id
	Type  db.Type
	// Key marks the id and what refers to an id. Serial keys are integers.
	Key, Serial bool
}

// Name is the field's name, as rows have it.
func (c Column) Name() string {
	if c.Field == nil {
		return db.ID
	}
	return c.Field.Name
}

// SQLName is the column's name in the database.
func (c Column) SQLName() string {
	if c.Field == nil {
		return db.ID
	}
	return c.Field.Column
}

// column describes a field that the table has.
func column(t *db.Table, name string) Column {
	c := Column{Table: t, Field: t.Field(name), Type: db.String, Key: true, Serial: value.IsSerial(t, name)}
	if c.Field != nil {
		c.Type = c.Field.Type
		c.Key = c.Field.References != nil && c.Field.References.Field == db.ID
	}
	return c
}

func columns(t *db.Table, names []string) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i] = column(t, name)
	}
	return out
}

// Kind is what went wrong, as far as callers act on it.
type Kind int

// The kinds of faults.
const (
	Other       Kind = iota
	Unique           // a unique index refused a row
	Reference        // a foreign key refused a change
	Required         // a column that is not nullable was to become NULL
	Range            // a value that the column's type cannot hold: too long, too big, a fraction
	Schema           // a table or a column is not there
	Retry            // a serialization failure or a deadlock: the transaction can run again
	Unavailable      // locked, full, read-only or away
)

// Fault is the meaning of a driver's error.
type Fault struct {
	Kind Kind
	// Code is the database's own code: "SQLITE_FULL", an SQLSTATE, a number.
	Code string
	// Column is the one column whose unique index refused the row, if known.
	Column string
	// Index is the name of that index, where the database tells no column.
	Index string
}
