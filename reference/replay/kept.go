package replay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// service is what differs between the database servers.
type service struct {
	// fresh makes a database and returns its DSN.
	fresh func() string
	open  func(ctx context.Context, dsn string) (*sqlbun.Adapter, error)
	// look opens a connection past the adapter.
	look func(dsn string) (*sql.DB, error)
	// empty deletes all rows and starts serial ids anew, by statements that run on
	// one connection.
	empty     func(tables []*db.Table) []string
	unordered bool
	// quote is the character around names; columns asks for those of a table.
	quote, columns string
}

// kept are the databases of one server. To make one takes longer than to play a
// scenario, so scenarios that declare the same tables have one after the other,
// emptied in between. One is open at a time.
type kept struct {
	service

	made    map[string]string // DSN by the shape of the tables
	shape   string            // of the open one
	adapter *sqlbun.Adapter
	conn    *sql.DB
}

// keep keeps the databases of a server until the test ends.
func keep(t testing.TB, s service) OpenDatabase {
	t.Helper()
	k := &kept{service: s, made: map[string]string{}}
	fresh := k.fresh
	k.fresh = func() string {
		dsn := fresh()
		// Ahead of the removal of the database, which waits for connections.
		t.Cleanup(func() {
			if err := k.close(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("close a database: %v", err)
			}
		})
		return dsn
	}
	return k.database
}

// database opens the one of the next scenario. Which that is shows when the
// server has declared its tables.
func (k *kept) database(context.Context) (*Database, error) {
	a := &ordered{}
	return &Database{
		Adapter: a,
		prepare: func(ctx context.Context, tables []*db.Table) error {
			err := k.prepare(ctx, tables)
			a.Adapter = k.adapter
			return err
		},
		rows:    func(ctx context.Context, t *db.Table) ([]any, error) { return k.rows(ctx, t, a) },
		columns: k.columnsOf, unordered: k.unordered,
		close: func(context.Context) error { return nil },
	}, nil
}

func (k *kept) prepare(ctx context.Context, tables []*db.Table) error {
	shape := shapeOf(tables)
	dsn, made := k.made[shape]
	if k.adapter == nil || shape != k.shape {
		if err := k.close(ctx); err != nil {
			return err
		}
		if !made {
			dsn = k.fresh()
		}
		if err := k.use(ctx, dsn); err != nil {
			return err
		}
		k.shape = shape
	}
	if made {
		for _, statement := range k.empty(tables) {
			if _, err := k.conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	}
	if _, err := k.adapter.Apply(ctx, tables, nil); err != nil {
		return err
	}
	k.made[shape] = dsn
	return nil
}

func (k *kept) use(ctx context.Context, dsn string) error {
	a, err := k.open(ctx, dsn)
	if err != nil {
		return err
	}
	conn, err := k.look(dsn)
	if err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	conn.SetMaxOpenConns(1)
	k.adapter, k.conn = a, conn
	return nil
}

func (k *kept) close(ctx context.Context) error {
	if k.adapter == nil {
		return nil
	}
	err := errors.Join(k.conn.Close(), k.adapter.Close(ctx))
	k.adapter, k.conn = nil, nil
	return err
}

// rows reads a table past the adapter. The server keeps rows in an order of its
// own, so they are put into that of insertion.
func (k *kept) rows(ctx context.Context, t *db.Table, a *ordered) ([]any, error) {
	rows, err := query(ctx, k.conn, "SELECT * FROM "+k.named(t.Name))
	slices.SortStableFunc(rows, func(x, y any) int { return a.place(t, x) - a.place(t, y) })
	return rows, err
}

func (k *kept) columnsOf(ctx context.Context, t *db.Table) ([]string, error) {
	return columnsOf(ctx, k.conn, k.columns, t.Name)
}

func (k *kept) named(name string) string {
	return k.quote + strings.ReplaceAll(name, k.quote, k.quote+k.quote) + k.quote
}

// ordered is an Adapter that remembers in which order rows came.
type ordered struct {
	db.Adapter

	mu     sync.Mutex
	places map[string]int // by model and id
}

// Insert writes one row.
func (o *ordered) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	out, err := o.Adapter.Insert(ctx, t, row)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.places == nil {
		o.places = map[string]int{}
	}
	o.places[placeKey(t, out[db.ID])] = len(o.places) + 1
	return out, nil
}

func (o *ordered) place(t *db.Table, row any) int {
	columns, _ := row.(map[string]any)
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.places[placeKey(t, columns[db.ID])]
}

func placeKey(t *db.Table, id any) string { return t.Model + " " + fmt.Sprint(id) }

// shapeOf tells sets of tables apart that need databases of their own: it writes
// out all that is declared of them but functions.
func shapeOf(tables []*db.Table) string {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "%q %q %q %q\n", t.Model, t.Schema, t.Name, t.IDs)
		for _, m := range t.Migrations {
			fmt.Fprintf(&b, "  migration %q\n", m.Name)
		}
		for _, f := range t.Fields {
			for member, v := range reflect.ValueOf(f).Elem().Fields() {
				switch {
				case v.Kind() == reflect.Func:
					continue
				case v.Kind() == reflect.Pointer && !v.IsNil():
					v = v.Elem()
				}
				fmt.Fprintf(&b, "  %s=%#v", member.Name, v)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
