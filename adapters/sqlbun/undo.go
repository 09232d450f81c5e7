package sqlbun

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// undoTime bounds the undoing of a migration, which goes on when the context
// of Apply has ended.
const undoTime = 30 * time.Second

// UndoError is a migration that failed half way on a database that cannot take
// back changes of tables with a transaction, and of which some steps stand. The
// next Apply goes on from there.
//
// What holds rows is not removed: a new table that somebody has written to, a
// new column of a table with rows. Nor is anything where the connection was
// lost, and the lock of migrations with it, and another instance has the lock
// or has gone on with the tables since.
type UndoError struct {
	// Stand are the steps that were run and could not be undone, and the one that
	// was running when the connection was lost, where nobody knows how it ended.
	Stand []db.Step
	// Err is why the migration failed.
	Err error
}

func (e *UndoError) Error() string {
	return fmt.Sprintf("%v; %d step(s) stand, first %s: mend the cause and migrate again", e.Err, len(e.Stand), e.Stand[0])
}

func (e *UndoError) Unwrap() error { return e.Err }

// stepwise is an Apply where each change of a table stands by itself.
type stepwise struct {
	a      *Adapter
	tables []*db.Table
	conn   bun.Conn // has the lock of migrations
}

func (a *Adapter) applyInSteps(ctx context.Context, tables []*db.Table, progress func(step db.Step)) (*db.Plan, error) {
	m := &stepwise{a: a, tables: tables}
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.release(ctx)
	p, err := a.plan(ctx, m.conn, tables)
	if err != nil {
		return nil, err
	}
	done, err := a.run(ctx, m.conn, p, progress)
	if err == nil {
		return p.told(), nil
	}
	if stand := m.undo(ctx, p.steps, done); len(stand) > 0 {
		err = &UndoError{Stand: told(stand), Err: err}
	}
	return nil, err
}

// lock takes a connection, and on it the lock of migrations.
func (m *stepwise) lock(ctx context.Context) error {
	conn, err := m.a.write.Conn(ctx)
	if err != nil {
		return m.a.fail(ctx, "migrate", nil, err)
	}
	m.conn = conn
	if err := m.a.dialect.Lock(ctx, conn, migrationLock); err != nil {
		err = m.a.fail(ctx, "lock", nil, err)
		m.release(ctx)
		return err
	}
	return nil
}

func (m *stepwise) release(ctx context.Context) {
	m.a.unlock(ctx, m.conn)
	_ = m.conn.Close()
}

// undo takes back the steps that were done, the last one first, and returns
// those that stand.
func (m *stepwise) undo(ctx context.Context, steps []step, done int) (stand []step) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if _, err := m.conn.ExecContext(ctx, "SELECT 1"); err != nil {
		var ours bool
		if done, ours = m.lockAgain(ctx, steps, done); !ours {
			return steps[:done]
		}
	}
	for i, step := range slices.Backward(steps[:done]) {
		if step.Kind == stepMigration || step.Kind == stepRemember {
			// What its statements did is not known: they may have moved values from
			// what was there before to what the steps before them made.
			return append(slices.Clone(steps[:i+1]), stand...)
		}
		if !goesWith(steps[:i], step) && !m.undone(ctx, step) {
			stand = slices.Insert(stand, 0, step)
		}
	}
	return stand
}

// lockAgain takes the lock that was lost with its connection, and tells how many
// steps were done: the server may have finished the one that was running, which
// the lock waits for. They are not ours to undo when the lock cannot be had, or
// when what there is left to do is no longer what we left.
func (m *stepwise) lockAgain(ctx context.Context, steps []step, done int) (n int, ours bool) {
	discard(m.conn)
	_ = m.conn.Close()
	unknown := min(done+1, len(steps))
	if m.lock(ctx) != nil {
		return unknown, false
	}
	left, err := m.a.plan(ctx, m.conn, m.tables)
	if err != nil {
		return unknown, false
	}
	if len(left.steps) == 0 {
		return done, false // nothing is: somebody has done the rest
	}
	for _, n := range []int{done, unknown} {
		if slices.Equal(work(left.steps), work(steps[n:])) {
			return n, true
		}
	}
	return done, false
}

