package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// settle is how long a server is left alone before its memory is read.
const settle = time.Second

// memory is what a contender holds, in bytes of resident memory, of all its
// processes.
type memory struct {
	Contender   string
	Idle        int64 // after the first answer
	Connected   int64 // with Connections that idle
	Connections int
	Peak, After int64 // under load, and when it is over
}

// each is what a connection that idles costs, in bytes.
func (m memory) each() float64 {
	return ratio(float64(m.Connected-m.Idle), float64(m.Connections))
}

// measureMemory takes each contender twice: for connections, and for load.
func (b *bench) measureMemory() error {
	w := allWorkloads()[0]
	d, err := b.filled(b.middle(), w.options())
	if err != nil {
		return err
	}
	for _, c := range allContenders() {
		if !chosen(b.contenders, c.name) {
			continue
		}
		m := memory{Contender: c.name}
		err := errors.Join(b.connected(c, &w, d, &m), b.loaded(c, &w, d, &m))
		if missing, ok := errors.AsType[*local.MissingError](err); ok {
			b.skip("memory of %s: %v", c.name, missing)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		b.Memory = append(b.Memory, m)
	}
	return nil
}

// connected measures a server at rest, and with connections that are kept.
func (b *bench) connected(c contender, w *workload, d *database, m *memory) error {
	if err := descriptors(b.idle); err != nil {
		return err
	}
	server, err := c.start(b, w, d, c.name+"-idle")
	if err != nil {
		return err
	}
	defer server.Abandon()
	if m.Idle, err = b.resident(server); err != nil {
		return err
	}
	ok := get("/ok", "X-Idle: 1")
	for range b.idle {
		idle, err := dial(b.ctx, server.addr)
		if err != nil {
			return err
		}
		defer idle.close()
		if status, body, err := idle.exchange(ok); err != nil || status != 200 {
			return fmt.Errorf("a connection that is to idle gets %d %s (error: %w)", status, body, err)
		}
		m.Connections++
	}
	m.Connected, err = b.resident(server)
	return err
}

// loaded measures a server under the most connections.
func (b *bench) loaded(c contender, w *workload, d *database, m *memory) error {
	server, err := c.start(b, w, d, c.name+"-loaded")
	if err != nil {
		return err
	}
	defer server.Abandon()
	s := &stage{bench: b, workload: w, database: d, addr: server.addr}
	next, err := w.requests(s)
	if err != nil {
		return err
	}
	if _, err := s.measure(server, next, b.connections[len(b.connections)-1], b.warm, b.length); err != nil {
		return err
	}
	u, err := server.GroupUsage()
	if err != nil {
		return err
	}
	m.Peak = u.Peak
	m.After, err = b.resident(server)
	return err
}

// resident is the memory of a server that has been left alone for a moment.
func (b *bench) resident(s *server) (int64, error) {
	if err := b.rest(settle); err != nil {
		return 0, err
	}
	u, err := s.GroupUsage()
	return u.Resident, err
}

// descriptors wants as many files as connections take. The Go runtime has raised
// the limit as far as it may.
func descriptors(connections int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if need := uint64(connections) + 1000; limit.Max < need { //nolint:gosec // a small number
		return &local.MissingError{Reason: fmt.Sprintf("needs %d open files, and the limit of this shell is %d: raise it with ulimit -n", need, limit.Max)}
	}
	return nil
}
