package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestUpstream(t *testing.T) { suite.RunUpstream(t) }

var suite = sqltest.Dialect{
	Empty: func(t testing.TB) string { return filepath.Join(t.TempDir(), "auth.db") },
	Open: func(ctx context.Context, dsn string, connections int) (*sqlbun.Adapter, error) {
		return sqlite.Open(ctx, dsn, sqlite.Options{Connections: connections})
	},
	Connect:  connect,
	Diff:     func(want, got any) string { return cmp.Diff(want, got) },
	IDs:      []sqltest.IDColumn{{Kind: db.IDText, Type: "text", Live: "TEXT"}, {Kind: db.IDUUID, Type: "text", Live: "TEXT"}, {Kind: db.IDSerial, Type: "integer", Live: "INTEGER"}},
	Describe: func(t *testing.T, pool *sql.DB) any { return schema(t, pool) },
	Recorded: func(t *testing.T, _ *sql.DB, schema json.RawMessage) any {
		t.Helper()
		var tables []liveTable
		if err := json.Unmarshal(schema, &tables); err != nil {
			t.Fatal(err)
		}
		return sorted(tables)
	},
	Quote:   quoted,
	Literal: func(column string) string { return "quote(" + quoted(column) + ")" },
	Differs: differ,
	Stored: func(model string, row map[string]string) (map[string]string, bool) {
		// Scalars in JSON, which upstream mangles, and dates that are integers.
		id := strings.Trim(row[db.ID], "'")
		return row, model != "verification" && id != "nulls" && !strings.HasPrefix(id, "json ")
	},
}

func quoted(name string) string { return `"` + name + `"` }

// differ notes on purpose where we read otherwise than upstream.
func differ(model string, rows []map[string]any) {
	for _, row := range rows {
		switch {
		case model == "verification":
			// A date that was stored as an integer is a date nevertheless.
			if ms, ok := row["expiresAt"].(float64); ok {
				row["expiresAt"] = time.UnixMilli(int64(ms)).UTC().Format("2006-01-02T15:04:05.000Z")
			}
		case row["id"] == "json of text":
			// Upstream turns what looks like a date inside JSON into one.
			row["data"] = map[string]any{"a": "2026-11-21T12:00:00Z"}
		}
	}
}

type liveTable struct {
	Name        string
	Columns     []liveColumn
	ForeignKeys []liveKey
	Indexes     []liveIndex
}

type liveColumn struct {
	Name, Type string
	NotNull    int
	Default    *string `json:"dflt_value"`
	PK         int
}

type liveKey struct {
	Table, From, To string
	OnUpdate        string `json:"on_update"`
	OnDelete        string `json:"on_delete"`
	Match           string
}

type liveIndex struct {
	Name, Origin    string
	Unique, Partial int
	Columns         []string
}

// connect opens a file without anything of ours between.
func connect(t *testing.T, path string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// schema reads a database as record.mjs does.
func schema(t *testing.T, pool *sql.DB) []liveTable {
	t.Helper()
	quote := func(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
	tables := []liveTable{}
	for _, name := range sqltest.List(t, pool, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name", sqltest.One[string]) {
		tables = append(tables, liveTable{
			Name: name,
			Columns: sqltest.List(t, pool, "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info("+quote(name)+") ORDER BY name",
				func(rows *sql.Rows) (c liveColumn, err error) {
					return c, rows.Scan(&c.Name, &c.Type, &c.NotNull, &c.Default, &c.PK)
				}),
			ForeignKeys: sqltest.List(t, pool, "SELECT \"table\", \"from\", \"to\", on_update, on_delete, match FROM pragma_foreign_key_list("+quote(name)+") ORDER BY \"from\"",
				func(rows *sql.Rows) (k liveKey, err error) {
					return k, rows.Scan(&k.Table, &k.From, &k.To, &k.OnUpdate, &k.OnDelete, &k.Match)
				}),
			Indexes: sqltest.List(t, pool, "SELECT name, \"unique\", origin, partial FROM pragma_index_list("+quote(name)+")",
				func(rows *sql.Rows) (ix liveIndex, err error) {
					return ix, rows.Scan(&ix.Name, &ix.Unique, &ix.Origin, &ix.Partial)
				}),
		})
		indexes := tables[len(tables)-1].Indexes
		for i := range indexes {
			ix := &indexes[i]
			ix.Columns = sqltest.List(t, pool, "SELECT name FROM pragma_index_info("+quote(ix.Name)+")", sqltest.One[string])
			if ix.Origin != "c" {
				ix.Name = ""
			}
		}
	}
	return sorted(tables)
}

// sorted brings the lists into an order that does not depend on creation.
func sorted(tables []liveTable) []liveTable {
	for _, table := range tables {
		slices.SortFunc(table.Columns, func(a, b liveColumn) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(table.ForeignKeys, func(a, b liveKey) int { return strings.Compare(a.From, b.From) })
		slices.SortFunc(table.Indexes, func(a, b liveIndex) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return tables
}
