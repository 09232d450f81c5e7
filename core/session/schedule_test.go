package session_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// A schedule runs tasks one step at a time, where a step is a call of a storage
// or of the database, and decides whose turn it is. explore runs every schedule,
// and of those that differ only in the order of steps that have nothing to do
// with each other, one.

type schedule struct {
	turns   []int // whose turn it is at each step, among those who can go on
	options []int // how many those were
	again   bool  // whether another schedule is the same but for such an order
}

type task struct {
	id      int
	arrived chan bool // true at a step, false at the end
	proceed chan struct{}
	next    touch // what its step touches
	inTx    bool  // whether others that write wait for it
}

// touch is what a step reads and writes.
type touch struct{ reads, writes []string }

const (
	committed = "the committed rows"
	lock      = "the lock of the database"
	reachable = "whether there is a storage"
)

func (a touch) meets(b touch) bool {
	touches := func(x string) bool { return slices.Contains(b.reads, x) || slices.Contains(b.writes, x) }
	return slices.ContainsFunc(a.writes, touches) || slices.ContainsFunc(a.reads, func(x string) bool { return slices.Contains(b.writes, x) })
}

type taskKey struct{}

func taskOf(ctx context.Context) *task {
	t, _ := ctx.Value(taskKey{}).(*task)
	return t
}

// step waits for the turn of the task. Outside a schedule it is nobody's.
func step(ctx context.Context, next touch) {
	t := taskOf(ctx)
	if t == nil {
		return
	}
	t.next = next
	t.arrived <- true
	<-t.proceed
}

// able are the tasks that can go on: those that write wait for a transaction.
func able(waiting []*task) []*task {
	busy := slices.ContainsFunc(waiting, func(t *task) bool { return t.inTx })
	return slices.DeleteFunc(slices.Clone(waiting), func(t *task) bool {
		return busy && !t.inTx && slices.Contains(t.next.writes, lock)
	})
}

// run starts the work and lets it go on in the order of the turns; where these
// end, the first one that can does.
func (s *schedule) run(ctx context.Context, work []func(ctx context.Context)) {
	var waiting []*task
	for id, do := range work {
		t := &task{id: id, arrived: make(chan bool), proceed: make(chan struct{})}
		go func() {
			do(context.WithValue(ctx, taskKey{}, t))
			t.arrived <- false
		}()
		if <-t.arrived {
			waiting = append(waiting, t)
		}
	}
	s.options, s.again = nil, false
	var last *task
	var did touch
	var could []*task // before the last step
	for n := 0; len(waiting) > 0; n++ {
		can := able(waiting)
		// The one that could have gone before the last one, to the same effect, does so
		// in another schedule.
		fresh := slices.DeleteFunc(slices.Clone(can), func(t *task) bool {
			return last != nil && t.id < last.id && slices.Contains(could, t) && !t.next.meets(did)
		})
		if s.again = s.again || len(fresh) == 0; s.again {
			fresh = can[:1]
		}
		if n == len(s.turns) {
			s.turns = append(s.turns, 0)
		}
		s.options = append(s.options, len(fresh))
		last, could = fresh[s.turns[n]], can
		did = last.next
		last.proceed <- struct{}{}
		if !<-last.arrived {
			waiting = slices.DeleteFunc(waiting, func(t *task) bool { return t == last })
		}
	}
}

// next turns to the schedule after this one; false when there is none.
func (s *schedule) next() bool {
	for n, turn := range slices.Backward(s.turns) {
		if turn+1 < s.options[n] {
			s.turns = append(s.turns[:n:n], turn+1)
			return true
		}
	}
	return false
}

// explore runs every schedule of the work, each in a world of its own, until one
// fails, and returns how many.
func explore(t *testing.T, begin func() (work []func(ctx context.Context), check func() error)) (tried int) {
	t.Helper()
	s := &schedule{}
	for {
		work, check := begin()
		s.run(t.Context(), work)
		if !s.again {
			tried++
			if err := check(); err != nil {
				t.Fatalf("schedule %d, turns %v: %v", tried, s.turns, err)
			}
		}
		if !s.next() {
			return tried
		}
	}
}

// newStepwiseWorld is a world in which the statements of the database, and the
// calls of the storage, are steps. lose takes the storage away, which is a step,
// too, until it is called again.
func newStepwiseWorld(t testing.TB, where place) (w *world, lose func(ctx context.Context)) {
	t.Helper()
	database, storage := &steppingDatabase{}, &steppingStorage{}
	w = newWorld(t, where, func(o *core.Options) {
		database.Adapter, o.Database = o.Database, database
		storage.Storage, o.SecondaryStorage = o.SecondaryStorage, storage
	})
	database.tables = []*db.Table{w.Users().Table(), w.Sessions().Table()}
	return w, func(ctx context.Context) {
		step(ctx, touch{writes: []string{reachable}})
		storage.lost = !storage.lost
	}
}

// steppingStorage is a storage whose calls are steps.
type steppingStorage struct {
	secondary.Storage
	lost bool
}

