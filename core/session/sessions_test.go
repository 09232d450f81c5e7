package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestASessionIsFoundUntilItEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, where place) {
		s := w.begin(w.ann, day)
		found, ok := w.find(s.Token)
		if !ok || found.User.ID != w.ann.ID || found.User.Extra["note"] != "n" {
			t.Fatalf("found %v: %+v", ok, found)
		}
		got := found.Session
		if got.ID == "" || got.ID != s.ID || got.Token != s.Token || len(s.Token) != 32 || got.UserID != w.ann.ID ||
			!got.ExpiresAt.Equal(w.Clock.Now().Add(day)) || !got.CreatedAt.Equal(w.Clock.Now()) ||
			got.Extra["hidden"] != "h" || got.Extra["count"] != int64(7) || got.Extra["theme"] != nil || got.Extra["when"] != nil {
			t.Errorf("the session is %+v", got)
		}
		for _, token := range []string{"", "nobody", s.Token[:31], s.ID, "active-sessions-" + w.ann.ID} {
			if w.alive(token) {
				t.Errorf("%q is a session", token)
			}
		}
		w.Clock.Advance(day - second - time.Millisecond)
		if !w.alive(s.Token) || len(w.active(w.ann)) != 1 {
			t.Error("the session has ended a second early")
		}
		w.Clock.Advance(second + time.Millisecond)
		// Only the database knows sessions that have expired, until they are removed.
		if found, ok := w.find(s.Token); ok && found.Session.ExpiresAt.After(w.Clock.Now()) || ok != (where == inDatabase || where == inBoth) {
			t.Errorf("found %v after the end", ok)
		}
		if n := len(w.active(w.ann)); n != 0 {
			t.Errorf("%d sessions are listed after the end", n)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(w *world, tokens [3]string) error // of Ann, of Ann too, of Bob
		left []int
	}{
		{"one", func(w *world, k [3]string) error { return w.Sessions().Delete(w.t.Context(), k[0]) }, []int{1, 2}},
		{"one that is not there", func(w *world, _ [3]string) error { return w.Sessions().Delete(w.t.Context(), "nobody") }, []int{0, 1, 2}},
		{"one of the user's own", func(w *world, k [3]string) error { return w.Sessions().DeleteOwn(w.t.Context(), k[1], w.ann.ID) }, []int{0, 2}},
		{"not somebody else's", func(w *world, k [3]string) error { return w.Sessions().DeleteOwn(w.t.Context(), k[2], w.ann.ID) }, []int{0, 1, 2}},
		{"not anybody's for a user without an id", func(w *world, k [3]string) error { return w.Sessions().DeleteOwn(w.t.Context(), k[0], "") }, []int{0, 1, 2}},
		{"all of a user", func(w *world, _ [3]string) error { return w.Sessions().DeleteAll(w.t.Context(), w.ann.ID) }, []int{2}},
		{"all of a user but one", func(w *world, k [3]string) error { return w.Sessions().DeleteOthers(w.t.Context(), w.ann.ID, k[1]) }, []int{1, 2}},
		{"all of a user who keeps another's", func(w *world, k [3]string) error { return w.Sessions().DeleteOthers(w.t.Context(), w.ann.ID, k[2]) }, []int{2}},
		{"none of a user without sessions", func(w *world, _ [3]string) error { return w.Sessions().DeleteAll(w.t.Context(), "nobody") }, []int{0, 1, 2}},
		{"not one that has not expired", func(w *world, k [3]string) error {
			return w.Sessions().DeleteExpired(w.t.Context(), k[0], w.Clock.Now().Add(day-time.Millisecond))
		}, []int{0, 1, 2}},
		{"one that has expired", func(w *world, k [3]string) error {
			return w.Sessions().DeleteExpired(w.t.Context(), k[0], w.Clock.Now().Add(day))
		}, []int{1, 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *world, where place) {
				bob := w.addUser("bob@example.com")
				tokens := [3]string{w.begin(w.ann, day).Token, w.begin(w.ann, 2*day).Token, w.begin(bob, day).Token}
				must(t, tc.end(w, tokens))
				var left []int
				for i, token := range tokens {
					owner := w.ann
					if i == 2 {
						owner = bob
					}
					alive := w.alive(token)
					if alive != slices.Contains(w.active(owner), token) {
						t.Errorf("session %d is alive: %v, and the list says otherwise", i, alive)
					}
					if alive {
						left = append(left, i)
					}
				}
				if !slices.Equal(left, tc.left) {
					t.Errorf("the sessions %v are left, want %v", left, tc.left)
				}
				rows := map[place]int64{inDatabase: int64(len(tc.left)), inBoth: int64(len(tc.left)), withRecord: 3}[where]
				if n := w.rows(); n != rows {
					t.Errorf("%d rows are left, want %d", n, rows)
				}
			})
		})
	}
}

