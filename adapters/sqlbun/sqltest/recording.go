package sqltest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// recording is testdata/upstream-1.6.9.json of the package under test, which
// record.mjs beside it writes.
type recording struct {
	Cases map[string]recordedCase
	Rows  map[string]recordedRows // of the cases that have some
}

// recordedCase is a configuration of upstream and the database that it made.
type recordedCase struct {
	IDs      db.IDKind
	Declared []struct {
		Model, ModelName string
		Fields           []recordedField
	}
	Schema json.RawMessage
	SQL    []string
}

type recordedField struct {
	Name, FieldName                           string
	Type                                      any
	Required                                  *bool
	Unique, Index, Sortable, BigInt, Computed bool
	References                                *db.Reference
}

// recordedRows are what upstream stored, by model, as literals of the database's
// SQL by column, and what it reads of it.
type recordedRows struct {
	Raw  map[string][]map[string]string
	Read map[string]json.RawMessage
}

func record(t *testing.T) recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "upstream-1.6.9.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// declare makes our tables of what upstream says that it declares.
func (c recordedCase) declare(t *testing.T) []*db.Table {
	t.Helper()
	tables := make([]*db.Table, 0, len(c.Declared))
	for _, d := range c.Declared {
		table := &db.Table{Model: d.Model, Name: d.ModelName, IDs: c.IDs}
		for _, f := range d.Fields {
			table.Fields = append(table.Fields, c.field(f))
		}
		if err := table.Init(); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	return tables
}

func (c recordedCase) field(f recordedField) *db.Field {
	typ, ok := f.Type.(string)
	if !ok {
		typ = string(db.String) // an enumeration
	}
	field := &db.Field{
		Name: f.Name, Column: f.FieldName, Type: db.Type(typ), Nullable: f.Required != nil && !*f.Required,
		Unique: f.Unique, Index: f.Index, Sortable: f.Sortable, BigInt: f.BigInt,
	}
	if f.Computed {
		field.Default = func() any { return time.Time{} }
	}
	if ref := f.References; ref != nil {
		// Upstream names the table here; the contract names the model.
		for _, d := range c.Declared {
			if d.ModelName == ref.Model || d.Model == ref.Model {
				field.References = &db.Reference{Model: d.Model, Field: ref.Field, OnDelete: ref.OnDelete}
			}
		}
	}
	return field
}

// read finds a row in upstream's answer and types it by the table's fields.
func (r recordedRows) read(t *testing.T, table *db.Table, id string) db.Row {
	t.Helper()
	v, err := wire.Decode(r.Read[table.Model], wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range v.([]any) {
		o := e.(*wire.Object)
		if got, _ := o.Get(db.ID); got != id {
			continue
		}
		row := db.Row{db.ID: id}
		for _, f := range table.Fields {
			v, _ := o.Get(f.Name)
			if row[f.Name], err = db.Coerce(f, v); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		return row
	}
	t.Fatalf("no row %q", id)
	return nil
}

// inOrder lists what was stored of a model, rows that refer to another one of it last.
func (r recordedRows) inOrder(model string) []map[string]string {
	var first, last []map[string]string
	for _, row := range r.Raw[model] {
		if friend := row["bestFriend"]; friend != "" && friend != "NULL" {
			last = append(last, row)
			continue
		}
		first = append(first, row)
	}
	return slices.Concat(first, last)
}
