package organization

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// table is what the stores have in common: reading and writing the records of one
// model. A store is the only code that touches its table.
type table[T any] struct {
	auth  *core.Auth
	model *db.Model[T]
}

func (t *table[T]) first(ctx context.Context, w ...db.Cond) (rec T, ok bool, err error) {
	row, err := t.auth.Store().First(ctx, db.Query{Table: t.model.Table, Where: w})
	if err != nil || row == nil {
		return rec, false, err
	}
	rec, err = t.model.Record(row)
	return rec, err == nil, err
}

// list reads records in the order in which they were made. A limit of 0 is none.
func (t *table[T]) list(ctx context.Context, limit int, w ...db.Cond) ([]T, error) {
	rows, err := t.auth.Store().Select(ctx, db.Query{Table: t.model.Table, Where: w, Order: []db.Order{{Field: "createdAt"}}, Limit: limit})
	if err != nil {
		return nil, err
	}
	return t.model.Records(rows)
}

func (t *table[T]) count(ctx context.Context, w ...db.Cond) (int64, error) {
	return t.auth.Store().Count(ctx, t.model.Table, w)
}

func (t *table[T]) create(ctx context.Context, row db.Row) (rec T, err error) {
	if row, err = t.auth.Store().Create(ctx, t.model.Table, row); err != nil {
		return rec, taken(err)
	}
	return t.model.Record(row)
}

// update changes the one record that the conditions describe, and returns it as it
// is then. ok is false when there is none.
func (t *table[T]) update(ctx context.Context, set db.Row, w ...db.Cond) (rec T, ok bool, err error) {
	if len(set) == 0 {
		return t.first(ctx, w...)
	}
	res, err := t.auth.Store().Update(ctx, db.Change{Table: t.model.Table, Where: w, Set: set, Returning: true})
	if err != nil || len(res.Rows) == 0 {
		return rec, false, taken(err)
	}
	rec, err = t.model.Record(res.Rows[0])
	return rec, err == nil, err
}

// taken is the answer to a value that another record has, of a field of the
// application's own that says so. Other errors stay what they are.
func taken(err error) error {
	if unique, ok := errors.AsType[*db.UniqueError](err); ok {
		return core.ErrValidation.WithMessage("[body." + unique.Field + "] Invalid input").WithCause(err)
	}
	return err
}

// remove deletes the records that the conditions describe, and tells how many.
func (t *table[T]) remove(ctx context.Context, w ...db.Cond) (int64, error) {
	res, err := t.auth.Store().Delete(ctx, db.Removal{Table: t.model.Table, Where: w})
	return res.Count, err
}

// out is the copy of a record that may leave the server.
func (t *table[T]) out(rec T) T { return t.model.Output(rec) }

func (t *table[T]) outs(recs []T) []T { return t.model.Outputs(recs) }

// in is the condition that a field has one of some values.
func in[T any](field string, values []T) db.Cond {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return db.Cond{Field: field, Op: db.In, Value: list}
}