func TestNothingIsLeftInTheStorageWhenAllSessionsHaveEnded(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		for range 3 {
			w.begin(w.ann, day)
		}
		must(t, w.Sessions().Delete(t.Context(), w.begin(w.ann, day).Token))
		must(t, w.Sessions().DeleteAll(t.Context(), w.ann.ID))
		if left := w.storage.All(); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// What the storage has lost, such as the list, the database still knows.
func TestAllSessionsEndThoughTheListIsLost(t *testing.T) {
	for _, lost := range []string{"the list", "everything"} {
		t.Run(lost, func(t *testing.T) {
			w := newWorld(t, inBoth)
			one, two := w.begin(w.ann, day), w.begin(w.ann, day)
			keys := []string{"active-sessions-" + w.ann.ID}
			if lost == "everything" {
				keys = append(keys, one.Token, two.Token)
			}
			must(t, w.storage.Delete(t.Context(), keys...))
			if !w.alive(one.Token) || len(w.active(w.ann)) != 2 {
				t.Error("the database does not know the sessions")
			}
			must(t, w.Sessions().DeleteAll(t.Context(), w.ann.ID))
			if w.alive(one.Token) || w.alive(two.Token) || len(w.storage.All()) != 0 {
				t.Errorf("sessions live on; left: %v", w.storage.All())
			}
		})
	}
}

// And what the database has lost, the list still names.
func TestACopyWithoutItsRowEnds(t *testing.T) {
	w := newWorld(t, inBoth)
	one, two := w.begin(w.ann, day), w.begin(w.ann, day)
	_, err := w.database.Delete(t.Context(), db.Removal{Table: w.Sessions().Table()})
	must(t, err)
	must(t, w.Sessions().Delete(t.Context(), one.Token))
	must(t, w.Sessions().DeleteAll(t.Context(), w.ann.ID))
	left := w.storage.All()
	delete(left, "active-sessions-"+w.ann.ID) // it may name one that begins
	if w.alive(one.Token) || w.alive(two.Token) || len(left) != 0 {
		t.Errorf("sessions live on; left: %v", left)
	}
}

func TestASessionIsExtended(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		s := w.begin(w.ann, day)
		w.Clock.Advance(time.Hour)
		now := w.Clock.Now()
		rec, ok, err := w.Sessions().Extend(t.Context(), s.Token, now, now.Add(3*day))
		if err != nil || !ok || !rec.ExpiresAt.Equal(now.Add(3*day)) || !rec.UpdatedAt.Equal(now) || !rec.CreatedAt.Equal(s.CreatedAt) ||
			rec.ID != s.ID || rec.Token != s.Token || rec.Extra["hidden"] != "h" {
			t.Fatalf("%v %v: %+v", ok, err, rec)
		}
		w.Clock.Advance(3*day - 2*second)
		found, ok := w.find(s.Token)
		if !ok || !found.Session.ExpiresAt.Equal(rec.ExpiresAt) || !slices.Contains(w.active(w.ann), s.Token) {
			t.Errorf("found %v: %+v, listed %v", ok, found.Session, w.active(w.ann))
		}
	})
}

