package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Hooks are callbacks around the writes of one model. Before hooks run inside
// the transaction and may repeat with it; after hooks run once, when it has
// committed. `core.From(ctx)` reaches the request, if there is one.
type Hooks struct {
	// Source tells who added them: "user" or "plugin:<id>".
	Source string

	// BeforeCreate gets the row to be written; the row that it returns, if
	// any, is merged over it. ErrStopped refuses the creation.
	BeforeCreate func(ctx context.Context, row Row) (Row, error)
	AfterCreate  func(ctx context.Context, row Row) error
	// BeforeUpdate gets the new values only; what it returns is merged over them.
	BeforeUpdate func(ctx context.Context, set Row) (Row, error)
	AfterUpdate  func(ctx context.Context, row Row) error
	BeforeDelete func(ctx context.Context, row Row) error
	AfterDelete  func(ctx context.Context, row Row) error
}

// Store writes and reads through an Adapter: it makes ids, applies defaults
// and transformations, and runs database hooks.
type Store struct {
	adapter Adapter
	newID   func(model string) (string, error)
	hooks   map[string][]Hooks
}

// NewStore wraps an adapter. newID makes the id of a new row of a model; an
// empty one leaves it to the database. hooks are keyed by model, in order.
func NewStore(a Adapter, newID func(model string) (string, error), hooks map[string][]Hooks) *Store {
	return &Store{adapter: a, newID: newID, hooks: hooks}
}

// Adapter returns the storage below, for work that hooks must not see.
func (s *Store) Adapter() Adapter { return s.adapter }

// Identify gives a new row of a model its id, unless it has one or ids are the
// database's to make. Create does so itself; it is for rows that go to Adapter.
func (s *Store) Identify(model string, row Row) error {
	if id, ok := row[ID].(string); ok && id != "" {
		return nil
	}
	delete(row, ID)
	id, err := s.newID(model)
	if err != nil {
		return fmt.Errorf("make an id for %s: %w", model, err)
	}
	if id != "" {
		row[ID] = id
	}
	return nil
}

// Create writes one row and returns it as stored.
func (s *Store) Create(ctx context.Context, t *Table, row Row) (Row, error) {
	return s.CreateIn(ctx, t, row, s.adapter.Insert)
}

