package sqltest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// RunUpstream runs the suite of what upstream makes of the same database.
func (d Dialect) RunUpstream(t *testing.T) {
	t.Parallel()
	r := record(t)
	for name, c := range r.Cases {
		t.Run("migrations create the schema of upstream/"+name, func(t *testing.T) {
			t.Parallel()
			d.createSchema(t, c)
		})
		t.Run("a database that upstream created needs no migration/"+name, func(t *testing.T) {
			t.Parallel()
			d.needNothing(t, c)
		})
		for _, later := range r.additions(name) {
			t.Run("a database that upstream created is only added to/"+name+" then "+later, func(t *testing.T) {
				t.Parallel()
				d.add(t, c, r.Cases[later])
			})
		}
	}
	for name, rows := range r.Rows {
		t.Run("rows that upstream wrote read as upstream reads them/"+name, func(t *testing.T) {
			t.Parallel()
			d.readRows(t, r.Cases[name], rows)
		})
		t.Run("what we write is stored as upstream stores it/"+name, func(t *testing.T) {
			t.Parallel()
			d.writeRows(t, r.Cases[name], rows)
		})
	}
}

// additions are the cases that a case becomes when it is configured further.
func (r recording) additions(name string) []string {
	if name == "core" {
		return []string{"many plugins", "every type"}
	}
	if ids, ok := strings.CutPrefix(name, "every type"); ok && r.Cases["many plugins"+ids].SQL != nil {
		return []string{"many plugins" + ids}
	}
	return nil
}

// upstreams gives a database that upstream created.
func (d Dialect) upstreams(t *testing.T, c recordedCase) (dsn string) {
	t.Helper()
	dsn = d.Empty(t)
	Execute(t, d.Connect(t, dsn), c.SQL...)
	return dsn
}

func (d Dialect) createSchema(t *testing.T, c recordedCase) {
	t.Helper()
	dsn, tables := d.Empty(t), c.declare(t)
	a, raw := d.open(t, dsn, 0), d.Connect(t, dsn)
	if _, err := a.Apply(t.Context(), tables, nil); err != nil {
		t.Fatal(err)
	}
	if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
		t.Errorf("a second plan: %+v, %v", p, err)
	}
	if diff := d.Diff(d.Recorded(t, raw, c.Schema), d.Describe(t, raw)); diff != "" {
		t.Errorf("(-upstream +ours)\n%s", diff)
	}
}

func (d Dialect) needNothing(t *testing.T, c recordedCase) {
	t.Helper()
	a, tables := d.open(t, d.upstreams(t, c), 0), c.declare(t)
	if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
		t.Errorf("the plan is %+v, %v", p, err)
	}
	// A later version, or a plugin, adds to it.
	for _, table := range tables {
		text := &db.Field{Name: "later", Type: db.String, Nullable: true, Sortable: true, Index: true}
		owner := &db.Field{Name: "laterUser", Type: db.String, Nullable: true, References: &db.Reference{Model: "user", Field: db.ID}}
		if err := table.Extend(text, owner); err != nil {
			t.Fatal(err)
		}
	}
	added := &db.Table{Model: "added", IDs: c.IDs, Fields: []*db.Field{
		{Name: "owner", Type: db.String, Index: true, References: &db.Reference{Model: "user", Field: db.ID}},
	}}
	if err := added.Init(); err != nil {
		t.Fatal(err)
	}
	tables = append(tables, added)
	p, err := a.Apply(t.Context(), tables, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 1 + 3*(len(tables)-1); len(p.Steps) != want {
		t.Errorf("%d steps, want %d", len(p.Steps), want)
	}
	if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
		t.Errorf("a second plan: %+v, %v", p, err)
	}
}

func (d Dialect) add(t *testing.T, before, after recordedCase) {
	t.Helper()
	p, err := d.open(t, d.upstreams(t, before), 0).Apply(t.Context(), after.declare(t), nil)
	if err != nil || len(p.Steps) == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, s := range p.Steps {
		if s.Kind != "create table" && s.Kind != "add column" && s.Kind != "create index" {
			t.Errorf("step %s: %s", s.Kind, s.SQL)
		}
	}
}

// session connects as Session says.
func (d Dialect) session(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	raw := d.Connect(t, dsn)
	raw.SetMaxOpenConns(1)
	Execute(t, raw, d.Session...)
	return raw
}

func (d Dialect) readRows(t *testing.T, c recordedCase, rows recordedRows) {
	t.Helper()
	dsn, tables := d.upstreams(t, c), c.declare(t)
	raw, a := d.session(t, dsn), d.open(t, dsn, 0)
	for _, table := range tables {
		for _, row := range rows.Raw[table.Model] {
			var names, literals []string
			for _, name := range slices.Sorted(maps.Keys(row)) {
				names, literals = append(names, d.Quote(name)), append(literals, row[name])
			}
			Execute(t, raw, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", d.Quote(table.Name), strings.Join(names, ", "), strings.Join(literals, ", ")))
		}
	}
	for _, table := range tables {
		read, err := a.Select(t.Context(), db.Query{Table: table, Order: []db.Order{{Field: db.ID}}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := wire.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		got, want := byID(t, text), byID(t, rows.Read[table.Model])
		if d.Differs != nil {
			d.Differs(table.Model, want)
		}
		if diff := d.Diff(want, got); diff != "" {
			t.Errorf("%s (-upstream +ours)\n%s", table.Model, diff)
		}
	}
}

func byID(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a[db.ID]), fmt.Sprint(b[db.ID])) })
	return rows
}

func (d Dialect) writeRows(t *testing.T, c recordedCase, rows recordedRows) {
	t.Helper()
	dsn := d.upstreams(t, c)
	a, raw, compared := d.open(t, dsn, 0), d.session(t, dsn), 0
	for _, table := range c.declare(t) {
		for _, stored := range rows.inOrder(table.Model) {
			want, ok := stored, true
			if d.Stored != nil {
				want, ok = d.Stored(table.Model, stored)
			}
			if !ok {
				continue
			}
			compared++
			if _, err := a.Insert(t.Context(), table, rows.read(t, table, strings.Trim(stored[db.ID], "'"))); err != nil {
				t.Fatal(err)
			}
			for name, want := range want {
				query := fmt.Sprintf("SELECT %s FROM %s WHERE id = %s", d.Literal(name), d.Quote(table.Name), stored[db.ID])
				if diff := d.Diff([]string{want}, List(t, raw, query, One[string])); diff != "" {
					t.Errorf("%s.%s of %s (-upstream +ours)\n%s", table.Model, name, stored[db.ID], diff)
				}
			}
		}
	}
	if compared == 0 {
		t.Error("there is no row to compare")
	}
}
