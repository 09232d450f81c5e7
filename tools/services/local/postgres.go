package local

import (
	"context"
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

// Postgres is a PostgreSQL cluster. Its superuser is postgres and needs no
// password. It outlives the process that has started it: Stop it, also after an
// interruption.
type Postgres struct {
	Data, Port string

	dir, bin string
	account  *syscall.Credential // whose it is; nil: ours
}

// StartPostgres makes a cluster below dir and starts it. settings are more lines
// for its postgresql.conf. Others have to be able to search dir: PostgreSQL
// refuses to run as root, and root runs it as the user postgres.
func StartPostgres(ctx context.Context, dir string, settings ...string) (*Postgres, error) {
	bin, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	pg := &Postgres{dir: dir, bin: bin, Data: filepath.Join(dir, "postgres")}
	if os.Geteuid() == 0 {
		if pg.account, err = postgresAccount(); err != nil {
			return nil, err
		}
	}
	if err := pg.MakeDir(pg.Data); err != nil {
		return nil, err
	}
	if pg.Port, err = FreePort(ctx); err != nil {
		return nil, err
	}
	if err := pg.Tool("initdb", "-D", pg.Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"); err != nil {
		return nil, err
	}
	options := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %s\nunix_socket_directories = '%s'\n%s\n", pg.Port, pg.Data, strings.Join(settings, "\n"))
	if err := appendTo(filepath.Join(pg.Data, "postgresql.conf"), options); err != nil {
		return nil, err
	}
	if err := pg.Tool("pg_ctl", "start", "-w", "-D", pg.Data, "-l", pg.log()); err != nil {
		_ = pg.Stop() // it may be slow, and not dead
		return nil, err
	}
	return pg, nil
}

// postgresBinaries finds initdb and pg_ctl of the newest version.
func postgresBinaries() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(found) == 0 {
		return "", &MissingError{Reason: "needs the programs of a PostgreSQL server, initdb and pg_ctl, in PATH or /usr/lib/postgresql: install postgresql (Debian, Ubuntu), postgresql-server (Fedora) or postgresql@17 (Homebrew)"}
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
		return nil, &MissingError{Reason: "PostgreSQL refuses to run as root, and there is no user postgres: do this as another user"}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// MakeDir makes a directory that the cluster may write.
func (pg *Postgres) MakeDir(path string) error {
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

// Tool runs a program of PostgreSQL's, whatever has been interrupted: it is also
// what ends the cluster.
func (pg *Postgres) Tool(name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(pg.bin, name), args...) //nolint:gosec // programs of PostgreSQL
	cmd.Dir = pg.Data
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: pg.account, Setpgid: true}
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

// Restart ends every connection at once and starts again, without waiting until
// it accepts connections.
func (pg *Postgres) Restart() error {
	return pg.Tool("pg_ctl", "restart", "-m", "immediate", "-W", "-D", pg.Data, "-l", pg.log())
}

// Stop ends it at once.
func (pg *Postgres) Stop() error {
	return pg.Tool("pg_ctl", "stop", "-D", pg.Data, "-m", "immediate")
}

func (pg *Postgres) log() string { return filepath.Join(pg.Data, "postgres.log") }

// DSN is that of a database of the cluster; postgres is one from the start.
func (pg *Postgres) DSN(database string) string {
	return "postgres://postgres@127.0.0.1:" + pg.Port + "/" + database + "?sslmode=disable"
}

// PID is the process of the cluster that all others are below.
func (pg *Postgres) PID() (int, error) {
	text, err := os.ReadFile(filepath.Join(pg.Data, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// Signal sends a signal to every process of the cluster.
func (pg *Postgres) Signal(s syscall.Signal) error {
	parent, err := pg.PID()
	if err != nil {
		return err
	}
	// The parent first, that it starts no other while we look.
	if err := SignalAll([]int{parent}, s); err != nil {
		return err
	}
	below, err := Children(parent)
	if err != nil {
		return err
	}
	return SignalAll(below, s)
}
