package db

import (
	"context"
	"errors"
	"fmt"
)

// Adapter is what a storage implements. core/db/dbtest holds the suite that
// every Adapter passes.
//
// An implementation owes:
//   - every method is one atomic step, also outside Tx;
//   - values come back typed by their Field (see Type), dates in UTC with
//     millisecond precision, NULL as nil, the id as string;
//   - all declared fields are present in returned rows unless Query.Fields says otherwise;
//   - an unknown field in a Where, Set, Order or Row is an error, never SQL;
//   - a string that holds NUL is refused with ErrNUL, and so is invalid UTF-8;
//   - a context that ends stops the work and is reported as its error.
type Adapter interface {
	// Insert writes one row and returns it as stored. A row without "id" on a
	// table with IDSerial gets one from the database.
	// A unique index that refuses it is a *UniqueError.
	Insert(ctx context.Context, t *Table, row Row) (Row, error)
	Select(ctx context.Context, q Query) ([]Row, error)
	Update(ctx context.Context, c Change) (Result, error)
	Delete(ctx context.Context, r Removal) (Result, error)
	Count(ctx context.Context, t *Table, w Where) (int64, error)
	// Tx runs fn in a transaction that travels in fn's context. A Tx inside a
	// Tx is a savepoint. An error rolls back and is returned. fn may run up to
	// 3 times when the database reports a serialization failure or deadlock.
	Tx(ctx context.Context, fn func(context.Context) error) error
	// Lock takes an advisory lock by name until the surrounding transaction
	// ends. Outside a transaction it is ErrNoTx.
	Lock(ctx context.Context, name string) error
}

// Migrator is an Adapter that can bring its database to the declared tables.
type Migrator interface {
	// Plan compares the declared tables with the live database and changes nothing.
	Plan(ctx context.Context, tables []*Table) (*Plan, error)
	// Apply runs a plan under a lock. A plan that has Conflicts is refused.
	Apply(ctx context.Context, tables []*Table, progress func(step Step)) (*Plan, error)
}

// Plan is an additive migration: nothing is dropped, no type is altered.
type Plan struct {
	Steps     []Step
	Conflicts []Conflict
}

// Step is one statement of a Plan.
type Step struct {
	// Kind is "create table", "add column", "create index", "run migration" or
	// "remember migration".
	Kind  string
	Table string
	Name  string // the column, the index or the migration; empty for a table
	SQL   string
}

// Conflict is a live column that is not what the declared field needs.
type Conflict struct {
	Table, Column, Want, Have string
}

// Empty tells whether there is nothing to do and nothing to complain about.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 && len(p.Conflicts) == 0 }

// Errors of the contract; match them with errors.Is.
var (
	ErrUnique = errors.New("unique index refused the row")
	ErrNoTx   = errors.New("no transaction in this context")
	// ErrUnavailable reports that the storage cannot serve for now: it is locked,
	// full, or away. The same call may go through later.
	ErrUnavailable = errors.New("the storage is unavailable")
	ErrNUL         = errors.New("text holds NUL or invalid UTF-8")
	// ErrReference reports a reference to a row that does not exist, or the
	// removal of a row that a reference keeps.
	ErrReference = errors.New("a reference refused the change")
	// ErrHook is in the chain of every error that a before hook returned.
	ErrHook = errors.New("database hook")
	// ErrStopped is what a before hook returns to refuse the operation, as
	// upstream's false.
	ErrStopped = errors.New("a database hook stopped the operation")
)

// UniqueError names the field whose unique index refused a row. It matches ErrUnique.
type UniqueError struct {
	Model string
	Field string // empty when the database does not tell
}

func (e *UniqueError) Error() string {
	return fmt.Sprintf("%s.%s: %s", e.Model, e.Field, ErrUnique)
}

// Is makes errors.Is(err, ErrUnique) hold.
func (e *UniqueError) Is(target error) bool { return target == ErrUnique }

// ConflictError is why Apply refused to run.
type ConflictError struct{ Conflicts []Conflict }

func (e *ConflictError) Error() string {
	c := e.Conflicts[0]
	return fmt.Sprintf("%d column(s) disagree with the declared schema, first %s.%s: want %s, have %s; alter the column or rename the field, then migrate again",
		len(e.Conflicts), c.Table, c.Column, c.Want, c.Have)
}
