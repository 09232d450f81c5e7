package sqlbun

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Error is a failure that the database reported. It carries the operation, the
// model and the database's code. The driver's message stays out of it and out
// of its chain: it can quote a value, and values are passwords and tokens.
type Error struct {
	Op    string
	Model string // empty where no table is concerned
	Fault Fault
}

// Error says what failed in words of our own.
func (e *Error) Error() string {
	what := "the database reported an error"
	switch e.Fault.Kind {
	case Unique:
		// With a table it is a db.UniqueError: this is the index of a migration.
		what = "rows have the same value; remove duplicates, then migrate again"
	case Reference:
		what = db.ErrReference.Error()
	case Required:
		what = "a required column would be NULL"
	case Range:
		what = "a value is beyond what the column's type holds"
	case Schema:
		what = "the database lacks a table or a column; migrate it"
	case Retry:
		what = "the transaction met another one"
	case Unavailable:
		what = db.ErrUnavailable.Error()
	}
	if e.Fault.Code != "" {
		what += " (" + e.Fault.Code + ")"
	}
	if e.Model == "" {
		return e.Op + ": " + what
	}
	return e.Op + " " + e.Model + ": " + what
}

// Is matches db.ErrReference and db.ErrUnavailable.
func (e *Error) Is(target error) bool {
	return target == db.ErrReference && e.Fault.Kind == Reference ||
		target == db.ErrUnavailable && (e.Fault.Kind == Unavailable || e.Fault.Kind == Retry)
}

// fail turns an error of the driver or of database/sql into ours.
func (a *Adapter) fail(ctx context.Context, op string, t *db.Table, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op}
	if t != nil {
		e.Model = t.Model
	}
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("%s %s: %w", op, e.Model, ended)
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			// Of the transaction's context, when the call's own is another.
			return fmt.Errorf("%s %s: %w", op, e.Model, ended)
		}
	}
	e.Fault = a.dialect.Fault(err)
	if e.Fault.Kind == Unique && t != nil {
		return &db.UniqueError{Model: t.Model, Field: a.refused(t, e.Fault)}
	}
	return e
}

// refused finds the field whose unique index refused a row, by the column or by
// the names that migrations, ours and upstream's, give to indexes.
func (a *Adapter) refused(t *db.Table, f Fault) string {
	if name := a.fieldOf(t, f.Column); name != "" || f.Index == "" {
		return name
	}
	for _, name := range t.Names() {
		c := column(t, name)
		if a.dialect.SameName(f.Index, c.SQLName()) || a.dialect.SameName(f.Index, indexName(c, true)) {
			return name
		}
	}
	return ""
}

func (a *Adapter) fieldOf(t *db.Table, sqlName string) string {
	if sqlName == "" {
		return ""
	}
	for _, name := range t.Names() {
		if a.dialect.SameName(column(t, name).SQLName(), sqlName) {
			return name
		}
	}
	return ""
}

// valueError reports a value that cannot be written or read.
type valueError struct {
	column Column
	err    error
}

func (e *valueError) Error() string {
	return e.column.Table.Model + "." + e.column.Name() + ": " + e.err.Error()
}

func (e *valueError) Unwrap() error { return e.err }

// writtenError reports a value that cannot be read of a row that was written.
type writtenError struct{ err error }

func (e *writtenError) Error() string { return e.err.Error() }

func (e *writtenError) Unwrap() error { return e.err }

// harmless tells whether a transaction can go on after err: the database
// refused one statement, or we refused a value. After anything else (a full
// disk, an interrupt, a lost connection) it may have been rolled back already,
// and the next statement would be committed on its own. A row that was written
// and cannot be read would be committed although its statement failed.
func harmless(err error) bool {
	if _, ok := errors.AsType[*writtenError](err); ok {
		return false
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fault.Kind == Reference || e.Fault.Kind == Required || e.Fault.Kind == Range
	}
	var v *valueError
	return errors.Is(err, db.ErrUnique) || errors.As(err, &v)
}
