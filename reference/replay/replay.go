// Package replay plays the scenarios of reference/scenarios against Gatehouse
// and compares with what Better Auth answered, which stands in
// reference/recordings. It needs neither Node nor a network.
//
// A difference is a failure unless the scenario says that it follows a security
// fix instead of 1.6.9, or differences.yaml lists it with its reason.
package replay

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Start is where the clock of every scenario stands at first, as in the recorder.
var Start = time.Date(2026, 3, 14, 9, 26, 53, 589e6, time.UTC)

// tick is how far the clock moves after each request.
const tick = time.Second

// Difference is one place where Gatehouse does not do what the recording says.
type Difference struct {
	Topic    string // "core/sign-up"
	Scenario string
	Step     string // "step 2, POST /sign-up/email", or "at the end"
	Field    string // "body.message"
	Want     any    // nothing is Absent
	Got      any
	Note     string // what else helps to act on it
}

// Absent stands for a value that is not there.
type Absent struct{}

// String is what an error shows.
func (Absent) String() string { return "nothing" }

func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %q\n  %s: %s\n    want %s\n    got  %s", d.Topic, d.Scenario, d.Step, d.Field, show(d.Want), show(d.Got))
	if d.Note != "" {
		fmt.Fprintf(&b, "\n    %s", d.Note)
	}
	return b.String()
}

// Storages open what the server of a scenario keeps things in.
type Storages struct {
	Database  OpenDatabase
	Secondary OpenSecondary // nil is MemorySecondary
}

// Run plays one scenario on empty storages and returns where the outcome differs
// from the recording. An error means that it could not be played to its end.
func Run(ctx context.Context, s *Scenario, recorded *Recorded, on Storages) ([]Difference, error) {
	outcome, err := play(ctx, s, on)
	if err != nil {
		return nil, err
	}
	want, err := expected(s, recorded)
	if err != nil {
		return nil, err
	}
	c := &comparison{topic: s.Topic, scenario: s.Name, names: newNames()}
	c.outcome(want, outcome)
	return c.found, nil
}
