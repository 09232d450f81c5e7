package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// cluster is the PostgreSQL that all contenders share.
type cluster struct {
	dsn   func(database string) string
	admin string // database to make others from
	own   *local.Postgres
}

// postgresSettings are those of our own cluster, beside PostgreSQL's defaults:
// enough memory for a million sessions, and checkpoints that do not fall into
// every other measurement. What is acknowledged is on the disk, as by default.
var postgresSettings = []string{"shared_buffers = '512MB'", "max_wal_size = '4GB'", "checkpoint_timeout = '30min'", "max_connections = 120"}

// postgresCluster starts the cluster, or finds the one that was named, once.
func (b *bench) postgresCluster() (*cluster, error) {
	if b.cluster != nil {
		return b.cluster, nil
	}
	c := &cluster{admin: "postgres"}
	if b.postgres == "" {
		own, err := local.StartPostgres(b.ctx, b.dir, postgresSettings...)
		if err != nil {
			return nil, err
		}
		b.later(func() { _ = own.Stop() })
		c.own, c.dsn = own, own.DSN
	} else {
		u, err := url.Parse(b.postgres)
		if err != nil || u.Host == "" {
			return nil, errors.New("-postgres: want a URL such as postgres://postgres@127.0.0.1:5432/postgres")
		}
		if len(u.Path) > 1 {
			c.admin = u.Path[1:]
		}
		c.dsn = func(database string) string {
			at := *u
			at.Path = "/" + database
			return at.String()
		}
	}
	version, err := c.version(b.ctx)
	if err != nil {
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	b.cluster, b.Machine.PostgreSQL = c, version
	return c, nil
}

func (c *cluster) version(ctx context.Context) (version string, err error) {
	err = c.with(ctx, c.admin, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "show server_version").Scan(&version)
	})
	return version, err
}

// with runs f on a connection of its own to a database.
func (c *cluster) with(ctx context.Context, database string, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.dsn(database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return f(conn)
}

// exec runs statements, each by itself.
func (c *cluster) exec(ctx context.Context, database string, statements ...string) error {
	return c.with(ctx, database, func(conn *pgx.Conn) error {
		for _, s := range statements {
			if _, err := conn.Exec(ctx, s); err != nil {
				return fmt.Errorf("%w in %.80q", err, s)
			}
		}
		return nil
	})
}

// create makes an empty database, which is dropped at the end where the cluster
// outlives us, and returns its name.
func (b *bench) create(c *cluster) (string, error) {
	name := pgx.Identifier{"gatehouse_bench_" + rand.Text()}
	if err := c.exec(b.ctx, c.admin, "create database "+name.Sanitize()); err != nil {
		return "", err
	}
	if c.own == nil {
		b.later(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), time.Minute)
			defer cancel()
			if err := c.exec(ctx, c.admin, "drop database "+name.Sanitize()+" with (force)"); err != nil {
				b.say("the database %s is still there: %v", name[0], err)
			}
		})
	}
	return name[0], nil
}

// cpu is the processor time of PostgreSQL's processes that are there; 0 where the
// cluster is not ours.
func (c *cluster) cpu() time.Duration {
	if c == nil || c.own == nil {
		return 0
	}
	pid, err := c.own.PID()
	if err != nil {
		return 0
	}
	below, err := local.Children(pid)
	if err != nil {
		return 0
	}
	return local.CPUOf(below)
}
