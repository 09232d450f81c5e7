package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Time                  time.Time
	Action, Package, Test string
	Output                string
	ImportPath            string // of build output, instead of Package
	Elapsed               float64
}

// quiet is how long a report says nothing where it is no terminal.
const quiet = 30 * time.Second

// report follows the tests and counts them.
type report struct {
	cells    []cell
	out      io.Writer
	terminal bool

	tests    map[key]*outcome
	packages map[string]string // the last action, by package
	build    strings.Builder   // what the compiler says
	began    time.Time
	now      time.Time
	told     time.Time // when the last line was written
	ended    int       // tests
}

type key struct{ pkg, test string }

// outcome is what is known of one test.
type outcome struct {
	state  string // "run", "pass", "fail" or "skip"
	output strings.Builder
	parent bool
}

func newReport(cells []cell, out io.Writer, terminal bool) *report {
	return &report{cells: cells, out: out, terminal: terminal, tests: map[key]*outcome{}, packages: map[string]string{}}
}

// read follows the events to their end.
func (r *report) read(events io.Reader) error {
	d := json.NewDecoder(events)
	for {
		var e event
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF):
			r.clearLine()
			return nil
		case err != nil:
			r.clearLine()
			return fmt.Errorf("what go test -json writes: %w", err)
		}
		r.take(e)
	}
}

func (r *report) take(e event) {
	if !e.Time.IsZero() {
		r.now = e.Time
	}
	if r.began.IsZero() {
		r.began, r.told = r.now, r.now
	}
	switch {
	case e.Action == "build-output":
		r.build.WriteString(e.Output)
		return
	case e.Package == "":
		return
	case e.Test == "":
		if e.Action == "output" {
			break
		}
		r.packages[e.Package] = e.Action
		return
	}
	k := key{e.Package, e.Test}
	t := r.tests[k]
	if t == nil {
		t = &outcome{state: "run"}
		r.tests[k] = t
	}
	switch e.Action {
	case "output":
		t.output.WriteString(e.Output)
	case "run":
		r.markParents(k)
	case "pass", "fail", "skip":
		t.state = e.Action
		r.end(k, t, e.Elapsed)
	}
	if !r.terminal && r.now.Sub(r.told) >= quiet {
		r.line("%s  %d tests ended", r.since(), r.ended)
	}
}

// markParents marks the tests that a new one runs below. A name may hold
// slashes of its own, so not every part of it is a test.
func (r *report) markParents(k key) {
	for i := range k.test {
		if k.test[i] == '/' {
			if t := r.tests[key{k.pkg, k.test[:i]}]; t != nil {
				t.parent = true
			}
		}
	}
}

// end tells what is worth it of a test that has ended.
func (r *report) end(k key, t *outcome, seconds float64) {
	if !t.parent {
		r.ended++
	}
	if t.state == "fail" {
		r.line("%s %s\n%s", k.pkg, k.test, strings.TrimRight(t.output.String(), "\n"))
	}
	if t.state != "skip" {
		t.output.Reset() // of a test that was skipped it says why
	}
	for _, c := range r.cells {
		if c.has(k.pkg, k.test) && k.test == c.test {
			r.line("%s  %s (%s): %s, in %.1f s", r.since(), c, c.test, r.count(c), seconds)
		}
	}
	if r.terminal {
		r.say("\r\x1b[K%s  %d tests ended, %.100s", r.since(), r.ended, k.test)
	}
}

func (r *report) since() string { return r.now.Sub(r.began).Round(time.Second).String() }

func (r *report) line(format string, args ...any) {
	r.clearLine()
	r.told = r.now
	r.say(format+"\n", args...)
}

func (r *report) clearLine() {
	if r.terminal {
		r.say("\r\x1b[K")
	}
}

// say writes. Where nobody can read it the exit code still tells.
func (r *report) say(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

// counts are numbers of tests that have none below them.
type counts struct{ passed, failed, skipped int }

func (n counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", n.passed, n.failed, n.skipped)
}

func (n *counts) add(m counts) {
	n.passed, n.failed, n.skipped = n.passed+m.passed, n.failed+m.failed, n.skipped+m.skipped
}

// count counts the tests of a line of the table.
func (r *report) count(c cell) counts {
	var n counts
	failedBelow := false
	for k, t := range r.tests {
		switch {
		case !c.has(k.pkg, k.test):
		case t.state == "fail" && !t.parent, t.state == "run" && !t.parent && r.packages[k.pkg] == "fail":
			n.failed++
		case t.state == "pass" && !t.parent:
			n.passed++
		case t.state == "skip" && !t.parent:
			n.skipped++
		}
		failedBelow = failedBelow || c.has(k.pkg, k.test) && t.state == "fail"
	}
	if failedBelow && n.failed == 0 {
		n.failed = 1 // what fails has tests below it, and none of these did
	}
	return n
}

// reasons lists why tests of the table were skipped, with how many they are.
func (r *report) reasons() []string {
	why := map[string]int{}
	for k, t := range r.tests {
		if t.state != "skip" || t.parent || !slices.ContainsFunc(r.cells, func(c cell) bool { return c.has(k.pkg, k.test) }) {
			continue
		}
		why[reason(t.output.String())]++
	}
	var list []string
	for _, text := range slices.Sorted(maps.Keys(why)) {
		list = append(list, fmt.Sprintf("%d skipped: %s", why[text], text))
	}
	return list
}

// reason finds what a test has said last, which is why it was skipped: a line
// such as "    services.go:53: Redis is away".
func reason(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	for _, line := range slices.Backward(lines) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "=== ") {
			continue
		}
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			_, text, _ = strings.Cut(text, ": ")
			return text
		}
		return line
	}
	return "without a reason"
}
