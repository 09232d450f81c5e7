package main

import (
	"context"
	"database/sql"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// invariants are counts that have to be 0, whatever happened.
var invariants = []struct{ what, query string }{
	{"users without an account", `select count(*) from "user" u where not exists (select 1 from account a where a."userId" = u.id)`},
	{"accounts without a user", `select count(*) from account a where not exists (select 1 from "user" u where u.id = a."userId")`},
	{"sessions without a user", `select count(*) from session s where not exists (select 1 from "user" u where u.id = s."userId")`},
	{"users with two password accounts", `select count(*) from (select "userId" from account where "providerId" = 'credential' group by "userId" having count(*) > 1) t`},
	{"addresses of two users", `select count(*) from (select lower(email) from "user" group by lower(email) having count(*) > 1) t`},
}

// rows looks at the database behind the server's back.
type rows struct{ db *sql.DB }

func (b *bench) openRows(driver, dsn string) (*rows, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2)
	b.later(func() { _ = db.Close() })
	return &rows{db}, nil
}

// check wants every invariant, all users who are said to be there and none who
// is said to be gone, and no record of a token that was spent.
func (r *rows) check(ctx context.Context, users []*user) error {
	for _, i := range invariants {
		var n int
		if err := r.db.QueryRowContext(ctx, i.query).Scan(&n); err != nil {
			return fmt.Errorf("rows: %s: %w", i.what, err)
		}
		if n != 0 {
			return fmt.Errorf("rows: %d %s", n, i.what)
		}
	}
	there, err := r.texts(ctx, `select email from "user"`)
	if err != nil {
		return err
	}
	pending, err := r.texts(ctx, `select identifier from verification`)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.doubt != nil {
			continue // not known yet
		}
		if u.born && there[u.email] == u.gone {
			return fmt.Errorf("rows: %s was deleted: %v, is there: %v", u.email, u.gone, there[u.email])
		}
		for _, t := range u.spent {
			if pending["reset-password:"+t.text] || pending["delete-account-"+t.text] {
				return fmt.Errorf("rows: %s: the token of a %s is still there", u.email, t.kind)
			}
		}
	}
	return nil
}

func (r *rows) texts(ctx context.Context, query string) (map[string]bool, error) {
	found, err := r.db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	defer func() { _ = found.Close() }()
	set := map[string]bool{}
	for found.Next() {
		var text string
		if err := found.Scan(&text); err != nil {
			return nil, fmt.Errorf("rows: %w", err)
		}
		set[text] = true
	}
	return set, found.Err()
}
