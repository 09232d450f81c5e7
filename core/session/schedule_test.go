package session_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

// A schedule runs tasks one step at a time, where a step is a call of a storage
// or of the database, and decides whose turn it is. explore runs every schedule.

type schedule struct {
	turns   []int // whose turn it is at each step, among those who can go on
	options []int // how many those were
}

type task struct {
	arrived chan bool // true at a step, false at the end
	proceed chan struct{}
}

type taskKey struct{}

// step waits for the task's turn. Outside a schedule it is nobody's.
func step(ctx context.Context) {
	if t, ok := ctx.Value(taskKey{}).(*task); ok {
		t.arrived <- true
		<-t.proceed
	}
}

// run starts the work and lets it go on in the order of the turns; where these
// end, the first one that can does.
func (s *schedule) run(ctx context.Context, work []func(ctx context.Context)) {
	var waiting []*task
	for _, do := range work {
		t := &task{arrived: make(chan bool), proceed: make(chan struct{})}
		go func() {
			do(context.WithValue(ctx, taskKey{}, t))
			t.arrived <- false
		}()
		if <-t.arrived {
			waiting = append(waiting, t)
		}
	}
	for n := 0; len(waiting) > 0; n++ {
		if n == len(s.turns) {
			s.turns = append(s.turns, 0)
		}
		if n == len(s.options) {
			s.options = append(s.options, 0)
		}
		s.options[n] = len(waiting)
		i := s.turns[n]
		waiting[i].proceed <- struct{}{}
		if !<-waiting[i].arrived {
			waiting = append(waiting[:i:i], waiting[i+1:]...)
		}
	}
}

// next turns to the schedule after this one; false when there is none.
func (s *schedule) next() bool {
	for n, turn := range slices.Backward(s.turns) {
		if turn+1 < s.options[n] {
			s.turns, s.options = append(s.turns[:n:n], turn+1), nil
			return true
		}
	}
	return false
}

// explore runs every schedule of the work, each in a world of its own, until one
// fails.
func explore(t *testing.T, begin func() (work []func(ctx context.Context), check func() error)) {
	t.Helper()
	s := &schedule{}
	for n := 1; ; n++ {
		s.options = nil
		work, check := begin()
		s.run(t.Context(), work)
		if err := check(); err != nil {
			t.Fatalf("schedule %d, turns %v: %v", n, s.turns, err)
		}
		if !s.next() {
			if n < 10 {
				t.Fatalf("only %d schedules: there is nothing between the steps", n)
			}
			return
		}
	}
}

// stepwise makes the statements of a database, and the calls of a storage, steps.
func stepwise(o *core.Options) {
	o.Database = dbtest.Watched{Adapter: o.Database, Before: func(ctx context.Context, call dbtest.Call) error {
		switch call.Op {
		case "insert", "select", "update", "delete":
			step(ctx)
		}
		return nil
	}}
	if o.SecondaryStorage != nil {
		o.SecondaryStorage = secondarytest.Watched{Storage: o.SecondaryStorage, Before: func(ctx context.Context, _ string) error {
			step(ctx)
			return nil
		}}
	}
}

func TestASchedulerTriesEveryOrder(t *testing.T) {
	seen := map[string]int{}
	explore(t, func() ([]func(context.Context), func() error) {
		var order string
		letter := func(l string, n int) func(context.Context) {
			return func(ctx context.Context) {
				for range n {
					step(ctx)
					order += l
				}
			}
		}
		return []func(context.Context){letter("a", 3), letter("b", 3)}, func() error {
			seen[order]++
			return nil
		}
	})
	if len(seen) != 20 { // 6 over 3
		t.Errorf("%d orders: %v", len(seen), seen)
	}
	for order, n := range seen {
		if n != 1 || len(order) != 6 {
			t.Error(fmt.Errorf("%s was tried %d times", order, n))
		}
	}
}