func TestASessionThatIsOverIsNotExtendedOrChanged(t *testing.T) {
	for _, tc := range []struct {
		name string
		over func(w *world, token string)
	}{
		{"ended", func(w *world, token string) { must(w.t, w.Sessions().Delete(w.t.Context(), token)) }},
		{"ended with all", func(w *world, _ string) { must(w.t, w.Sessions().DeleteAll(w.t.Context(), w.ann.ID)) }},
		{"expired", func(w *world, _ string) { w.Clock.Advance(day) }},
		{"expired, in a storage whose clock is late", func(w *world, token string) {
			if text := w.storage.All()[token]; text != "" {
				must(w.t, w.storage.Set(w.t.Context(), token, text, 0))
			}
			w.Clock.Advance(day)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *world, _ place) {
				s := w.begin(w.ann, day)
				tc.over(w, s.Token)
				now := w.Clock.Now()
				if _, ok, err := w.Sessions().Extend(t.Context(), s.Token, now, now.Add(day)); ok || err != nil {
					t.Errorf("extended: %v %v", ok, err)
				}
				if _, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"theme": "dark"}); ok || err != nil {
					t.Errorf("changed: %v %v", ok, err)
				}
				must(t, w.Sessions().RefreshUser(t.Context(), w.ann.ID))
				if found, ok := w.find(s.Token); ok && found.Session.ExpiresAt.After(now) || len(w.active(w.ann)) != 0 {
					t.Error("the session is back")
				}
			})
		})
	}
}

func TestASessionIsChanged(t *testing.T) {
	when := time.Date(2026, 5, 6, 7, 8, 9, 123e6, time.UTC)
	everywhere(t, func(t *testing.T, w *world, where place) {
		s := w.begin(w.ann, day)
		w.Clock.Advance(time.Minute)
		rec, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"theme": "dark", "when": when, "count": nil})
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		found, _ := w.find(s.Token)
		for _, got := range []map[string]any{rec.Extra, found.Session.Extra} {
			if got["theme"] != "dark" || got["hidden"] != "h" || got["count"] != nil || got["when"] != when {
				t.Errorf("the fields are %v", got)
			}
		}
		if !rec.UpdatedAt.Equal(w.Clock.Now()) || !found.Session.UpdatedAt.Equal(rec.UpdatedAt) || !found.Session.ExpiresAt.Equal(s.ExpiresAt) {
			t.Errorf("the session is %+v", found.Session)
		}
		if where == withRecord {
			row, err := w.Store().First(t.Context(), db.Query{Table: w.Sessions().Table()})
			if must(t, err); row["theme"] != "dark" {
				t.Errorf("the record is %v", row)
			}
		}
	})
}

func TestChangesThatAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, where place) {
		s := w.begin(w.ann, day)
		for name, set := range map[string]db.Row{
			"another token": {"token": "x"}, "another user": {"userId": "x"}, "an unknown field": {"unknown": "x"},
		} {
			if _, ok, err := w.Sessions().Update(t.Context(), s.Token, set); ok || err == nil {
				t.Errorf("%s: %v %v", name, ok, err)
			}
		}
		_, _, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"count": db.Increment(1)})
		if counts := where == inDatabase || where == inBoth; (err == nil) != counts {
			t.Errorf("counting: %v", err)
		}
	})
}

func TestSessionsByTheirTokens(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, where place) {
		bob := w.addUser("bob@example.com")
		a, b, c := w.begin(w.ann, day), w.begin(bob, day), w.begin(w.ann, day)
		if where == inBoth {
			must(t, w.storage.Delete(t.Context(), b.Token)) // only the database has it then
		}
		list, err := w.Sessions().ByTokens(t.Context(), []string{c.Token, "nobody", b.Token, a.Token, c.Token, ""})
		must(t, err)
		var got []string
		for _, one := range list {
			got = append(got, one.Session.Token+one.User.Email)
		}
		want := []string{c.Token + "ann@example.com", b.Token + "bob@example.com", a.Token + "ann@example.com"}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if list, err := w.Sessions().ByTokens(t.Context(), nil); err != nil || len(list) != 0 {
			t.Errorf("no tokens: %v %v", list, err)
		}
	})
}

func TestAChangedUserIsSeenInEverySession(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		bob := w.addUser("bob@example.com")
		one, two, bobs := w.begin(w.ann, day), w.begin(w.ann, day), w.begin(bob, day)
		if _, ok, err := w.Users().Update(t.Context(), w.ann.ID, db.Row{"name": "Anna", "note": "secret"}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		for _, token := range []string{one.Token, two.Token} {
			if found, _ := w.find(token); found.User.Name != "Anna" || found.User.Extra["note"] != "secret" {
				t.Errorf("a session shows %+v", found.User)
			}
		}
		if found, _ := w.find(bobs.Token); found.User.Name != "Ann" || found.User.ID != bob.ID {
			t.Errorf("Bob's session shows %+v", found.User)
		}
	})
}

