package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// Where the database has the last word, a storage that is lost and comes back says
// nothing that the database does not say, whenever it is lost, and whatever
// happens at once: no session lives that has ended, and none shows what has
// changed. What ended with success has ended.
func TestAStorageThatComesBackIsRight(t *testing.T) {
	acts := []struct {
		name string
		do   act
		ends bool // the session
	}{
		{"a session begins", create, false},
		{"the session ends", end, true},
		{"all sessions end", endAll, true},
		{"the session is extended", extend, false},
		{"the session changes", update, false},
		{"the user changes", rename("Anna"), false},
		{"the user is deleted", deleteUser, true},
	}
	for i, one := range acts {
		for _, two := range acts[i:] {
			if two.name == "the user changes" {
				two.do = rename("Annette")
			}
			t.Run(one.name+", "+two.name, func(t *testing.T) {
				t.Parallel()
				tried := explore(t, func() ([]func(context.Context), func() error) {
					w, lose := newStepwiseWorld(t, inBoth)
					s := w.begin(w.ann, day)
					var out [2]outcome
					work := []func(context.Context){one.do(w, s, &out[0]), two.do(w, s, &out[1]), lose}
					return work, func() error {
						lose(t.Context()) // it is back
						for k, ends := range []bool{one.ends, two.ends} {
							for _, err := range out[k].errs {
								if !errors.Is(err, db.ErrUnavailable) {
									return err
								}
							}
							if ends && len(out[k].errs) == 0 && w.alive(s.Token) {
								return errors.New("the session lives")
							}
						}
						return errors.Join(w.agrees(s.Token), w.agrees(out[0].began.Token), w.agrees(out[1].began.Token))
					}
				})
				if tried < 20 {
					t.Errorf("only %d schedules: there is nothing between the steps", tried)
				}
			})
		}
	}
}

// agrees tells whether a session is found as the database has it.
func (w *world) agrees(token string) error {
	w.t.Helper()
	found, ok := w.find(token)
	row, err := w.Store().First(w.t.Context(), db.Query{Table: w.Sessions().Table(), Where: db.Where{db.By("token", token)}})
	if err != nil {
		return err
	}
	if ok != (row != nil) {
		return fmt.Errorf("found: %v, in the database: %v", ok, row != nil)
	}
	if !ok {
		return nil
	}
	u, _, err := w.Users().ByID(w.t.Context(), found.User.ID)
	if err != nil {
		return err
	}
	if found.User.Name != u.Name || found.Session.Extra["theme"] != row["theme"] {
		return fmt.Errorf("%s with the theme %v is found, %s with %v in the database",
			found.User.Name, found.Session.Extra["theme"], u.Name, row["theme"])
	}
	return nil
}

// Where the storage has the last word, it still does not say of a user what the
// database does not, and no session outlives a change that ends it.
func TestALostStorageHoldsAChangeBack(t *testing.T) {
	for _, where := range []place{inSecondary, withRecord, inBoth} {
		for _, tc := range []struct {
			name string
			ends bool
		}{{"a change", false}, {"a change that ends all sessions", true}} {
			t.Run(string(where)+", "+tc.name, func(t *testing.T) {
				committed := 0
				tried := explore(t, func() ([]func(context.Context), func() error) {
					w, lose := newStepwiseWorld(t, where)
					s := w.begin(w.ann, day)
					var done error
					change := func(ctx context.Context) {
						done = w.Store().Tx(ctx, func(ctx context.Context) error {
							_, _, err := w.Users().Update(ctx, w.ann.ID, db.Row{"name": "Anna"})
							if err == nil && tc.ends {
								err = w.Sessions().DeleteAll(ctx, w.ann.ID)
							}
							return err
						})
					}
					return []func(context.Context){change, lose}, func() error {
						lose(t.Context()) // it is back
						u, _, err := w.Users().ByID(t.Context(), w.ann.ID)
						if err != nil || done != nil && !errors.Is(done, db.ErrUnavailable) {
							return errors.Join(err, done)
						}
						found, alive := w.find(s.Token)
						if u.Name == "Anna" {
							committed++
						}
						switch {
						case done == nil && u.Name != "Anna":
							return errors.New("what was answered with success has not happened")
						case tc.ends && u.Name == "Anna" && alive:
							return errors.New("a session outlives the change")
						case !tc.ends && !alive:
							return errors.New("the session has ended")
						case alive && found.User.Name != u.Name:
							return fmt.Errorf("the session shows %s, the database has %s", found.User.Name, u.Name)
						}
						return nil
					}
				})
				if committed == 0 || committed == tried {
					t.Errorf("of %d changes %d were committed", tried, committed)
				}
			})
		}
	}
}

