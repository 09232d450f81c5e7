package verification_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

func TestExpiredRecordsAreRemoved(t *testing.T) {
	for _, mode := range []string{inDatabase, inBoth} {
		for name, look := range map[string]func(f *fixture){
			"at a look":       func(f *fixture) { f.found(reset, "nothing", "") },
			"at a redemption": func(f *fixture) { f.redeemed(reset, "nothing", "") },
		} {
			t.Run(mode+", "+name, func(t *testing.T) {
				f := open(t, mode, setting{})
				f.insert("reset-password:over", "a", start.Add(-2*time.Hour), start.Add(-time.Millisecond))
				f.insert("reset-password:ends", "b", start, start)
				f.insert("reset-password:live", "c", start, start.Add(time.Millisecond))
				look(f)
				f.left(2, 0)
				f.found(reset, "live", "c")
			})
		}
	}
}

func TestExpiredRecordsAreLookedForOnceAMinute(t *testing.T) {
	f := open(t, inDatabase, setting{})
	for range 150 {
		f.found(reset, "nothing", "")
		f.redeemed(reset, "nothing", "")
		f.now.Advance(time.Second)
	}
	if f.chores.Load() != 3 {
		t.Errorf("%d times in 150 seconds", f.chores.Load())
	}
}

func TestNobodyLooksForExpiredRecordsWhereThatIsOff(t *testing.T) {
	f := open(t, inDatabase, setting{config: func(c *verification.Config) { c.Background = nil }})
	f.insert("reset-password:over", "a", start.Add(-2*time.Hour), start.Add(-time.Hour))
	f.found(reset, "nothing", "")
	f.redeemed(reset, "nothing", "")
	f.left(1, 0)
}

func TestTheSecondaryStorageCleansItself(t *testing.T) {
	f := open(t, inSecondary, setting{})
	f.found(reset, "nothing", "")
	f.redeemed(reset, "nothing", "")
	if f.chores.Load() != 0 {
		t.Errorf("%d chores", f.chores.Load())
	}
}

// A hook may keep expired records; that is no failure, and no news each minute.
func TestAHookMayKeepExpiredRecords(t *testing.T) {
	asked := 0
	f := open(t, inDatabase, setting{hooks: []db.Hooks{{BeforeDelete: func(context.Context, db.Row) error { asked++; return db.ErrStopped }}}})
	f.insert("reset-password:over", "a", start.Add(-2*time.Hour), start.Add(-time.Hour))
	f.found(reset, "nothing", "")
	f.left(1, 0)
	f.running.Wait()
	if asked != 1 || f.chores.Load() != 1 {
		t.Errorf("the hook was asked %d times by %d chores", asked, f.chores.Load())
	}
}
