package sqlbun_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// slow prepares look-ups, each of which takes until it may go on.
type slow struct {
	sqlite.Dialect
	came  *[]string // what was looked for, in the order of the connections
	going chan struct{}
}

func (s slow) Lookup(_ context.Context, _ any, _ string, args []any, _ func([]any)) error {
	*s.came = append(*s.came, args[0].(string))
	<-s.going
	return nil
}

func (slow) CannotPrepare(error) bool { return false }

func TestLookupsWaitInTheirOrder(t *testing.T) {
	t.Parallel()
	table := &db.Table{Model: "note", Name: "note"}
	synctest.Test(t, func(t *testing.T) {
		pool, err := sql.Open("sqlite", "file:order?mode=memory")
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		dialect := slow{came: new([]string), going: make(chan struct{})}
		a := sqlbun.Over(dialect, pool)
		a.PrepareLookups()
		look := func(ctx context.Context, id string) error {
			_, err := a.Select(ctx, db.Query{Table: table, Where: db.Where{db.By(db.ID, id)}, Limit: 1})
			return err
		}
		var want []string
		for i := range 12 {
			id := strconv.Itoa(i)
			ctx, leave := context.WithCancel(t.Context())
			go func() {
				if err := look(ctx, id); (err != nil) != (i == 5) || i == 5 && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", id, err)
				}
			}()
			synctest.Wait()
			if i == 5 {
				leave() // as a client does that waits no longer
			} else {
				want = append(want, id)
				defer leave()
			}
		}
		for range want {
			dialect.going <- struct{}{}
			synctest.Wait()
		}
		if !slices.Equal(*dialect.came, want) {
			t.Errorf("they got their turns as %v", *dialect.came)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
}
