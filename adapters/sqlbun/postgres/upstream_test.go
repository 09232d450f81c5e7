package postgres_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// recording is testdata/upstream-1.6.9.json, which record.mjs writes.
type recording struct {
	Cases map[string]struct {
		IDs      db.IDKind
		Declared []declaredTable
		Schema   any
		SQL      string
	}
	Rows map[db.IDKind]struct {
		Raw  map[string][]map[string]*string
		Read map[string]json.RawMessage
	}
}

type declaredTable struct {
	Model, ModelName string
	Fields           []struct {
		Name, FieldName                           string
		Type                                      any
		Required                                  *bool
		Unique, Index, Sortable, BigInt, Computed bool
		References                                *db.Reference
	}
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
func declare(t *testing.T, ids db.IDKind, declared []declaredTable) []*db.Table {
	t.Helper()
	tables := make([]*db.Table, 0, len(declared))
	for _, d := range declared {
		table := &db.Table{Model: d.Model, Name: d.ModelName, IDs: ids}
		for _, f := range d.Fields {
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
				i := slices.IndexFunc(declared, func(d declaredTable) bool { return d.ModelName == ref.Model || d.Model == ref.Model })
				field.References = &db.Reference{Model: declared[i].Model, Field: ref.Field, OnDelete: ref.OnDelete}
			}
			table.Fields = append(table.Fields, field)
		}
		if err := table.Init(); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	return tables
}

// connect opens a database without anything of ours between, on one connection.
func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	return pool
}

func execute(t *testing.T, pool *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := pool.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// describe is what record.mjs recorded of upstream's schema.
func describe(t *testing.T, pool *sql.DB) any {
	t.Helper()
	query, err := os.ReadFile(filepath.Join("testdata", "describe.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if err := pool.QueryRowContext(t.Context(), string(query)).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMigrationsCreateTheSchemaOfUpstream(t *testing.T) {
	t.Parallel()
	for name, c := range record(t).Cases {
		t.Run(name, func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			tables := declare(t, c.IDs, c.Declared)
			a := migrated(t, dsn, postgres.Options{}, tables)
			if diff := cmp.Diff(c.Schema, describe(t, connect(t, dsn))); diff != "" {
				t.Errorf("(-upstream +ours)\n%s", diff)
			}
			if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
				t.Errorf("a second plan: %+v, %v", p, err)
			}
		})
	}
}

func TestADatabaseThatUpstreamCreatedNeedsNoMigration(t *testing.T) {
	t.Parallel()
	for name, c := range record(t).Cases {
		t.Run(name, func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			execute(t, connect(t, dsn), c.SQL)
			if p, err := open(t, dsn, postgres.Options{}).Plan(t.Context(), declare(t, c.IDs, c.Declared)); err != nil || !p.Empty() {
				t.Errorf("the plan is %+v, %v", p, err)
			}
		})
	}
}

func TestADatabaseThatUpstreamCreatedIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	cases := record(t).Cases
	for _, pair := range [][2]string{
		{"core", "many plugins"},
		{"core", "every type"},
		{"every type with uuid ids", "many plugins with uuid ids"},
		{"every type with serial ids", "many plugins with serial ids"},
	} {
		t.Run(pair[0]+" then "+pair[1], func(t *testing.T) {
			before, after := cases[pair[0]], cases[pair[1]]
			dsn := sqltest.Postgres(t)
			execute(t, connect(t, dsn), before.SQL)
			tables := declare(t, after.IDs, after.Declared)
			p, err := open(t, dsn, postgres.Options{}).Apply(t.Context(), tables, nil)
			if err != nil || len(p.Steps) == 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			for _, s := range p.Steps {
				if s.Kind != "create table" && s.Kind != "add column" && s.Kind != "create index" {
					t.Errorf("step %s: %s", s.Kind, s.SQL)
				}
			}
		})
	}
}