// CreateIn is Create for a row that another storage keeps, with the same hooks,
// defaults and transformations. write gets the finished row, inside the
// transaction of the hooks if there are any, and returns it as stored. The row
// has no id when ids are the database's to make: give it one.
func (s *Store) CreateIn(ctx context.Context, t *Table, row Row, write func(context.Context, *Table, Row) (Row, error)) (Row, error) {
	hooks := s.hooks[t.Model]
	if len(hooks) == 0 {
		return s.insert(ctx, t, row, write)
	}
	var stored Row
	err := s.Tx(ctx, func(ctx context.Context) error {
		row := maps.Clone(row)
		for _, h := range hooks {
			if h.BeforeCreate == nil {
				continue
			}
			merge, err := h.BeforeCreate(ctx, row)
			if err != nil {
				return hookError(h, err)
			}
			maps.Copy(row, merge)
		}
		var err error
		if stored, err = s.insert(ctx, t, row, write); err != nil {
			return err
		}
		for _, h := range hooks {
			if h.AfterCreate != nil {
				afterCommit(ctx, func(ctx context.Context) error { return h.AfterCreate(ctx, maps.Clone(stored)) })
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

func (s *Store) insert(ctx context.Context, t *Table, in Row, write func(context.Context, *Table, Row) (Row, error)) (Row, error) {
	row := make(Row, len(t.Fields)+1)
	row[ID] = in[ID]
	if err := s.Identify(t.Model, row); err != nil {
		return nil, err
	}
	for name := range in {
		if !t.Has(name) {
			return nil, fmt.Errorf("table %q has no field %q", t.Model, name)
		}
	}
	for _, f := range t.Fields {
		v, ok := in[f.Name]
		if !ok && f.Default != nil {
			v = f.Default()
		}
		v, err := f.input(v)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.Model, f.Name, err)
		}
		row[f.Name] = v
	}
	stored, err := write(ctx, t, row)
	if err != nil {
		return nil, err
	}
	return stored, Output(t, stored)
}

// Select reads rows.
func (s *Store) Select(ctx context.Context, q Query) ([]Row, error) {
	rows, err := s.adapter.Select(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := Output(q.Table, row); err != nil {
			return nil, err
		}
		for _, j := range q.Joins {
			if err := outputJoined(j, row); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

func outputJoined(j Join, row Row) error {
	switch joined := row[j.Table.Model].(type) {
	case Row:
		return Output(j.Table, joined)
	case []Row:
		for _, r := range joined {
			if err := Output(j.Table, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// First reads the first row of a query, or nil.
func (s *Store) First(ctx context.Context, q Query) (Row, error) {
	q.Limit = 1
	rows, err := s.Select(ctx, q)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// Count counts rows.
func (s *Store) Count(ctx context.Context, t *Table, w Where) (int64, error) {
	return s.adapter.Count(ctx, t, w)
}

// Update changes the rows that match, in one statement.
func (s *Store) Update(ctx context.Context, c Change) (Result, error) {
	return s.UpdateIn(ctx, c, func(ctx context.Context, c Change) (Result, error) {
		res, err := s.adapter.Update(ctx, c)
		if err != nil {
			return Result{}, err
		}
		return res, outputAll(c.Table, res.Rows)
	})
}

// UpdateIn is Update for rows that another storage keeps, with the same hooks
// and transformations. write gets the finished change and returns rows whose
// output is transformed already: see Output.
func (s *Store) UpdateIn(ctx context.Context, c Change, write func(context.Context, Change) (Result, error)) (Result, error) {
	hooks := s.hooks[c.Table.Model]
	if len(hooks) == 0 {
		return s.update(ctx, c, write)
	}
	var res Result
	err := s.Tx(ctx, func(ctx context.Context) error {
		c := c
		c.Set, c.Returning = maps.Clone(c.Set), true
		for _, h := range hooks {
			if h.BeforeUpdate == nil {
				continue
			}
			merge, err := h.BeforeUpdate(ctx, c.Set)
			if err != nil {
				return hookError(h, err)
			}
			maps.Copy(c.Set, merge)
		}
		var err error
		if res, err = s.update(ctx, c, write); err != nil {
			return err
		}
		for _, h := range hooks {
			if h.AfterUpdate == nil {
				continue
			}
			for _, row := range res.Rows {
				afterCommit(ctx, func(ctx context.Context) error { return h.AfterUpdate(ctx, maps.Clone(row)) })
			}
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	return res, nil
}

func (s *Store) update(ctx context.Context, c Change, write func(context.Context, Change) (Result, error)) (Result, error) {
	set := make(Row, len(c.Set)+1)
	for name, v := range c.Set {
		f := c.Table.Field(name)
		if f == nil {
			return Result{}, fmt.Errorf("table %q has no field %q to update", c.Table.Model, name)
		}
		if _, inc := v.(Increment); !inc {
			var err error
			if v, err = f.input(v); err != nil {
				return Result{}, fmt.Errorf("%s.%s: %w", c.Table.Model, name, err)
			}
		}
		set[name] = v
	}
	for _, f := range c.Table.Fields {
		if _, ok := set[f.Name]; !ok && f.OnUpdate != nil {
			set[f.Name] = f.OnUpdate()
		}
	}
	c.Set = set
	return write(ctx, c)
}

// Delete removes the rows that match, in one statement. Where delete hooks
// exist the rows are read first, under a lock, so that the hooks can refuse.
func (s *Store) Delete(ctx context.Context, r Removal) (Result, error) {
	hooks := slices.DeleteFunc(slices.Clone(s.hooks[r.Table.Model]), func(h Hooks) bool {
		return h.BeforeDelete == nil && h.AfterDelete == nil
	})
	if len(hooks) == 0 {
		res, err := s.adapter.Delete(ctx, r)
		if err != nil {
			return Result{}, err
		}
		return res, outputAll(r.Table, res.Rows)
	}
	var res Result
	err := s.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.Select(ctx, Query{Table: r.Table, Where: r.Where, ForUpdate: true})
		if err != nil {
			return err
		}
		for _, row := range rows {
			for _, h := range hooks {
				if h.BeforeDelete == nil {
					continue
				}
				if err := h.BeforeDelete(ctx, maps.Clone(row)); err != nil {
					return hookError(h, err)
				}
			}
		}
		r := r
		r.Returning = true
		if res, err = s.adapter.Delete(ctx, r); err != nil {
			return err
		}
		if err := outputAll(r.Table, res.Rows); err != nil {
			return err
		}
		for _, row := range res.Rows {
			for _, h := range hooks {
				if h.AfterDelete != nil {
					afterCommit(ctx, func(ctx context.Context) error { return h.AfterDelete(ctx, maps.Clone(row)) })
				}
			}
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	return res, nil
}

func hookError(h Hooks, err error) error {
	return fmt.Errorf("%w of %s: %w", ErrHook, h.Source, err)
}

func outputAll(t *Table, rows []Row) error {
	for _, row := range rows {
		if err := Output(t, row); err != nil {
			return err
		}
	}
	return nil
}

// Output applies the output transformations of a table to a stored row, as
// reading it through a Store does.
func Output(t *Table, row Row) error {
	for _, f := range t.Fields {
		if f.TransformOutput == nil {
			continue
		}
		v, err := f.TransformOutput(row[f.Name])
		if err != nil {
			return fmt.Errorf("%s.%s: %w", t.Model, f.Name, err)
		}
		row[f.Name] = v
	}
	return nil
}

func (f *Field) input(v any) (any, error) {
	if t, ok := v.(time.Time); ok {
		v = Millis(t)
	}
	if f.TransformInput != nil && v != nil {
		var err error
		if v, err = f.TransformInput(v); err != nil {
			return nil, err
		}
	}
	if v == nil && !f.Nullable {
		return nil, errors.New("a value is required")
	}
	return v, nil
}

// Empty tells whether no callback is set.
func (h Hooks) Empty() bool {
	return h.BeforeCreate == nil && h.AfterCreate == nil && h.BeforeUpdate == nil &&
		h.AfterUpdate == nil && h.BeforeDelete == nil && h.AfterDelete == nil
}