// The list may have lost a session: another server changes it in steps, and a full
// storage evicts it.
func TestSessionsThatAreNotListedEndWithTheirUser(t *testing.T) {
	w := newWorld(t, inBoth)
	s := w.begin(w.ann, day)
	must(t, w.storage.Delete(t.Context(), "active-sessions-"+w.ann.ID))
	if ok, err := w.Users().Delete(t.Context(), w.ann.ID); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if left := w.storage.All(); w.alive(s.Token) || len(left) != 0 {
		t.Errorf("the session lives on; left: %v", left)
	}
}

func TestSessionsOfAStoreEndWithTheirUser(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		s := w.begin(w.ann, day)
		if ok, err := w.Users().Delete(t.Context(), w.ann.ID); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if w.alive(s.Token) {
			t.Error("the session lives on")
		}
	})
}

var errRollback = errors.New("rolled back")

// A transaction that is rolled back has changed nothing anywhere, and one that
// commits has changed everything.
func TestSessionsFollowTheTransaction(t *testing.T) {
	for _, commit := range []bool{true, false} {
		t.Run(map[bool]string{true: "committed", false: "rolled back"}[commit], func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *world, _ place) {
				ended, changed := w.begin(w.ann, day), w.begin(w.ann, day)
				bob := w.addUser("bob@example.com")
				bobs := w.begin(bob, day)
				var begun string
				err := w.Store().Tx(t.Context(), func(ctx context.Context) error {
					before := w.storage.All()
					rec, err := w.Sessions().Create(ctx, ended, w.ann)
					must(t, err)
					begun = rec.Token
					must(t, w.Sessions().Delete(ctx, ended.Token))
					got, ok, err := w.Sessions().Update(ctx, changed.Token, db.Row{"theme": "dark"})
					if must(t, err); !ok || got.Extra["theme"] != "dark" {
						t.Errorf("%v, the session is %+v", ok, got)
					}
					if _, ok, err := w.Sessions().Update(ctx, "nobody", db.Row{"theme": "dark"}); ok || err != nil {
						t.Errorf("nobody's session: %v %v", ok, err)
					}
					_, _, err = w.Users().Update(ctx, w.ann.ID, db.Row{"name": "Anna"})
					must(t, err)
					must(t, w.Sessions().DeleteAll(ctx, bob.ID))
					after := w.storage.All()
					for key, text := range before {
						if after[key] != text || len(after) != len(before) {
							t.Errorf("the storage has changed before the commit: %s is %q", key, after[key])
						}
					}
					if commit {
						return nil
					}
					return errRollback
				})
				if commit != (err == nil) || !commit && !errors.Is(err, errRollback) {
					t.Fatal(err)
				}
				found, _ := w.find(changed.Token)
				name := map[bool]string{true: "Anna", false: "Ann"}[commit]
				if w.alive(begun) != commit || w.alive(ended.Token) == commit || w.alive(bobs.Token) == commit ||
					(found.Session.Extra["theme"] == "dark") != commit || found.User.Name != name {
					t.Errorf("begun %v, ended %v, Bob's %v, changed %+v", w.alive(begun), !w.alive(ended.Token), w.alive(bobs.Token), found)
				}
			})
		})
	}
}

