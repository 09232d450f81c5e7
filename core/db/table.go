// Package db is the data contract of Gatehouse: tables, rows, queries, the
// Adapter that a storage implements, and the Store that runs database hooks
// around an Adapter.
//
// Rows are maps keyed by field name. Values are typed by the Field that owns
// them, never by a driver: an Adapter converts in both directions.
package db

import (
	"fmt"
	"slices"
)

// Type is the type of a field, named as upstream names it.
type Type string

// The field types of upstream, with the Go type that a Row carries.
const (
	String      Type = "string"   // string
	Number      Type = "number"   // int64, or float64 when it has a fraction
	Boolean     Type = "boolean"  // bool
	Date        Type = "date"     // time.Time, UTC, milliseconds
	JSON        Type = "json"     // any value that core/wire can encode
	StringArray Type = "string[]" // []string
	NumberArray Type = "number[]" // []float64
)

// IDKind is how ids of all tables are made and stored.
type IDKind string

// The id strategies of `advanced.database.generateId`.
const (
	IDText   IDKind = ""       // text made by Gatehouse (random or by function)
	IDUUID   IDKind = "uuid"   // UUID made by Gatehouse, a native column where the database has one
	IDSerial IDKind = "serial" // integer made by the database; rows carry it as decimal text
)

// ID is the name of the primary key of every table.
const ID = "id"

// Table is one model: its declared fields and the names it has in the database.
// A Table is not changed after the server has started.
type Table struct {
	Model  string   // upstream's model name: "user"
	Name   string   // table name in the database; Model unless renamed
	Schema string   // optional schema qualifier
	Fields []*Field // in declared order, without the id
	IDs    IDKind
	// Migrations run when the table stands, in order.
	Migrations []Migration

	byName map[string]*Field
}

// Field is one column besides the id.
type Field struct {
	Name   string // key in rows and in JSON
	Column string // column name; Name unless renamed
	Type   Type

	Nullable    bool // upstream's required:false
	Unique      bool
	Index       bool
	Sortable    bool // short text: MySQL needs a length to index or sort it
	BigInt      bool
	NotReturned bool // upstream's returned:false: never part of an answer
	NotInput    bool // upstream's input:false: never taken from a client
	References  *Reference

	// DDLDefault is a literal that new columns of existing rows get; nil for none.
	DDLDefault any
	// Default gives the value of an absent field on creation; nil for none.
	Default func() any
	// OnUpdate gives the value of an absent field on every update; nil for none.
	OnUpdate func() any
	// Validate checks and may replace a client's value; nil accepts it.
	Validate func(any) (any, error)
	// TransformInput and TransformOutput convert on the way to and from the database.
	TransformInput, TransformOutput func(any) (any, error)
}

// Reference is a foreign key to a field of another model.
type Reference struct {
	Model    string
	Field    string
	OnDelete string // "cascade" (also when empty), "no action", "restrict", "set null", "set default"
}

// Init fills in default names and the look-up by name. It fails on a field
// that is declared twice or named like the id.
func (t *Table) Init() error {
	if t.Name == "" {
		t.Name = t.Model
	}
	t.byName = make(map[string]*Field, len(t.Fields))
	for _, f := range t.Fields {
		if f.Column == "" {
			f.Column = f.Name
		}
		if f.Name == ID || f.Name == "" {
			return fmt.Errorf("table %q: field name %q is reserved", t.Model, f.Name)
		}
		if _, dup := t.byName[f.Name]; dup {
			return fmt.Errorf("table %q: field %q is declared twice", t.Model, f.Name)
		}
		t.byName[f.Name] = f
	}
	return nil
}

// Field returns the field of that name, or nil. The id is not a Field.
func (t *Table) Field(name string) *Field { return t.byName[name] }

// Has tells whether name is the id or a field of the table.
func (t *Table) Has(name string) bool { return name == ID || t.byName[name] != nil }

// Column returns the column name of the id or a field.
func (t *Table) Column(name string) (string, error) {
	if name == ID {
		return ID, nil
	}
	if f := t.byName[name]; f != nil {
		return f.Column, nil
	}
	return "", fmt.Errorf("table %q has no field %q", t.Model, name)
}

// Names lists the id and all fields, the id last, as upstream orders answers.
func (t *Table) Names() []string {
	names := make([]string, 0, len(t.Fields)+1)
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return append(names, ID)
}

// Extend appends a field that a plugin or the user adds to the model.
func (t *Table) Extend(fields ...*Field) error {
	t.Fields = slices.Concat(t.Fields, fields)
	return t.Init()
}
