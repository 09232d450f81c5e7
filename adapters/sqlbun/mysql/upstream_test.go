package mysql_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestUpstream(t *testing.T) { suite.RunUpstream(t) }

var suite = sqltest.Dialect{
	Empty: sqltest.MySQL,
	Open: func(ctx context.Context, dsn string, connections int) (*sqlbun.Adapter, error) {
		return mysql.Open(ctx, dsn, mysql.Options{Connections: connections})
	},
	Connect: connect,
	Diff:    func(want, got any) string { return cmp.Diff(want, got) },
	IDs: []sqltest.IDColumn{
		{Kind: db.IDText, Type: "varchar(36)", Live: "varchar(36)"},
		{Kind: db.IDUUID, Type: "varchar(36)", Live: "varchar(36)"},
		{Kind: db.IDSerial, Type: "integer", Live: "int"},
	},
	Describe: func(t *testing.T, pool *sql.DB) any { return schema(t, pool) },
	Recorded: func(t *testing.T, pool *sql.DB, schema json.RawMessage) any {
		t.Helper()
		if strings.HasPrefix(sqltest.List(t, pool, "SELECT VERSION()", sqltest.One[string])[0], "8.") {
			t.Skip("MySQL describes types in other words than MariaDB, where the recording was made")
		}
		var tables []liveTable
		if err := json.Unmarshal(schema, &tables); err != nil {
			t.Fatal(err)
		}
		return sorted(tables)
	},
	Session: []string{"SET foreign_key_checks = 0"},
	Quote:   quoted,
	Literal: func(column string) string { return "QUOTE(" + quoted(column) + ")" },
	Stored: func(_ string, row map[string]string) (map[string]string, bool) {
		row = maps.Clone(row)
		if row["data"] == "'null'" {
			row["data"] = "NULL" // where upstream writes JSON's null; both read it as null
		}
		return row, true
	},
}

func quoted(name string) string { return "`" + name + "`" }

type liveTable struct {
	Name        string
	Columns     []liveColumn
	ForeignKeys []liveKey
	Indexes     []liveIndex
}

type liveColumn struct {
	Name, Type, Nullable string
	Standard             *string // its default
	Extra                string
	PK                   int
}

type liveKey struct{ From, Table, To, OnUpdate, OnDelete string }

type liveIndex struct {
	Name    string
	Unique  int
	Columns string
}

// connect opens a database without an Adapter between.
func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	connector, err := mysql.Connector(dsn, mysql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// schema reads a database as record.mjs does.
func schema(t *testing.T, pool *sql.DB) []liveTable {
	t.Helper()
	tables := []liveTable{}
	for _, name := range sqltest.List(t, pool, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1", sqltest.One[string]) {
		of := " TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '" + name + "'"
		tables = append(tables, liveTable{
			Name: name,
			Columns: sqltest.List(t, pool, "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLUMN_KEY = 'PRI' FROM information_schema.COLUMNS WHERE"+of,
				func(rows *sql.Rows) (c liveColumn, err error) {
					return c, rows.Scan(&c.Name, &c.Type, &c.Nullable, &c.Standard, &c.Extra, &c.PK)
				}),
			ForeignKeys: sqltest.List(t, pool, `SELECT k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.UPDATE_RULE, r.DELETE_RULE
				FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
				ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
				WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = '`+name+"'",
				func(rows *sql.Rows) (k liveKey, err error) {
					return k, rows.Scan(&k.From, &k.Table, &k.To, &k.OnUpdate, &k.OnDelete)
				}),
			Indexes: sqltest.List(t, pool, `SELECT INDEX_NAME, 1 - NON_UNIQUE, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX)
				FROM information_schema.STATISTICS WHERE`+of+" GROUP BY 1, 2",
				func(rows *sql.Rows) (ix liveIndex, err error) {
					return ix, rows.Scan(&ix.Name, &ix.Unique, &ix.Columns)
				}),
		})
	}
	return sorted(tables)
}

// sorted brings the lists into an order that does not depend on creation.
func sorted(tables []liveTable) []liveTable {
	for _, table := range tables {
		slices.SortFunc(table.Columns, func(a, b liveColumn) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(table.ForeignKeys, func(a, b liveKey) int { return strings.Compare(a.From, b.From) })
		slices.SortFunc(table.Indexes, func(a, b liveIndex) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(tables, func(a, b liveTable) int { return strings.Compare(a.Name, b.Name) })
	return tables
}
