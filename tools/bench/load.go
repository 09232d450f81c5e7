package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// checkEvery is how many answers of a connection go by between two that are read.
// The status of every one is looked at.
const checkEvery = 16

// load is a closed loop: each connection sends its next request when it has the
// answer to the one before.
type load struct {
	addr        string
	connections int
	next        source
	from        int // number of each connection's first request
	most        int // requests of each connection; 0: any number
}

// figures are what a load has measured. Times are in milliseconds, processor
// times in microseconds a request.
type figures struct {
	Requests     int
	Seconds      float64
	PerSecond    float64
	P50, P99     float64
	Slowest      float64
	ServerCPU    float64
	GeneratorCPU float64
	DatabaseCPU  float64 `json:",omitempty"` // of PostgreSQL, where it is ours
	BodyBytes    int     // of one answer
}

// clocks are the processor times of who takes part.
type clocks struct{ server, generator, database time.Duration }

// run loads a server for a while. An answer that is not as wanted ends it.
func (l load) run(ctx context.Context, length time.Duration) (figures, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	all := make([]*loop, l.connections)
	for i := range all {
		c, err := dial(ctx, l.addr)
		if err != nil {
			return figures{}, err
		}
		defer c.close()
		all[i] = &loop{load: l, connection: c, number: i}
	}
	began := time.Now()
	end := began.Add(length)
	stop := context.AfterFunc(ctx, func() {
		for _, one := range all {
			_ = one.connection.net.SetDeadline(time.Now())
		}
	})
	defer stop()
	var wg sync.WaitGroup
	for _, one := range all {
		wg.Go(func() {
			if err := one.run(ctx, end); err != nil {
				cancel(fmt.Errorf("connection %d: %w", one.number, err))
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return figures{}, context.Cause(ctx)
	}
	took := time.Since(began)
	var times []time.Duration
	for _, one := range all {
		times = append(times, one.times...)
	}
	return figuresOf(times, took, len(all[0].connection.body)), nil
}

// loop is what one connection does.
type loop struct {
	load
	connection *connection
	number     int
	times      []time.Duration
}

func (l *loop) run(ctx context.Context, end time.Time) error {
	if err := l.connection.net.SetDeadline(end.Add(answerTimeout)); err != nil {
		return err
	}
	sent := time.Now()
	for n := 0; n == 0 || sent.Before(end) && (l.most == 0 || n < l.most); n++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		request, want := l.next(l.number, l.from+n)
		status, body, err := l.connection.exchange(request)
		if err != nil {
			return err
		}
		answered := time.Now()
		l.times = append(l.times, answered.Sub(sent))
		if status != 200 || n%checkEvery == 0 && !bytes.Contains(body, want) {
			return fmt.Errorf("answer %d is %d %.300s, want 200 with %s", n, status, body, want)
		}
		sent = answered
	}
	return nil
}

// fresh is a number that requests of no load before are counted from: some have to
// be new each time.
func (s *stage) fresh() int {
	s.loads++
	return s.loads << 32
}

// measure warms a server up, and loads it.
func (s *stage) measure(server *server, next source, connections int, warm, length time.Duration) (figures, error) {
	l := load{addr: server.addr, connections: connections, next: next, from: s.fresh()}
	if warm > 0 {
		if _, err := l.run(s.ctx, warm); err != nil {
			return figures{}, fmt.Errorf("warm up: %w", err)
		}
	}
	l.from = s.fresh()
	before, err := s.clocks(server)
	if err != nil {
		return figures{}, err
	}
	f, err := l.run(s.ctx, length)
	if err != nil {
		return figures{}, err
	}
	after, err := s.clocks(server)
	if !server.Running() {
		err = errors.Join(err, fmt.Errorf("%s has ended: %w; see %s", server.Name, server.Err, server.Log))
	}
	each := func(d time.Duration) float64 { return float64(max(d, 0).Microseconds()) / float64(f.Requests) }
	f.ServerCPU = each(after.server - before.server)
	f.GeneratorCPU = each(after.generator - before.generator)
	f.DatabaseCPU = each(after.database - before.database)
	return f, err
}

// clocks reads the processor times.
func (s *stage) clocks(server *server) (c clocks, err error) {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return clocks{}, err
	}
	c.generator = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	c.database = s.database.cluster.cpu()
	c.server, err = server.CPU()
	return c, err
}