// As upstream: hooks see what begins and changes everywhere, and what ends in
// the database only.
func TestDatabaseHooksOfSessions(t *testing.T) {
	for _, where := range places {
		t.Run(string(where), func(t *testing.T) {
			var seen []string
			note := func(what string) func(context.Context, db.Row) error {
				return func(_ context.Context, row db.Row) error {
					theme, _ := row["theme"].(string)
					seen = append(seen, what+" "+theme)
					return nil
				}
			}
			w := newWorld(t, where, func(o *core.Options) {
				h := &o.DatabaseHooks.Session
				h.BeforeCreate = func(_ context.Context, row db.Row) (db.Row, error) { return db.Row{"theme": "light"}, nil }
				h.AfterCreate = note("created")
				h.BeforeUpdate = func(_ context.Context, set db.Row) (db.Row, error) {
					if set["theme"] == "refused" {
						return nil, db.ErrStopped
					}
					return db.Row{"theme": "black"}, nil
				}
				h.AfterUpdate = note("changed")
				h.BeforeDelete = note("ends")
				h.AfterDelete = note("ended")
			})
			s := w.begin(w.ann, day)
			if found, _ := w.find(s.Token); s.Extra["theme"] != "light" || found.Session.Extra["theme"] != "light" {
				t.Errorf("the session is %+v", found.Session)
			}
			if _, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"theme": "refused"}); ok || !errors.Is(err, db.ErrStopped) {
				t.Errorf("refused: %v %v", ok, err)
			}
			rec, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"theme": "dark"})
			if found, _ := w.find(s.Token); !ok || err != nil || rec.Extra["theme"] != "black" || found.Session.Extra["theme"] != "black" {
				t.Errorf("%v %v: %+v", ok, err, found.Session)
			}
			must(t, w.Sessions().Delete(t.Context(), s.Token))
			if w.alive(s.Token) {
				t.Error("the session lives on")
			}
			want := []string{"created light", "changed black", "ends black", "ended black"}
			if where == inSecondary || where == withRecord {
				want = want[:2]
			}
			if !slices.Equal(seen, want) {
				t.Errorf("the hooks saw %q, want %q", seen, want)
			}
		})
	}
}

// What an application's hook keeps, stays everywhere.
func TestAHookThatKeepsASession(t *testing.T) {
	for _, where := range []place{inDatabase, inBoth} {
		w := newWorld(t, where, func(o *core.Options) {
			o.DatabaseHooks.Session.BeforeDelete = func(context.Context, db.Row) error { return db.ErrStopped }
		})
		s := w.begin(w.ann, day)
		must(t, w.Sessions().Delete(t.Context(), s.Token))
		must(t, w.Sessions().DeleteAll(t.Context(), w.ann.ID))
		if !w.alive(s.Token) || len(w.active(w.ann)) != 1 {
			t.Errorf("%s: the session has ended", where)
		}
		if where == inBoth && len(w.storage.All()) != 2 {
			t.Errorf("the storage holds %v", w.storage.All())
		}
	}
}

func TestIDsThatTheDatabaseWouldMake(t *testing.T) {
	for _, where := range places {
		w := newWorld(t, where, func(o *core.Options) { o.Advanced.Database.GenerateID = db.IDSerial })
		s := w.begin(w.ann, day)
		want := map[place]int{inDatabase: 1, inSecondary: 32, inBoth: 1, withRecord: 1}[where]
		found, ok := w.find(s.Token)
		if len(s.ID) != want || !ok || found.Session.ID != s.ID || found.User.ID != w.ann.ID {
			t.Errorf("%s: the session %q of the user %q is found as %+v", where, s.ID, w.ann.ID, found)
		}
	}
}

// As upstream: the storage counts in seconds, and this is none.
func TestASessionOfLessThanASecond(t *testing.T) {
	for _, where := range []place{inSecondary, withRecord} {
		w := newWorld(t, where)
		if s := w.begin(w.ann, 999*time.Millisecond); w.alive(s.Token) || len(w.storage.All()) != 0 {
			t.Errorf("%s: it lives; the storage holds %v", where, w.storage.All())
		}
	}
}

func TestFieldsThatAreTransformed(t *testing.T) {
	everywhere := func(o *core.Options) {
		o.Session.AdditionalFields = []core.Field{{
			Name: "code", Type: db.String, Nullable: true,
			TransformInput:  func(v any) (any, error) { return "<" + v.(string) + ">", nil },
			TransformOutput: func(v any) (any, error) { s, _ := v.(string); return s + "!", nil },
		}}
	}
	for _, where := range places {
		w := newWorld(t, where, everywhere)
		s := w.begin(w.ann, day)
		rec, ok, err := w.Sessions().Update(t.Context(), s.Token, db.Row{"code": "a"})
		found, _ := w.find(s.Token)
		if !ok || err != nil || rec.Extra["code"] != "<a>!" || found.Session.Extra["code"] != "<a>!" {
			t.Errorf("%s: %v %v, %v, then %v", where, ok, err, rec.Extra, found.Session.Extra)
		}
	}
}
