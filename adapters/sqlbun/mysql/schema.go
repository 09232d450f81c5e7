package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// collation tells all texts apart but for spaces at the end; see the package's
// comment.
const collation = "utf8mb4_bin"

// indexed is how many characters of a text column an index takes: text has no
// length of its own, and the longest key is 3072 bytes.
const indexed = 255

var _ sqlbun.Collator = Dialect{}

// IDType is upstream's, with a collation.
func (Dialect) IDType(c sqlbun.Column) string {
	if c.Serial {
		return "integer auto_increment primary key not null"
	}
	return "varchar(36) collate " + collation + " primary key not null"
}

// Type is upstream's column type. Text that an index or ORDER BY needs has a
// length.
func (Dialect) Type(c sqlbun.Column) string {
	switch {
	case c.Serial:
		return "integer"
	case c.Key:
		return "varchar(36)"
	}
	switch c.Type {
	case db.Boolean:
		return "boolean"
	case db.Number:
		if c.Field.BigInt {
			return "bigint"
		}
		return "integer"
	case db.Date:
		return "timestamp(3)"
	case db.JSON, db.StringArray, db.NumberArray:
		return "json"
	}
	switch f := c.Field; {
	case f.Unique:
		return "varchar(255)"
	case f.References != nil:
		return "varchar(36)"
	case f.Sortable, f.Index:
		return "varchar(255)"
	}
	return "text"
}

// Collate gives text the bytes' own order, and a reference what it refers to
// has: InnoDB refuses one of another collation.
func (Dialect) Collate(c sqlbun.Column, referred *sqlbun.LiveColumn) string {
	switch {
	case !isText(c):
		return ""
	case referred != nil && referred.Collation != "":
		return " collate " + referred.Collation
	}
	return " collate " + collation
}

// Default is the time of creation for dates that have a default, as upstream's.
func (Dialect) Default(c sqlbun.Column) string {
	if c.Field != nil && c.Type == db.Date && c.Field.Default != nil {
		return "current_timestamp(3)"
	}
	return ""
}

// Accepts follows upstream's table of types that agree, except for types that
// would change a value in silence, see keeps. Beyond it, the longer kinds of text
// hold text, and JSON where they came from: MariaDB's json is longtext.
func (Dialect) Accepts(c sqlbun.Column, live string) bool {
	name, rest, _ := strings.Cut(strings.ToLower(live), "(")
	name, _, _ = strings.Cut(name, " ") // unsigned
	modifier, _, _ := strings.Cut(rest, ")")
	documents := []string{"json", "longtext", "mediumtext", "text"}
	var good []string
	switch {
	case c.Serial:
		good = []string{"integer", "int", "bigint"}
	case c.Key:
		good = []string{"varchar", "text"}
	default:
		good = map[db.Type][]string{
			db.String:      {"varchar", "text", "mediumtext", "longtext"},
			db.Number:      {"integer", "int", "bigint", "smallint", "decimal", "double"},
			db.Boolean:     {"boolean", "tinyint"},
			db.Date:        {"timestamp", "datetime"},
			db.JSON:        documents,
			db.StringArray: documents,
			db.NumberArray: documents,
		}[c.Type]
	}
	return slices.Contains(good, name) && (c.Key || keeps(c, name, modifier))
}

// keeps tells whether a column gives back what was written: dates to the
// millisecond, fractions where the type is made for them, and big numbers, of which
// double has 53 bits.
func keeps(c sqlbun.Column, name, modifier string) bool {
	switch name {
	case "timestamp", "datetime":
		return slices.Contains([]string{"3", "4", "5", "6"}, modifier)
	case "decimal":
		_, scale, _ := strings.Cut(modifier, ",")
		return strings.Trim(scale, "0") != ""
	case "double":
		return !c.Field.BigInt
	}
	return true
}

// thisTable is the condition on information_schema, whose names compare without
// case also where those of tables do not.
const thisTable = " TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND TABLE_NAME = ?" +
	" AND (@@lower_case_table_names > 0 OR BINARY TABLE_NAME = ?)"

// Inspect reads the table's columns and indexes from information_schema.
func (Dialect) Inspect(ctx context.Context, conn bun.IDB, t *db.Table) (*sqlbun.LiveTable, error) {
	live := &sqlbun.LiveTable{}
	const query = "SELECT COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME FROM information_schema.COLUMNS WHERE" + thisTable + " ORDER BY ORDINAL_POSITION"
	err := sqlbun.Scan(ctx, conn, query, []any{t.Schema, t.Name, t.Name}, func(scan func(...any) error) error {
		var c sqlbun.LiveColumn
		var collation sql.NullString
		if err := scan(&c.Name, &c.Type, &collation); err != nil {
			return err
		}
		c.Collation = collation.String
		if strings.HasSuffix(c.Type, "text") {
			c.Prefix = indexed
		}
		live.Columns = append(live.Columns, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(live.Columns) == 0 {
		return nil, nil //nolint:nilnil // there is no such table
	}
	if live.Indexes, err = indexes(ctx, conn, t); err != nil {
		return nil, err
	}
	if live.Conflicts, err = engine(ctx, conn, t); err != nil {
		return nil, err
	}
	from := []any{bun.Name(t.Name)}
	statement := "SELECT EXISTS (SELECT 1 FROM ?)"
	if t.Schema != "" {
		from, statement = []any{bun.Name(t.Schema), bun.Name(t.Name)}, "SELECT EXISTS (SELECT 1 FROM ?.?)"
	}
	err = conn.QueryRowContext(ctx, statement, from...).Scan(&live.Rows)
	return live, err
}

// engine complains of a table without transactions and references. A view has no
// engine of its own.
func engine(ctx context.Context, conn bun.IDB, t *db.Table) (conflicts []db.Conflict, err error) {
	const query = "SELECT ENGINE FROM information_schema.TABLES WHERE" + thisTable
	err = sqlbun.Scan(ctx, conn, query, []any{t.Schema, t.Name, t.Name}, func(scan func(...any) error) error {
		var name sql.NullString
		err := scan(&name)
		if name.Valid && !strings.EqualFold(name.String, "InnoDB") {
			conflicts = append(conflicts, db.Conflict{Table: t.Name, Column: "(the table)", Want: "ENGINE=InnoDB", Have: "ENGINE=" + name.String})
		}
		return err
	})
	return conflicts, err
}

// indexes reads those over whole columns, and over the beginning of text, which
// serves but is unique only where it says so of the whole.
func indexes(ctx context.Context, conn bun.IDB, t *db.Table) ([]sqlbun.LiveIndex, error) {
	const query = "SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE" + thisTable +
		" ORDER BY INDEX_NAME, SEQ_IN_INDEX"
	var out []sqlbun.LiveIndex
	err := sqlbun.Scan(ctx, conn, query, []any{t.Schema, t.Name, t.Name}, func(scan func(...any) error) error {
		var name string
		var several bool
		var column sql.NullString // NULL for an expression
		var part sql.NullInt64
		if err := scan(&name, &several, &column, &part); err != nil {
			return err
		}
		if n := len(out); n == 0 || out[n-1].Name != name {
			out = append(out, sqlbun.LiveIndex{Name: name, Unique: !several})
		}
		last := &out[len(out)-1]
		last.Columns = append(last.Columns, column.String)
		last.Unique = last.Unique && !part.Valid
		return nil
	})
	return out, err
}
