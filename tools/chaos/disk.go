package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

const (
	diskSize = 48 << 20
	fullFor  = 6 * time.Second
)

// smallDisk mounts a file system of diskSize bytes.
func (b *bench) smallDisk() (string, error) {
	dir := filepath.Join(b.dir, "disk")
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL passes through
		return "", err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", diskSize)); err != nil {
		return "", &local.MissingError{Reason: fmt.Sprintf("needs a small file system, and mounting a tmpfs takes root: %v", err)}
	}
	b.later(func() {
		if err := keep(dir, filepath.Join(b.dir, "disk-files")); err != nil {
			b.say("the files of the small disk are not kept: %v", err)
		}
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	})
	return dir, nil
}

// keep copies what is on the small disk, which goes with its mount, to where a
// scenario that failed leaves its files.
func keep(disk, to string) error {
	if err := os.Remove(filepath.Join(disk, ballast)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.CopyFS(to, os.DirFS(disk))
}

// ballast is the file that takes the space of a small disk.
const ballast = "ballast"

// fill takes the space that is left, also for the second time; remove the file to
// give it back.
func fill(dir string) (file string, err error) {
	file = filepath.Join(dir, ballast)
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // a file of ours
	if err != nil {
		return file, err
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return file, errors.Join(err, f.Close())
	}
	return file, f.Close()
}

func fillBelowSQLite(b *bench) error {
	disk, err := b.smallDisk()
	if err != nil {
		return err
	}
	file := filepath.Join(disk, "gatehouse.db")
	return fillDisk(b, disk, settings{"dialect": "sqlite", "dsn": file}, "sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
}

// fillBelowPostgres has the tables alone on the small disk. Where the write-ahead
// log is full as well PostgreSQL stops by itself, which is a restart.
func fillBelowPostgres(b *bench) error {
	disk, err := b.smallDisk()
	if err != nil {
		return err
	}
	pg, err := b.startPostgres()
	if err != nil {
		return err
	}
	space := filepath.Join(disk, "tables")
	if err := pg.MakeDir(space); err != nil {
		return err
	}
	for _, statement := range []string{
		"drop database gatehouse",
		fmt.Sprintf("create tablespace small location '%s'", space),
		"create database gatehouse tablespace small",
	} {
		if err := pg.exec(statement); err != nil {
			return err
		}
	}
	return fillDisk(b, disk, pg.database(), "pgx", pg.dsn())
}

// fillDisk lets users go on while there is no space, and after there is again.
func fillDisk(b *bench, disk string, database settings, driver, dsn string) error {
	t, err := b.found(settings{"database": database})
	if err != nil {
		return err
	}
	db, err := b.openRows(driver, dsn)
	if err != nil {
		return err
	}
	who, err := b.resident(t.client, "reader")
	if err != nil {
		return err
	}
	t.settle("disk")
	if err := b.rest(2 * time.Second); err != nil {
		return err
	}
	reads := &watch{}
	rounds := b.pick(5, 1)
	var slowest, last time.Duration
	for n := range rounds {
		filled, err := fill(disk)
		if err != nil {
			return err
		}
		began := time.Now()
		// PostgreSQL has room in the pages that it has: until that is used up,
		// writes go on.
		if err := b.until(time.Minute, "writes fail on a full disk", func() error {
			if _, err := b.resident(t.client, fmt.Sprintf("full%d.%d", n, time.Now().UnixNano())); errors.Is(err, errUnknown) {
				return nil
			}
			if again, err := fill(disk); err != nil { // a checkpoint may have freed some
				return fmt.Errorf("fill %s: %w", again, err)
			}
			return errors.New("they do not")
		}); err != nil {
			return err
		}
		stop := b.readers(newClient(t.server.url(), reads), who, 4)
		err = b.rest(fullFor)
		if out := stop(); out > 0 {
			return fmt.Errorf("%d reads of a good session were answered as signed out", out)
		}
		if err != nil {
			return err
		}
		b.say("%d of %d: full for %s; %s; reads: %s", n+1, rounds, time.Since(began).Round(time.Millisecond),
			statuses(between(t.watch.all(), began, time.Now())), statuses(reads.all()))
		if err := os.Remove(filled); err != nil {
			return err
		}
		freed := time.Now()
		if err := b.until(startTimeout, "the server signs up again", func() error {
			_, err := b.resident(t.client, fmt.Sprintf("after%d.%d", n, time.Now().UnixNano()))
			return err
		}); err != nil {
			return err
		}
		slowest = max(slowest, time.Since(freed))
		if err := b.rest(recoveryBar + time.Second); err != nil {
			return err
		}
		if last = max(last, lastFailure(t.watch.all(), freed)); last > recoveryBar {
			return fmt.Errorf("a request failed that was sent %s after there was space", last)
		}
	}
	samples := t.watch.all()
	total, err := t.finish(db)
	if err != nil {
		return err
	}
	if err := onlyOutage(samples, http.StatusInternalServerError, http.StatusServiceUnavailable); err != nil {
		return err
	}
	if bad := failures(reads.all()); len(bad) > 0 {
		return fmt.Errorf("%d reads of %d failed, the first with %d", len(bad), len(reads.all()), bad[0].status)
	}
	b.figure("times full, crashes of the server", "", "%d, 0", rounds)
	b.figure("answers", "errors 500 and 503 only", "%s", statuses(samples))
	b.figure("reads while it was full", "all good", "%s", statuses(reads.all()))
	b.figure("last request that failed, after space was given back", "2s", "%s", last.Round(time.Millisecond))
	b.figure("first sign-up answered after that", "", "%s", slowest.Round(time.Millisecond))
	b.figure("lost, half there, or usable twice", "0", "0 of %s", total)
	return nil
}
