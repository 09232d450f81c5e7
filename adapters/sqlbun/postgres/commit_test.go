package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// A client that goes away while the server commits: what is told is what is so,
// or what follows a commit would be left out.
func TestACommitThatIsUnderWayWhenTheContextEndsIsReportedAsItIs(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
	raw := connect(t, dsn)
	// The commit waits for whoever holds the lock.
	sqltest.Execute(t, raw, `
		CREATE TABLE gate (id integer);
		CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			LOCK TABLE gate;
			RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON counter
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit()`)
	gate, err := connect(t, dsn).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gate.ExecContext(t.Context(), "LOCK TABLE gate"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- a.Tx(ctx, func(ctx context.Context) error {
			_, err := a.Insert(ctx, counters, db.Row{db.ID: "1"})
			return err
		})
	}()
	waitForBlocked(t, raw, 1)
	cancel()
	if err := gate.Rollback(); err != nil {
		t.Fatal(err)
	}
	err = <-ended
	n, countErr := a.Count(t.Context(), counters, nil)
	if err != nil || n != 1 || countErr != nil {
		t.Errorf("the transaction reports %v, %d rows are there (%v)", err, n, countErr)
	}
}

func TestATransactionWhoseContextEndsBeforeTheCommitIsRolledBack(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	a := migrated(t, sqltest.Postgres(t), postgres.Options{Connections: 1}, []*db.Table{counters})
	ctx, cancel := context.WithCancel(t.Context())
	err := a.Tx(ctx, func(ctx context.Context) error {
		_, err := a.Insert(ctx, counters, db.Row{db.ID: "1"})
		cancel()
		return err
	})
	if n, countErr := a.Count(t.Context(), counters, nil); !errors.Is(err, context.Canceled) || n != 0 || countErr != nil {
		t.Errorf("the transaction reports %v, %d rows are there (%v)", err, n, countErr)
	}
}
