package sqlbun

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Dialect is what differs between databases. Implementations hold no state.
type Dialect interface {
	// Bun quotes names and literals. Each call gives a new one.
	Bun() schema.Dialect

	// Encode turns a canonical value that is not nil (see value.Of) into what
	// bun writes as a literal.
	Encode(c Column, v any) (any, error)
	// Decode turns what the driver scanned, not nil, into the value that rows
	// carry; ids as text.
	Decode(c Column, raw any) (any, error)

	// Match writes a condition that is true when the text of a column contains,
	// starts with or ends with text, byte by byte.
	Match(s *SQL, op db.Op, column Part, text string)
	// Fold writes the column's text with ASCII letters in lower case.
	Fold(s *SQL, column Part)
	// Order writes one term of ORDER BY: text byte by byte, NULL lowest.
	Order(s *SQL, column Part, desc bool)
	// ForUpdate is the clause that locks the rows of a query, or empty.
	ForUpdate() string

	// Lock takes an advisory lock until the transaction of conn ends.
	Lock(ctx context.Context, conn bun.IDB, name string) error
	// Fault says what a driver's error means. It copies no value out of it.
	Fault(err error) Fault

	// Inspect reads a table as it is; nil if there is none.
	Inspect(ctx context.Context, conn bun.IDB, t *db.Table) (*LiveTable, error)
	// SameName tells whether the database takes two names for one.
	SameName(a, b string) bool
	// IDType is the declaration of the primary key, after its name.
	IDType(c Column) string
	// Type is the declared type of a column.
	Type(c Column) string
	// Accepts tells whether a live column of the type can hold the field.
	Accepts(c Column, live string) bool
}

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
}