func TestRowsThatUpstreamWroteReadAsUpstreamReadsThem(t *testing.T) {
	t.Parallel()
	r := record(t)
	for ids, rows := range r.Rows {
		t.Run("ids "+string(ids), func(t *testing.T) {
			c := r.Cases[caseOf(ids)]
			dsn := sqltest.Postgres(t)
			raw := connect(t, dsn)
			execute(t, raw, c.SQL, "SET session_replication_role = replica")
			tables := declare(t, ids, c.Declared)
			for _, table := range tables {
				for _, row := range rows.Raw[table.Model] {
					restore(t, raw, table, row)
				}
			}
			a := open(t, dsn, postgres.Options{})
			for _, table := range tables {
				got, err := a.Select(t.Context(), db.Query{Table: table, Order: []db.Order{{Field: db.ID}}})
				if err != nil {
					t.Fatal(err)
				}
				text, err := wire.Marshal(got)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(answer(t, rows.Read[table.Model]), answer(t, text)); diff != "" {
					t.Errorf("%s (-upstream +ours)\n%s", table.Model, diff)
				}
			}
		})
	}
}

func caseOf(ids db.IDKind) string {
	if ids == db.IDText {
		return "every type"
	}
	return "every type with " + string(ids) + " ids"
}

// restore writes a row as it was recorded; references in any order.
func restore(t *testing.T, raw *sql.DB, table *db.Table, row map[string]*string) {
	t.Helper()
	var names, literals []string
	for name, v := range row {
		literal := "NULL"
		if v != nil {
			literal = "'" + strings.ReplaceAll(*v, "'", "''") + "'"
		}
		names, literals = append(names, strconv.Quote(name)), append(literals, literal)
	}
	execute(t, raw, fmt.Sprintf(`INSERT INTO %q (%s) VALUES (%s)`,
		table.Name, strings.Join(names, ", "), strings.Join(literals, ", ")))
}

// answer reads rows as JSON, and bigint columns, which upstream leaves as the
// text that its driver gives, as the numbers that they are declared to be.
func answer(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if s, ok := row["big"].(string); ok {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			row["big"] = n
		}
	}
	slices.SortFunc(rows, func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a[db.ID]), fmt.Sprint(b[db.ID])) })
	return rows
}

func TestWhatWeWriteIsStoredAsUpstreamStoresIt(t *testing.T) {
	t.Parallel()
	r := record(t)
	for ids, rows := range r.Rows {
		t.Run("ids "+string(ids), func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			tables := declare(t, ids, r.Cases[caseOf(ids)].Declared)
			a := migrated(t, dsn, postgres.Options{}, tables)
			raw := connect(t, dsn)
			execute(t, raw, "SET timezone = 'UTC'")
			for _, table := range tables {
				for _, stored := range inOrder(rows.Raw[table.Model]) {
					row := rowOf(t, table, rows.Read[table.Model], *stored[db.ID])
					if _, err := a.Insert(t.Context(), table, row); err != nil {
						t.Fatal(err)
					}
					for name, want := range stored {
						var got *string
						query := fmt.Sprintf(`SELECT %q::text FROM %q WHERE "id" = '%s'`, name, table.Name, *stored[db.ID])
						if err := raw.QueryRowContext(t.Context(), query).Scan(&got); err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("%s.%s of %s (-upstream +ours)\n%s", table.Model, name, *stored[db.ID], diff)
						}
					}
				}
			}
		})
	}
}

// inOrder puts rows that refer to another one of the table last.
func inOrder(rows []map[string]*string) []map[string]*string {
	refers := func(row map[string]*string) int {
		if row["bestFriend"] == nil {
			return 0
		}
		return 1
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b map[string]*string) int { return refers(a) - refers(b) })
	return rows
}

// rowOf finds a row in upstream's answer and types it by the table's fields.
func rowOf(t *testing.T, table *db.Table, answer json.RawMessage, id string) db.Row {
	t.Helper()
	v, err := wire.Decode(answer, wire.Limits{})
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
