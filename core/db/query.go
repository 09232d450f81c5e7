package db

import "time"

// Row is one record keyed by field name. The id is a string under "id".
// A column that is NULL is present with the value nil.
type Row map[string]any

// Op compares a field with a value.
type Op string

// The operators of upstream's where clauses.
const (
	Eq         Op = "eq"          // nil means IS NULL
	Ne         Op = "ne"          // nil means IS NOT NULL; otherwise rows that are NULL match too
	Lt         Op = "lt"          // NULL never matches
	Lte        Op = "lte"         // NULL never matches
	Gt         Op = "gt"          // NULL never matches
	Gte        Op = "gte"         // NULL never matches
	In         Op = "in"          // Value is []any; an empty list matches nothing; a nil in it means IS NULL
	NotIn      Op = "not_in"      // Value is []any; an empty list matches everything; rows that are NULL match unless the list holds nil
	Contains   Op = "contains"    // literal text, no wildcards
	StartsWith Op = "starts_with" // literal text, no wildcards
	EndsWith   Op = "ends_with"   // literal text, no wildcards
)

// Cond is one comparison, or a group of alternatives when Any is set.
type Cond struct {
	Field string
	Op    Op // Eq when empty
	Value any
	// Fold compares text without regard to ASCII case.
	Fold bool
	// Any, when not empty, makes this a disjunction; the other members are ignored.
	Any []Where
}

// Where is a conjunction. An empty Where matches every row.
type Where []Cond

// By is the condition that field equals value.
func By(field string, value any) Cond { return Cond{Field: field, Op: Eq, Value: value} }

// Order sorts by one field. Rows of equal value keep no particular order.
type Order struct {
	Field string
	Desc  bool
}

// Join reads rows of another table with each row. The joined rows stand under
// the joined table's model name: a Row (or nil) for one, a []Row for many.
type Join struct {
	Table *Table
	// Local and Foreign are the fields that must be equal.
	Local, Foreign string
	Many           bool
	// Limit bounds the rows of a many join per parent; 0 is 100, as upstream.
	Limit int
}

// Query selects rows.
type Query struct {
	Table  *Table
	Where  Where
	Order  []Order
	Limit  int // 0 is no limit
	Offset int
	// Fields restricts the columns read; nil reads all.
	Fields []string
	Joins  []Join
	// ForUpdate locks the rows until the transaction ends where the database
	// can; elsewhere the transaction itself excludes other writers. With a join of
	// many rows it takes several statements, and is ErrNoTx outside a transaction.
	ForUpdate bool
}

// Increment adds to a number in one statement, as a value in Change.Set.
type Increment int64

// Change is a conditional update.
type Change struct {
	Table *Table
	Where Where
	// Set holds new values by field name; an Increment adds.
	Set Row
	// Returning asks for the changed rows as they are after the change.
	Returning bool
}

// Removal is a conditional delete. Asking for the removed rows makes it the
// "consume" of single-use records: of many at once, exactly one gets the row.
type Removal struct {
	Table     *Table
	Where     Where
	Returning bool
}

// Result tells what a Change or a Removal did.
type Result struct {
	Count int64
	Rows  []Row // only when Returning was asked for
}

// Millis cuts a time to what every database and the wire keep: UTC, milliseconds.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
