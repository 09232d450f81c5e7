package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// settings are options of a configuration file, by their names.
type settings map[string]any

// database is one that is filled.
type database struct {
	*cluster
	fill
	name string
}

// filled makes a database with sessions, and the tables of options' plugins, once.
func (b *bench) filled(sessions int, options settings) (*database, error) {
	plugins, _ := options["plugins"].(settings)
	_, organization := plugins["organization"]
	key := fmt.Sprintf("%d %v", sessions, organization)
	if d, ok := b.databases[key]; ok {
		return d, nil
	}
	c, err := b.postgresCluster()
	if err != nil {
		return nil, err
	}
	name, err := b.create(c)
	if err != nil {
		return nil, err
	}
	b.say("filling a database with %d sessions", sessions)
	hash, err := password.NewScrypt(password.ScryptOptions{}).Hash(b.ctx, userPassword)
	if err != nil {
		return nil, err
	}
	d := &database{cluster: c, name: name, fill: newFill(sessions, hash, organization)}
	if err := b.migrate(with(options, settings{"database": d.settings(b.pool)})); err != nil {
		return nil, err
	}
	if err := c.exec(b.ctx, name, d.statements()...); err != nil {
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	b.databases[key] = d
	return d, nil
}

func (d *database) url() string { return d.dsn(d.name) }

// settings are what Gatehouse's configuration says about it.
func (d *database) settings(pool int) settings {
	return settings{"dialect": "postgres", "dsn": d.url(), "connections": pool}
}

// clean removes what a workload has added.
func (d *database) clean(ctx context.Context) error { return d.exec(ctx, d.name, cleaning()...) }

// session is one to ask for.
type session struct{ token, email, name string }

// sessions reads some, spread over the table.
func (d *database) sample(ctx context.Context, count int) ([]session, error) {
	ids := each(sampled(d.sessions, count), func(n int) string { return fmt.Sprintf("benchsession%020d", n) })
	var found []session
	err := d.with(ctx, d.name, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `select s.token, u.email, u.name from session s join "user" u on u.id = s."userId" where s.id = any($1) order by s.token`, ids)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s session, err error) {
			return s, row.Scan(&s.token, &s.email, &s.name)
		})
		return err
	})
	if err == nil && len(found) != len(ids) {
		err = fmt.Errorf("%d of %d sessions are in the database", len(found), len(ids))
	}
	return found, err
}

// migrate brings a database to a configuration. That Gatehouse does not have a
// plugin yet is a [local.MissingError].
func (b *bench) migrate(s settings) error {
	program, err := b.gatehouse()
	if err != nil {
		return err
	}
	file, err := b.write("migrate.json", s)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, program, "migrate", "--config", file) //nolint:gosec // the program that is measured
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "does not have yet") {
		return &local.MissingError{Reason: "Gatehouse refuses the configuration: " + strings.TrimSpace(string(out))}
	}
	if err != nil {
		return fmt.Errorf("gatehouse migrate: %w\n%s", err, out)
	}
	return nil
}

// write puts a configuration into a file and returns its path.
func (b *bench) write(name string, s settings) (string, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.dir, name)
	return path, os.WriteFile(path, text, 0o600) //nolint:gosec // in the directory that we have made
}

// with is a copy with changes on top.
func with(s, changes settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, changes)
	return out
}
