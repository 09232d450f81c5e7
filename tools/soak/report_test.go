package main

import (
	"strings"
	"testing"
	"time"
)

func kept() *measured {
	return &measured{
		statuses: map[int]int{200: 10, 503: 90}, accepted: []time.Duration{time.Second}, refused: []time.Duration{time.Millisecond},
		probes: []time.Duration{time.Millisecond}, memory: 100 * mib, settled: 30 * mib, elapsed: time.Second,
	}
}

func TestAPromiseThatIsNotKeptIsAnError(t *testing.T) {
	p := plan{slots: 2}
	if err := kept().judge(p); err != nil {
		t.Fatalf("all promises kept: %v", err)
	}
	for want, spoil := range map[string]func(*measured){
		"memory is above the bound":       func(m *measured) { m.memory = 215 * mib },
		"nobody could sign in":            func(m *measured) { delete(m.statuses, 200) },
		"refusals without Retry-After":    func(m *measured) { m.silent = 1 },
		"sign-ins ended with 500":         func(m *measured) { m.statuses[500] = 1 },
		"sign-ins ended with 0":           func(m *measured) { m.statuses[0] = 1 },
		"get-session did not answer 1":    func(m *measured) { m.badProbes = 1 },
		"get-session did not answer 0":    func(m *measured) { m.probes = nil },
		"memory is above the bound\nnobo": func(m *measured) { m.memory = 0; delete(m.statuses, 200) },
	} {
		m := kept()
		spoil(m)
		if err := m.judge(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestPlansThatCouldHarmTheMachineAreRefused(t *testing.T) {
	good := plan{binary: "x", duration: time.Second, rate: 1, connections: 1, slots: 1, pairs: 20}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*plan){
		"no binary":            func(p *plan) { p.binary = "" },
		"an hour":              func(p *plan) { p.duration = time.Hour },
		"a million a second":   func(p *plan) { p.rate = 1e6 },
		"a million at once":    func(p *plan) { p.connections = 1e6 },
		"a thousand slots":     func(p *plan) { p.slots = 1000 },
		"nothing for no time":  func(p *plan) { p.duration = 0 },
		"a rate that is none":  func(p *plan) { p.rate = 0 },
		"slots that are none":  func(p *plan) { p.slots = 0 },
		"connections: none":    func(p *plan) { p.connections = 0 },
		"ten thousand pairs":   func(p *plan) { p.pairs = 1e4 },
		"a handful of pairs":   func(p *plan) { p.pairs = 5 },
		"an unknown run":       func(p *plan) { p.only = "floods" },
		"less than one second": func(p *plan) { p.duration = time.Millisecond },
	} {
		p := good
		spoil(&p)
		if p.check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
