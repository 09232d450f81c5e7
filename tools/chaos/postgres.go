package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// postgres is a PostgreSQL cluster of the scenario's own.
type postgres struct {
	*bench
	bin, data, port string
	account         *syscall.Credential // whose it is; nil: ours
}

// startPostgres makes a cluster with an empty database gatehouse and starts it.
func (b *bench) startPostgres() (*postgres, error) {
	bin, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	pg := &postgres{bench: b, bin: bin, data: filepath.Join(b.dir, "postgres")}
	if os.Geteuid() == 0 {
		if pg.account, err = postgresAccount(); err != nil {
			return nil, err
		}
	}
	if err := pg.makeDir(pg.data); err != nil {
		return nil, err
	}
	if pg.port, err = freePort(b.ctx); err != nil {
		return nil, err
	}
	if err := pg.tool("initdb", "-D", pg.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"); err != nil {
		return nil, err
	}
	options := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %s\nunix_socket_directories = '%s'\n", pg.port, pg.data)
	if err := appendTo(filepath.Join(pg.data, "postgresql.conf"), options); err != nil {
		return nil, err
	}
	if err := pg.start(); err != nil {
		return nil, err
	}
	b.later(func() { _ = pg.tool("pg_ctl", "stop", "-D", pg.data, "-m", "immediate") })
	return pg, pg.exec("create database gatehouse")
}

// postgresBinaries finds initdb and pg_ctl of the newest version.
func postgresBinaries() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(found) == 0 {
		return "", &skipError{"needs the programs of a PostgreSQL server, initdb and pg_ctl, in PATH or /usr/lib/postgresql: install postgresql (Debian, Ubuntu), postgresql-server (Fedora) or postgresql@17 (Homebrew)"}
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // of another name: 0
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// postgresAccount is who runs PostgreSQL, which refuses to run as root.
func postgresAccount() (*syscall.Credential, error) {
	u, err := osuser.Lookup("postgres")
	if err != nil {
		return nil, &skipError{"PostgreSQL refuses to run as root, and there is no user postgres: run make chaos as another user"}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// makeDir makes a directory that PostgreSQL may write.
func (pg *postgres) makeDir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if pg.account == nil {
		return nil
	}
	return os.Chown(path, int(pg.account.Uid), int(pg.account.Gid))
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0) //nolint:gosec // a file that we have made
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// tool runs a program of PostgreSQL's. What it leaves running outlives it, and
// the scenario, which has to end it also when it is interrupted.
func (pg *postgres) tool(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(pg.bin, name), args...) //nolint:gosec // programs of PostgreSQL
	cmd.Dir = pg.data
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: pg.account}
	log, err := os.OpenFile(filepath.Join(pg.dir, "postgres-tools.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log // a pipe would stay open as long as the server
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w; see %s", name, strings.Join(args, " "), err, log.Name())
	}
	return nil
}

func (pg *postgres) start() error {
	return pg.tool("pg_ctl", "start", "-w", "-D", pg.data, "-l", filepath.Join(pg.data, "postgres.log"))
}

// restart ends every connection at once and starts again, without waiting until
// it accepts connections.
func (pg *postgres) restart() error {
	return pg.tool("pg_ctl", "restart", "-m", "immediate", "-W", "-D", pg.data, "-l", filepath.Join(pg.data, "postgres.log"))
}

// dsn is that of the database gatehouse.
func (pg *postgres) dsn() string {
	return "postgres://postgres@127.0.0.1:" + pg.port + "/gatehouse?sslmode=disable"
}

// database is what a configuration says about it.
func (pg *postgres) database() settings { return settings{"dialect": "postgres", "dsn": pg.dsn()} }

// exec runs a statement as the superuser, beside the database gatehouse.
func (pg *postgres) exec(statement string) error {
	db, err := sql.Open("pgx", "postgres://postgres@127.0.0.1:"+pg.port+"/postgres?sslmode=disable")
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

// signal sends a signal to every process of the cluster.
func (pg *postgres) signal(s syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(pg.data, "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	parent, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	// The parent first, that it starts no other while we look.
	if err := signalAll([]int{parent}, s); err != nil {
		return err
	}
	below, err := children(parent)
	if err != nil {
		return err
	}
	return signalAll(below, s)
}
