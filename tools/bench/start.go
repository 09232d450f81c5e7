package main

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

const (
	starts    = 10
	startPoll = 200 * time.Microsecond
)

// start is how long each start took.
type start struct{ Milliseconds []float64 }

// measureStart starts the program on a SQLite database that is ready. The first
// start is not counted: the file of the program comes from the disk then.
func (b *bench) measureStart() error {
	program, err := b.gatehouse()
	if err != nil {
		return err
	}
	w := workload{}
	config := with(w.options(), settings{"database": settings{"dialect": "sqlite", "dsn": filepath.Join(b.dir, "start.db")}})
	if err := b.migrate(config); err != nil {
		return err
	}
	file, err := b.write("start.json", config)
	if err != nil {
		return err
	}
	b.Start = &start{}
	for n := range starts + 1 {
		took, err := b.startOnce(program, file)
		if err != nil {
			return err
		}
		if n > 0 {
			b.Start.Milliseconds = append(b.Start.Milliseconds, float64(took.Microseconds())/1000)
		}
	}
	return nil
}

// startOnce is the time from exec to the first 200.
func (b *bench) startOnce(program, file string) (time.Duration, error) {
	port, err := local.FreePort(b.ctx)
	if err != nil {
		return 0, err
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	cmd := exec.Command(program, "serve", "--config", file, "--addr", addr) //nolint:gosec,noctx // the program that is measured; it is ended below
	cmd.Dir = b.dir
	began := time.Now()
	proc, err := local.Start(b.dir, "start", cmd)
	if err != nil {
		return 0, err
	}
	defer proc.Abandon()
	ok := get("/ok", "X-Start: 1")
	for time.Since(began) < startTimeout && proc.Running() {
		if c, err := dial(b.ctx, addr); err == nil {
			status, _, err := c.exchange(ok)
			took := time.Since(began)
			c.close()
			if err == nil && status == 200 {
				return took, nil
			}
		}
		if err := b.rest(startPoll); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("the program does not answer; see %s", proc.Log)
}
