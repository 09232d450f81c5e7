package sqlbun_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// contended is SQLite where a trigger's refusal is a serialization failure,
// which SQLite itself does not have.
type contended struct{ sqlite.Dialect }

func (d contended) Fault(err error) sqlbun.Fault {
	f := d.Dialect.Fault(err)
	if f.Code == "SQLITE_CONSTRAINT_TRIGGER" {
		f.Kind = sqlbun.Retry
	}
	return f
}

func TestATransactionThatMetAnotherRunsAgain(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("own")
	cases := []struct {
		name string
		// bombs is how many runs meet another transaction; own ends the first run with errOwn.
		bombs, runs int
		own, fails  bool
	}{
		{name: "none met", runs: 1},
		{name: "one met", bombs: 1, runs: 2},
		{name: "two met", bombs: 2, runs: 3},
		{name: "three met", bombs: 3, runs: 3, fails: true},
		{name: "an error of its own", own: true, runs: 1, fails: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "a.db"))
			if err != nil {
				t.Fatal(err)
			}
			pool.SetMaxOpenConns(1)
			a := sqlbun.New(contended{}, pool, pool)
			t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
			table := &db.Table{Model: "t", Fields: []*db.Field{{Name: "v", Type: db.String}}}
			if err := table.Init(); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Apply(t.Context(), []*db.Table{table}, nil); err != nil {
				t.Fatal(err)
			}
			_, err = pool.ExecContext(t.Context(), `create trigger b before insert on t when new.v = 'bomb' begin select raise(abort, ''); end`)
			if err != nil {
				t.Fatal(err)
			}
			runs := 0
			err = a.Tx(t.Context(), func(ctx context.Context) error {
				runs++
				if _, err := a.Insert(ctx, table, db.Row{db.ID: "1", "v": "x"}); err != nil {
					return err
				}
				if c.own {
					return errOwn
				}
				if runs > c.bombs {
					return nil
				}
				_, err := a.Insert(ctx, table, db.Row{db.ID: "2", "v": "bomb"})
				return err
			})
			if (err != nil) != c.fails || c.own && !errors.Is(err, errOwn) || runs != c.runs {
				t.Errorf("%d runs, %v", runs, err)
			}
			want := int64(1)
			if c.fails {
				want = 0
			}
			if n, err := a.Count(t.Context(), table, nil); err != nil || n != want {
				t.Errorf("%d rows, want %d (%v)", n, want, err)
			}
		})
	}
}