func (s *steppingStorage) turn(ctx context.Context, reads, writes []string) error {
	step(ctx, touch{reads: append(slices.Clone(reads), reachable), writes: writes})
	if s.lost {
		return fmt.Errorf("dial the storage: %w", db.ErrUnavailable)
	}
	return nil
}

func (s *steppingStorage) Get(ctx context.Context, key string) (string, error) {
	if err := s.turn(ctx, []string{key}, nil); err != nil {
		return "", err
	}
	return s.Storage.Get(ctx, key)
}

func (s *steppingStorage) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if err := s.turn(ctx, nil, []string{key}); err != nil {
		return err
	}
	return s.Storage.Set(ctx, key, value, ttl)
}

func (s *steppingStorage) Delete(ctx context.Context, keys ...string) error {
	if err := s.turn(ctx, nil, keys); err != nil {
		return err
	}
	return s.Storage.Delete(ctx, keys...)
}

func (s *steppingStorage) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	if err := s.turn(ctx, nil, []string{key}); err != nil {
		return true, err
	}
	return s.Storage.CompareAndSet(ctx, key, old, value, ttl)
}

// steppingDatabase is a database whose statements and commits are steps. While a
// transaction is under way others see what was committed before it, and wait if
// they write, as with SQLite. What two open transactions do to each other, as
// PostgreSQL has them, only the races show.
type steppingDatabase struct {
	db.Adapter
	tables []*db.Table     // the referenced ones first
	before *memory.Adapter // while there is a transaction: what was committed
}

// inTx tells whether a call belongs to a transaction that is under way.
func inTx(ctx context.Context) bool {
	t := taskOf(ctx)
	return t != nil && t.inTx
}

// write is the step of a statement. Nobody sees those of a transaction until it
// commits.
func write(ctx context.Context) {
	if inTx(ctx) {
		step(ctx, touch{})
		return
	}
	step(ctx, touch{writes: []string{committed, lock}})
}

// Insert implements [db.Adapter].
func (s *steppingDatabase) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	write(ctx)
	return s.Adapter.Insert(ctx, t, row)
}

// Update implements [db.Adapter].
func (s *steppingDatabase) Update(ctx context.Context, c db.Change) (db.Result, error) {
	write(ctx)
	return s.Adapter.Update(ctx, c)
}

// Delete implements [db.Adapter].
func (s *steppingDatabase) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	write(ctx)
	return s.Adapter.Delete(ctx, r)
}

// Select implements [db.Adapter].
func (s *steppingDatabase) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if inTx(ctx) {
		step(ctx, touch{})
		return s.Adapter.Select(ctx, q)
	}
	step(ctx, touch{reads: []string{committed}})
	if s.before != nil {
		return s.before.Select(ctx, q)
	}
	return s.Adapter.Select(ctx, q)
}

// Tx implements [db.Adapter].
func (s *steppingDatabase) Tx(ctx context.Context, fn func(context.Context) error) error {
	t := taskOf(ctx)
	if t == nil || t.inTx {
		return s.Adapter.Tx(ctx, fn)
	}
	step(ctx, touch{reads: []string{committed}, writes: []string{lock}})
	var err error
	if s.before, err = s.snapshot(ctx); err != nil {
		return err
	}
	t.inTx = true
	defer func() { t.inTx, s.before = false, nil }()
	return s.Adapter.Tx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		step(ctx, touch{writes: []string{committed, lock}})
		return nil
	})
}

func (s *steppingDatabase) snapshot(ctx context.Context) (*memory.Adapter, error) {
	out := memory.New()
	for _, t := range s.tables {
		rows, err := s.Adapter.Select(ctx, db.Query{Table: t})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if _, err := out.Insert(ctx, t, row); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func TestASchedulerTriesEveryOrder(t *testing.T) {
	for _, tc := range []struct {
		name    string
		touches [2]touch
		orders  int
	}{
		{"of two that write the same", [2]touch{{writes: []string{"x"}}, {writes: []string{"x"}}}, 20}, // 6 over 3
		{"of one that reads what another writes", [2]touch{{reads: []string{"x"}}, {writes: []string{"x"}}}, 20},
		{"once, of two that read", [2]touch{{reads: []string{"x"}}, {reads: []string{"x"}}}, 1},
		{"once, of two that write elsewhere", [2]touch{{writes: []string{"x"}}, {writes: []string{"y"}}}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seen := map[string]int{}
			tried := explore(t, func() ([]func(context.Context), func() error) {
				var order string
				letter := func(l string, next touch) func(context.Context) {
					return func(ctx context.Context) {
						for range 3 {
							step(ctx, next)
							order += l
						}
					}
				}
				return []func(context.Context){letter("a", tc.touches[0]), letter("b", tc.touches[1])}, func() error {
					seen[order]++
					return nil
				}
			})
			if len(seen) != tc.orders || tried != tc.orders {
				t.Errorf("%d orders in %d schedules: %v", len(seen), tried, seen)
			}
			for order := range seen {
				if len(order) != 6 {
					t.Errorf("%s is not the whole work", order)
				}
			}
		})
	}
}
