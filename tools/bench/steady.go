package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// steadyConnections are those of the mixed load.
	steadyConnections = 32
	// steadySignIns is how many requests of a connection there are for each one
	// that signs in.
	steadySignIns = 200
	// samplesPerMinute is how often the server is looked at. A load of less than
	// two minutes counts as two: its minutes are halves.
	samplesPerMinute = 6
	// drain is how long a server has until nothing of the load is left.
	drain = 3 * time.Second
)

// steady is what ten minutes do to a server. Levels are medians of a minute's.
type steady struct {
	Length         string
	Requests       int
	PerSecond, P99 float64
	First, Last    level
	Samples        []level
	// Of two servers, when the load is over: one after a minute, one at the end.
	GoroutinesFirst, GoroutinesLast int
}

// level is what a server holds at one time.
type level struct {
	Second         int
	Resident       int64
	Threads, Files int
	Database       int // connections to PostgreSQL
}

// mixed is get-session with a sign-in now and then.
func mixed(s *stage) (source, error) {
	reads, err := sessions(byCookie)(s)
	if err != nil {
		return nil, err
	}
	writes, err := signIns(s)
	if err != nil {
		return nil, err
	}
	return func(connection, n int) (request, want []byte) {
		if (n+connection)%steadySignIns == 0 {
			return writes(connection, n/steadySignIns)
		}
		return reads(connection, n)
	}, nil
}

// measureSteady loads a Gatehouse for a minute, and another one for the whole
// time.
func (b *bench) measureSteady() error {
	w := workload{name: "steady", adds: true}
	d, err := b.filled(b.middle(), w.options())
	if err != nil {
		return err
	}
	var first steady
	minute := min(time.Minute, b.plan.steady/2)
	if first.GoroutinesLast, err = b.steadily(&w, d, minute, minute, &first); err != nil {
		return err
	}
	s := steady{Length: b.plan.steady.String(), GoroutinesFirst: first.GoroutinesLast}
	s.GoroutinesLast, err = b.steadily(&w, d, b.plan.steady, minute, &s)
	b.Steady = &s
	return err
}

// steadily loads a server and returns the number of its goroutines afterwards.
func (b *bench) steadily(w *workload, d *database, length, minute time.Duration, into *steady) (goroutines int, err error) {
	server, err := startGatehouse(b, w, d, "steady-"+length.String())
	if err != nil {
		return 0, err
	}
	defer server.Abandon()
	st := &stage{bench: b, workload: w, database: d, addr: server.addr}
	defer func() { err = errors.Join(err, st.restore()) }()
	next, err := mixed(st)
	if err != nil {
		return 0, err
	}
	samples := make(chan []level, 1)
	done := make(chan struct{})
	go func() { samples <- b.watch(server, d, minute/samplesPerMinute, done) }()
	f, err := load{addr: server.addr, connections: steadyConnections, next: next}.run(b.ctx, length)
	close(done)
	into.Samples = <-samples
	if err != nil {
		return 0, err
	}
	into.Requests, into.PerSecond, into.P99 = f.Requests, f.PerSecond, f.P99
	n := min(samplesPerMinute, len(into.Samples))
	into.First, into.Last = middle(into.Samples[:n]), middle(into.Samples[len(into.Samples)-n:])
	if err := b.rest(drain); err != nil {
		return 0, err
	}
	return goroutinesOf(server)
}

// watch looks at a server until it is told to stop.
func (b *bench) watch(server *server, d *database, every time.Duration, done <-chan struct{}) (all []level) {
	began := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return all
		case <-tick.C:
		}
		u, err := server.Usage()
		if err != nil {
			return all // that it has ended is seen by the load
		}
		l := level{Second: int(time.Since(began).Seconds()), Resident: u.Resident, Threads: u.Threads, Files: u.Files}
		if l.Database, err = d.connections(b); err != nil {
			b.say("count connections: %v", err)
		}
		all = append(all, l)
	}
}

// connections counts those to the database but our own.
func (d *database) connections(b *bench) (n int, err error) {
	err = d.with(b.ctx, d.name, func(conn *pgx.Conn) error {
		return conn.QueryRow(b.ctx, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()").Scan(&n)
	})
	return n, err
}

// middle is the median of each figure.
func middle(of []level) level {
	mid := func(value func(level) int64) int64 { return int64(median(each(of, value))) }
	return level{
		Resident: mid(func(l level) int64 { return l.Resident }), Threads: int(mid(func(l level) int64 { return int64(l.Threads) })),
		Files: int(mid(func(l level) int64 { return int64(l.Files) })), Database: int(mid(func(l level) int64 { return int64(l.Database) })),
	}
}

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+ .*\[.*\]:`)

// goroutinesOf ends a server with SIGQUIT, at which the Go runtime prints what
// each goroutine does, and counts them.
func goroutinesOf(s *server) (int, error) {
	if err := s.Signal(syscall.SIGQUIT); err != nil {
		return 0, err
	}
	<-s.Done
	text, err := os.ReadFile(s.Log) //nolint:gosec // of a server of ours
	if err != nil {
		return 0, err
	}
	n := len(goroutine.FindAll(text, -1))
	if n == 0 {
		err = fmt.Errorf("no goroutines are listed in %s", s.Log)
	}
	return n, err
}
