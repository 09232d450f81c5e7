package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// measured is one measurement.
type measured struct {
	Workload, Contender          string
	Sessions, Connections, Round int
	figures
}

// measureLoad runs all workloads, round by round: in each, all workloads, and in
// each of those all contenders, another one first every time.
func (b *bench) measureLoad() error {
	for round := range b.rounds {
		for _, w := range allWorkloads() {
			if !chosen(b.workloads, w.name) {
				continue
			}
			sizes := []int{b.middle()}
			if w.sizes {
				sizes = b.sizes
			}
			for _, sessions := range sizes {
				err := b.measureWorkload(&w, sessions, round)
				if missing, ok := errors.AsType[*local.MissingError](err); ok {
					b.skip("%s: %v", w.name, missing)
				} else if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// measureWorkload runs a workload by all contenders. At another number of sessions
// than the usual one the middle number of connections tells what it costs.
func (b *bench) measureWorkload(w *workload, sessions, round int) error {
	d, err := b.filled(sessions, w.options())
	if err == nil && w.redis {
		err = b.stock(w, d)
	}
	if err != nil {
		return err
	}
	connections := w.connections(b.connections)
	if sessions != b.middle() {
		connections = b.connections[len(b.connections)/2 : len(b.connections)/2+1]
	}
	contenders := allContenders()
	for i := range contenders {
		c := contenders[(i+round)%len(contenders)]
		if !chosen(b.contenders, c.name) {
			continue
		}
		found, err := b.measureContender(c, w, d, connections, round)
		b.Load = append(b.Load, found...)
		var missing *local.MissingError
		switch {
		case errors.Is(err, errNoLimit):
			b.skip("%s %v", w.name, err)
		case errors.As(err, &missing):
			b.skip("%s by %s: %v", w.name, c.name, err)
		case err != nil:
			return fmt.Errorf("%s by %s: %w", w.name, c.name, err)
		}
	}
	return nil
}

// measureContender runs a workload by one contender, at each number of
// connections.
func (b *bench) measureContender(c contender, w *workload, d *database, connections []int, round int) (all []measured, err error) {
	server, err := c.start(b, w, d, c.name)
	if err != nil {
		return nil, err
	}
	defer server.Abandon()
	s := &stage{bench: b, workload: w, database: d, addr: server.addr, fixed: server.fixed}
	defer func() { err = errors.Join(err, s.restore()) }()
	next, err := w.requests(s)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if err := s.sameAnswer(c, next); err != nil {
		return nil, err
	}
	for _, n := range connections {
		f, err := s.measure(server, next, n, b.warm, b.length)
		if err != nil {
			return all, fmt.Errorf("at %d connections: %w", n, err)
		}
		b.say("round %d, %-13s %-11s %7d sessions, %3d connections: %9.0f a second, p99 %8.2f ms", round+1, w.name, c.name, d.sessions, n, f.PerSecond, f.P99)
		all = append(all, measured{w.name, c.name, d.sessions, n, round + 1, f})
	}
	return all, nil
}

// sameAnswer wants the answer to the first request to be that of the contenders
// before, so that nobody is quicker because it does less.
func (s *stage) sameAnswer(c contender, next source) error {
	if !s.same {
		return nil
	}
	connection, err := dial(s.ctx, s.addr)
	if err != nil {
		return err
	}
	defer connection.close()
	request, _ := next(0, 0)
	status, body, err := connection.exchange(request)
	if err != nil {
		return err
	}
	var answer any
	if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
		return fmt.Errorf("the first answer is %d %.300s (error: %w)", status, body, err)
	}
	key := fmt.Sprintf("%s %d", s.workload.name, s.sessions)
	if before, ok := s.answers[key]; ok && !reflect.DeepEqual(before, answer) {
		return fmt.Errorf("%s answers %v, and the others %v", c.name, answer, before)
	}
	s.answers[key] = answer
	return nil
}

// restore makes the database what it was before.
func (s *stage) restore() error {
	var err error
	if s.cache {
		err = s.restoreNames(s.ctx)
	}
	if s.adds {
		err = errors.Join(err, s.clean(s.ctx))
	}
	return err
}

// group are the measurements of one line of the report.
type group struct {
	workload              string
	sessions, connections int
}

// summary is a contender's figures in a group: each the median of the rounds.
type summary struct {
	contender string
	figures
}

// summarize puts measurements into groups, in the order in which they came, with
// the contenders in theirs.
func summarize(all []measured) (groups []group, found map[group][]summary) {
	rounds := map[group]map[string][]figures{}
	for _, m := range all {
		g := group{m.Workload, m.Sessions, m.Connections}
		if rounds[g] == nil {
			rounds[g] = map[string][]figures{}
			groups = append(groups, g)
		}
		rounds[g][m.Contender] = append(rounds[g][m.Contender], m.figures)
	}
	found = map[group][]summary{}
	for _, g := range groups {
		for _, c := range allContenders() {
			if of := rounds[g][c.name]; len(of) > 0 {
				found[g] = append(found[g], summary{c.name, medians(of)})
			}
		}
	}
	order := each(allWorkloads(), func(w workload) string { return w.name })
	slices.SortStableFunc(groups, func(a, b group) int {
		return slices.Index(order, a.workload) - slices.Index(order, b.workload)
	})
	return groups, found
}

// medians is the median of each figure by itself.
func medians(of []figures) figures {
	mid := func(value func(figures) float64) float64 {
		values := make([]float64, len(of))
		for i, f := range of {
			values[i] = value(f)
		}
		return median(values)
	}
	return figures{
		PerSecond: mid(func(f figures) float64 { return f.PerSecond }),
		P50:       mid(func(f figures) float64 { return f.P50 }),
		P99:       mid(func(f figures) float64 { return f.P99 }),
		Slowest:   mid(func(f figures) float64 { return f.Slowest }),
		ServerCPU: mid(func(f figures) float64 { return f.ServerCPU }), GeneratorCPU: mid(func(f figures) float64 { return f.GeneratorCPU }),
		DatabaseCPU: mid(func(f figures) float64 { return f.DatabaseCPU }),
		Requests:    int(mid(func(f figures) float64 { return float64(f.Requests) })),
		Seconds:     mid(func(f figures) float64 { return f.Seconds }),
		BodyBytes:   int(mid(func(f figures) float64 { return float64(f.BodyBytes) })),
	}
}
