package main

import (
	"database/sql"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// postgres is a PostgreSQL cluster of the scenario's own.
type postgres struct {
	*local.Postgres
	*bench
}

// startPostgres makes a cluster with an empty database gatehouse and starts it.
func (b *bench) startPostgres() (*postgres, error) {
	cluster, err := local.StartPostgres(b.ctx, b.dir)
	if err != nil {
		return nil, err
	}
	b.later(func() { _ = cluster.Stop() })
	pg := &postgres{cluster, b}
	return pg, pg.exec("create database gatehouse")
}

// dsn is that of the database gatehouse.
func (pg *postgres) dsn() string { return pg.DSN("gatehouse") }

// database is what a configuration says about it.
func (pg *postgres) database() settings { return settings{"dialect": "postgres", "dsn": pg.dsn()} }

// exec runs a statement as the superuser, beside the database gatehouse.
func (pg *postgres) exec(statement string) error {
	db, err := sql.Open("pgx", pg.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(pg.ctx, statement)
	return err
}

// accepts tells whether it takes connections and answers.
func (pg *postgres) accepts() error {
	db, err := sql.Open("pgx", pg.dsn()+"&connect_timeout=5")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(pg.ctx)
}

// connections counts those to the database gatehouse but our own.
func (pg *postgres) connections(r *rows) (n int, err error) {
	err = r.db.QueryRowContext(pg.ctx, "select count(*) from pg_stat_activity where datname = 'gatehouse' and pid <> pg_backend_pid()").Scan(&n)
	return n, err
}