// latecomer is a database whose commit loses its answer, and lands when it is told.
type latecomer struct {
	*steppingDatabase
	late bool
}

func (l *latecomer) Tx(ctx context.Context, fn func(context.Context) error) error {
	if !l.late {
		return l.steppingDatabase.Tx(ctx, fn)
	}
	l.late = false
	before, err := l.snapshot(ctx)
	if err != nil {
		return err
	}
	if err := l.Adapter.Tx(ctx, fn); err != nil {
		return err
	}
	l.before = before
	return fmt.Errorf("commit: no answer: %w", db.ErrUnavailable)
}

func TestACommitThatNobodyKnowsOf(t *testing.T) {
	for name, change := range map[string]func(ctx context.Context, w *world, s session.Session) error{
		"of a user": func(ctx context.Context, w *world, _ session.Session) error {
			_, _, err := w.Users().Update(ctx, w.ann.ID, db.Row{"name": "Anna"})
			return err
		},
		"of a session": func(ctx context.Context, w *world, s session.Session) error {
			_, _, err := w.Sessions().Update(ctx, s.Token, db.Row{"theme": "dark"})
			return err
		},
		"of the end of a session": func(ctx context.Context, w *world, s session.Session) error {
			return w.Sessions().Delete(ctx, s.Token)
		},
		"of a session that begins": func(ctx context.Context, w *world, _ session.Session) error {
			_, err := w.Sessions().Create(ctx, session.Session{ExpiresAt: w.Clock.Now().Add(day)}, w.ann)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			database := &latecomer{steppingDatabase: &steppingDatabase{}}
			w := newWorld(t, inBoth, func(o *core.Options) { database.Adapter, o.Database = o.Database, database })
			database.tables = []*db.Table{w.Users().Table(), w.Sessions().Table()}
			s := w.begin(w.ann, day)
			database.late = true
			if err := change(t.Context(), w, s); !errors.Is(err, db.ErrUnavailable) {
				t.Fatal(err)
			}
			must(t, w.agrees(s.Token)) // not yet
			database.before = nil
			must(t, w.agrees(s.Token))
			for key := range w.storage.All() {
				must(t, w.agrees(key))
			}
		})
	}
}

// rerun is a database that runs a transaction a second time: at its commit it met
// another one, which is what happens in between.
type rerun struct {
	db.Adapter
	between func()
}

func (r *rerun) Tx(ctx context.Context, fn func(context.Context) error) error {
	if between := r.between; between != nil {
		r.between = nil
		met := errors.New("met another transaction")
		err := r.Adapter.Tx(ctx, func(ctx context.Context) error { return errors.Join(fn(ctx), met) })
		if !errors.Is(err, met) {
			return err
		}
		between()
	}
	return r.Adapter.Tx(ctx, fn)
}

func TestATransactionThatRunsAgain(t *testing.T) {
	database := &rerun{}
	w := newWorld(t, inBoth, func(o *core.Options) { database.Adapter, o.Database = o.Database, database })
	database.between = func() {}
	s := w.begin(w.ann, day)
	if left := w.storage.All(); left[s.Token] == "" || left["active-sessions-"+w.ann.ID] == "" || strings.Contains(left[s.Token], "changing") {
		t.Errorf("a session has begun, and the storage holds %v", left)
	}
	database.between = func() { must(t, w.Sessions().Delete(t.Context(), s.Token)) }
	if rec, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"theme": "dark"}); ok || err != nil || rec.Token != "" {
		t.Errorf("a session that ended in between is changed: %v %v %+v", ok, err, rec)
	}
	database.between = func() { must(t, errorOf(w.Users().Delete(t.Context(), w.ann.ID))) }
	if u, ok, err := w.Users().Update(t.Context(), w.ann.ID, db.Row{"name": "Anna"}); ok || err != nil || u.ID != "" {
		t.Errorf("a user who was deleted in between is changed: %v %v %+v", ok, err, u)
	}
}