// work is what steps do, in an order of its own. The index of a reference is
// left out: the reference has brought one, which makes ours needless to a Plan.
func work(steps []step) []string {
	var out []string
	for _, s := range steps {
		implied := slices.ContainsFunc(s.table.Fields, func(f *db.Field) bool {
			return s.Kind == stepCreateIndex && f.References != nil && s.Name == indexName(column(s.table, f.Name), f.Unique)
		})
		if !implied {
			out = append(out, s.SQL)
		}
	}
	slices.Sort(out)
	return out
}

// goesWith tells whether one of the steps before made the table or the column
// that step is a part of, and takes it along when it is undone. By itself an
// index that serves a reference could not be dropped.
func goesWith(before []step, step step) bool {
	for _, b := range before {
		switch {
		case b.table != step.table:
		case b.Kind == stepCreateTable:
			return true
		case b.Kind == stepAddColumn && step.Kind == stepCreateIndex:
			if f := fieldOfColumn(b.table, b.Name); f != nil && step.Name == indexName(column(b.table, f.Name), f.Unique) {
				return true
			}
		}
	}
	return false
}

// undone takes one step back, unless that would remove rows, and tells whether
// it has. A column goes only from a table without rows: it does no harm, and
// somebody may have been faster to use it than the migration to fail.
func (m *stepwise) undone(ctx context.Context, step step) bool {
	t := step.table
	switch step.Kind {
	case stepCreateTable:
		return m.dropped(ctx, t, t.Fields, m.a.sql("drop table ").table(t))
	case stepAddColumn:
		f := fieldOfColumn(t, step.Name)
		if f == nil {
			return false
		}
		s := m.a.sql("alter table ").table(t)
		if f.References != nil {
			s.Text(" drop foreign key ").Name(referenceName(column(t, f.Name))).Text(",")
		}
		return m.dropped(ctx, t, []*db.Field{f}, s.Text(" drop column ").Name(step.Name))
	case stepCreateIndex:
		_, err := m.conn.ExecContext(ctx, string(m.a.sql("drop index ").Name(step.Name).Text(" on ").table(t).buf))
		return err == nil
	}
	return false
}

// dropped runs a statement on a table that has no rows. Nobody else gets at the
// table between the look and the statement: it is locked, and with it what the
// fields refer to, which a change of a reference locks as well.
func (m *stepwise) dropped(ctx context.Context, t *db.Table, fields []*db.Field, drop *SQL) bool {
	lock := m.a.sql("lock tables ").table(t).Text(" write")
	with := []*db.Table{t}
	for _, f := range fields {
		if target := m.referred(f); target != nil && !slices.Contains(with, target) {
			with = append(with, target)
			lock.Text(", ").table(target).Text(" write")
		}
	}
	if _, err := m.conn.ExecContext(ctx, string(lock.buf)); err != nil {
		return false
	}
	defer func() {
		if m.a.finishBy(ctx, "unlock", m.conn, "unlock tables") != nil {
			discard(m.conn)
		}
	}()
	rows := true
	if err := m.conn.QueryRowContext(ctx, string(m.a.sql("select exists (select 1 from ").table(t).Text(")").buf)).Scan(&rows); err != nil || rows {
		return false
	}
	_, err := m.conn.ExecContext(ctx, string(drop.buf))
	return err == nil
}

// referred is the table that a field refers to, nil for none.
func (m *stepwise) referred(f *db.Field) *db.Table {
	for _, t := range m.tables {
		if f.References != nil && t.Model == f.References.Model {
			return t
		}
	}
	return nil
}

func fieldOfColumn(t *db.Table, name string) *db.Field {
	for _, f := range t.Fields {
		if f.Column == name {
			return f
		}
	}
	return nil
}
