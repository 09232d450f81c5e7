package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
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