func TestASessionIsNotShortenedWithoutTheStorage(t *testing.T) {
	w, f := fragile(t, inBoth)
	s := w.begin(w.ann, 7*day)
	f.calls, f.at, f.on = 0, 1, true
	if _, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"expiresAt": w.Clock.Now().Add(time.Minute)}); ok || !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("%v %v", ok, err)
	}
}

// Whoever cannot look at an expired session's copy still sees that it is over.
func TestAnExpiredSessionWithoutTheStorage(t *testing.T) {
	w, f := fragile(t, inBoth)
	s := w.begin(w.ann, day)
	w.Clock.Advance(day)
	f.calls, f.at, f.on = 0, 1, true
	must(t, w.Sessions().DeleteExpired(t.Context(), s.Token, w.Clock.Now()))
	if n := w.rows(); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// A transaction holds what others wait for: it does not look for the copies of what
// has long been over.
func TestExpiredSessionsCostAChangeNothing(t *testing.T) {
	w, f := fragile(t, inBoth)
	w.begin(w.ann, 2*day)
	change := func(name string) int {
		f.calls = 0
		_, _, err := w.Users().Update(t.Context(), w.ann.ID, db.Row{"name": name})
		must(t, err)
		return f.calls
	}
	one := change("Anna")
	for range 100 {
		w.begin(w.ann, time.Hour)
	}
	w.Clock.Advance(3 * time.Hour)
	if n := change("Annette"); n != one {
		t.Errorf("%d calls of the storage, and %d with 100 expired sessions", one, n)
	}
}

func TestAUserWithManySessionsChanges(t *testing.T) {
	w, f := fragile(t, inBoth)
	var tokens []string
	for range 50 {
		tokens = append(tokens, w.begin(w.ann, day).Token)
	}
	for _, lostAt := range []int{0, 4, 40} {
		f.calls, f.at, f.on = 0, lostAt, true
		_, ok, err := w.Users().Update(t.Context(), w.ann.ID, db.Row{"name": fmt.Sprint("Anna ", lostAt)})
		if f.at = 0; ok != (lostAt == 0) || !ok && !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("lost at call %d: %v %v", lostAt, ok, err)
		}
		for _, token := range tokens {
			must(t, w.agrees(token))
		}
	}
}

// A mark that was left behind goes with the next renewal, when it is old.
func TestMarksThatWereLeftBehind(t *testing.T) {
	w, f := fragile(t, inBoth)
	s := w.begin(w.ann, day)
	f.calls, f.at, f.on = 0, 6, true // after the mark
	_, _, err := w.Users().Update(t.Context(), w.ann.ID, db.Row{"name": "Anna"})
	must(t, err)
	f.at = 0
	marked := func() bool { return strings.Contains(w.storage.All()[s.Token], `"changing"`) }
	if !marked() {
		t.Fatal("the storage was lost at another call")
	}
	renew := func() {
		now := w.Clock.Now()
		_, ok, err := w.Sessions().Extend(t.Context(), s.Token, now, now.Add(day))
		if must(t, err); !ok {
			t.Error("the session is not extended")
		}
	}
	w.Clock.Advance(10 * time.Minute)
	if renew(); !marked() {
		t.Error("a mark is gone that can be of a change under way")
	}
	w.Clock.Advance(time.Second)
	if renew(); marked() {
		t.Error("an old mark is left")
	}
	must(t, w.agrees(s.Token))
}

func errorOf[T any](_ T, err error) error { return err }
