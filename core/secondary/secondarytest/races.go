package secondarytest

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

func raceTests(t *testing.T, open Open) {
	t.Run("of many who claim a key exactly one does", func(t *testing.T) {
		f := open.begin(t)
		var won atomic.Int64
		f.race(func(i int) error {
			done, err := f.s.CompareAndSet(f.ctx, "key", "", strconv.Itoa(i), time.Hour)
			if done {
				won.Add(1)
			}
			return err
		})
		f.same(1, won.Load())
	})
	t.Run("of many who replace a value exactly one does", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "old", time.Hour)
		var won, winner atomic.Int64
		f.race(func(i int) error {
			done, err := f.s.CompareAndSet(f.ctx, "key", "old", fmt.Sprintf("new %d", i), time.Hour)
			if done {
				won.Add(1)
				winner.Store(int64(i))
			}
			return err
		})
		f.same(1, won.Load())
		f.want("key", fmt.Sprintf("new %d", winner.Load()))
	})
	t.Run("of many who take a value exactly one gets it", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "token", time.Hour)
		var won atomic.Int64
		f.race(func(int) error {
			done, err := f.s.CompareAndSet(f.ctx, "key", "token", "", 0)
			if done {
				won.Add(1)
			}
			return err
		})
		f.same(1, won.Load())
		f.want("key", "")
	})
	t.Run("no change is lost", func(t *testing.T) {
		f := open.begin(t)
		f.race(func(int) error {
			return secondary.Change(f.ctx, f.s, "key", func(old string) (string, time.Duration, bool, error) {
				n := 0
				if old != "" {
					var err error
					if n, err = strconv.Atoi(old); err != nil {
						return "", 0, false, err
					}
				}
				return strconv.Itoa(n + 1), time.Hour, true, nil
			})
		})
		f.want("key", strconv.Itoa(racers))
	})
	t.Run("many writers of keys of their own do not meet", func(t *testing.T) {
		f := open.begin(t)
		f.race(func(i int) error { return f.s.Set(f.ctx, fmt.Sprintf("key %d", i), strconv.Itoa(i), time.Hour) })
		for i := range racers {
			f.want(fmt.Sprintf("key %d", i), strconv.Itoa(i))
		}
	})
	t.Run("a reader beside writers sees one value or another", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "0", time.Hour)
		f.race(func(i int) error {
			if i%2 == 0 {
				return f.s.Set(f.ctx, "key", strconv.Itoa(i), time.Hour)
			}
			value, err := f.s.Get(f.ctx, "key")
			if n, bad := strconv.Atoi(value); err == nil && (bad != nil || n%2 != 0) {
				err = fmt.Errorf("%q was read", value)
			}
			return err
		})
	})
}

func (f *fixture) same(want, got int64) {
	f.Helper()
	if got != want {
		f.Errorf("%d, want %d", got, want)
	}
}
