package sqlite

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// binary makes a comparison go by the bytes of text. Columns that migrations make
// do so by themselves, but others may be NOCASE or RTRIM.
const binary = " COLLATE BINARY"

// isText tells whether a collation decides how the column compares.
func isText(c sqlbun.Column) bool { return !c.Serial && (c.Key || c.Type == db.String) }

// isDate tells whether the column holds ISO text or, where something else wrote
// it, milliseconds.
func isDate(c sqlbun.Column) bool { return !c.Key && c.Type == db.Date }

// Compare writes equality of text twice: by the column's collation, whose index
// serves, and by the bytes. Every collation of SQLite takes equal bytes for equal.
func (Dialect) Compare(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, sign string, literal any) {
	switch {
	case isText(c) && sign == "=":
		s.Text("(").Put(column).Text(" = ").Value(literal).Text(" AND ").Put(column).Text(" = ").Value(literal).Text(binary + ")")
	case isText(c):
		s.Put(column).Text(" " + sign + " ").Value(literal).Text(binary)
	case isDate(c):
		compareDate(s, column, sign, literal)
	default:
		s.Put(column).Text(" " + sign + " ").Value(literal)
	}
}

// compareDate compares text with ISO text and numbers with milliseconds. SQLite has
// every number below every text, so that the empty text parts the two; both are
// ranges of one index. Without that, milliseconds would be earlier than any date:
// what removes the expired would remove them all.
func compareDate(s *sqlbun.SQL, column sqlbun.Part, sign string, literal any) {
	if sign == "=" {
		s.Put(column).Text(" IN (").Values(moments([]any{literal})).Text(")")
		return
	}
	s.Text("((").Put(column).Text(" >= '' AND ").Put(column).Text(" " + sign + " ").Value(literal)
	for _, ms := range moments([]any{literal})[1:] {
		s.Text(") OR (").Put(column).Text(" < '' AND ").Put(column).Text(" " + sign + " ").Value(ms)
	}
	s.Text("))")
}

// moments are dates in both forms that a column may hold.
func moments(literals []any) []any {
	var out []any
	for _, literal := range literals {
		out = append(out, literal)
		iso, _ := literal.(string)
		if at, err := time.Parse(value.ISO, iso); err == nil {
			out = append(out, at.UnixMilli())
		}
	}
	return out
}

// In is Compare with several literals.
func (Dialect) In(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, literals []any) {
	switch {
	case isText(c):
		s.Text("(").Put(column).Text(" IN (").Values(literals).Text(") AND ").Put(column).Text(binary + " IN (").Values(literals).Text("))")
	case isDate(c):
		s.Put(column).Text(" IN (").Values(moments(literals)).Text(")")
	default:
		s.Put(column).Text(" IN (").Values(literals).Text(")")
	}
}

// Equal is Compare of two columns.
func (Dialect) Equal(s *sqlbun.SQL, first, second sqlbun.Operand) {
	s.Put(first.Name).Text(" = ").Put(second.Name)
	if isText(first.Column) && isText(second.Column) {
		s.Text(" AND ").Put(first.Name).Text(" = ").Put(second.Name).Text(binary)
	}
}

// Exact has text in the collation of its bytes.
func (Dialect) Exact(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part) {
	s.Put(column)
	if isText(c) {
		s.Text(binary)
	}
}

// Order has text in the order of its bytes, NULL lowest by itself.
func (d Dialect) Order(s *sqlbun.SQL, c sqlbun.Column, column sqlbun.Part, desc bool) {
	d.Exact(s, c, column)
	if desc {
		s.Text(" DESC")
	}
}
