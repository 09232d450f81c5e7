package organization_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// everyChange is whatever changes an organization, whether hooks hear of it or not.
func everyChange() map[string]func(s *scene) string {
	all := map[string]func(s *scene) string{
		"leaving": func(s *scene) string { return s.post(s.bob, "leave", map[string]any{"organizationId": s.id}) },
		"a role":  func(s *scene) string { return s.post(s.ann, "create-role", role("other", reading)) },
		"an update of a role": func(s *scene) string {
			return s.post(s.ann, "update-role", map[string]any{"roleName": "clerk", "data": map[string]any{"roleName": "other"}})
		},
		"a removal of a role": func(s *scene) string {
			return s.post(s.ann, "delete-role", map[string]any{"roleName": "clerk"})
		},
	}
	for name, o := range occasions {
		all[name] = o.do
	}
	return all
}

// Races find out only where the database runs transactions beside each other.
func TestEveryChangeIsMadeUnderALock(t *testing.T) {
	for name, do := range everyChange() {
		t.Run(name, func(t *testing.T) {
			var database calls
			s := newScene(t, database.watch)
			database.on = true
			if got := do(s); got != "200" {
				t.Fatalf("got %s", got)
			}
			lock := slices.Index(database.made, "lock")
			write := slices.IndexFunc(database.made, func(call string) bool {
				op, model, _ := strings.Cut(call, " ")
				return model != "" && model != "session" && op != "select" && op != "count"
			})
			if lock < 0 || write < lock {
				t.Errorf("there is no lock ahead of the first write: %v", database.made)
			}
			want := "organization:" + s.id
			if name == "a creation" {
				want = "organizations of " + s.ann.id // who may have a number of them
			}
			// The name is what two versions of a server have in common.
			if !slices.Equal(database.locks, []string{want}) {
				t.Errorf("the locks are %q, want %q", database.locks, want)
			}
		})
	}
}

// byMembers are the changes that a member makes who may.
func byMembers() map[string]func(s *scene) string {
	all := everyChange()
	for _, name := range []string{"a creation", "an addition", "an acceptance", "a rejection"} {
		delete(all, name)
	}
	return all
}

func TestWhoActsIsLookedAtUnderTheLock(t *testing.T) {
	demoted := byMembers()
	delete(demoted, "leaving")
	for what, tt := range map[string]struct {
		changes map[string]func(s *scene) string
		change  func(ctx context, s *scene) error
	}{
		"has left": {byMembers(), func(ctx context, s *scene) error {
			_, err := s.Store().Delete(ctx, db.Removal{Table: s.Table("member")})
			return err
		}},
		"has another role": {demoted, func(ctx context, s *scene) error {
			_, err := s.Store().Update(ctx, db.Change{Table: s.Table("member"), Set: db.Row{"role": "member"}})
			return err
		}},
	} {
		for _, name := range slices.Sorted(maps.Keys(tt.changes)) {
			t.Run(name+", of somebody who "+what, func(t *testing.T) {
				var database calls
				s := newScene(t, database.watch)
				before := s.everything(t.Context())
				database.on, database.name = true, "lock"
				database.meanwhile = func(ctx context) {
					if err := tt.change(ctx, s); err != nil {
						t.Error(err)
					}
				}
				if got := tt.changes[name](s); !strings.HasPrefix(got, "40") {
					t.Errorf("got %s", got)
				}
				if database.meanwhile != nil {
					t.Error("there was no lock")
				}
				if after := s.everything(t.Context()); after != before {
					t.Errorf("something has changed:\n%s\n%s", before, after)
				}
			})
		}
	}
}

// Else anybody could keep the members waiting.
func TestOutsidersTakeNoLock(t *testing.T) {
	for name, do := range byMembers() {
		t.Run(name, func(t *testing.T) {
			var database calls
			s := newScene(t, database.watch)
			mallory := s.person("mallory")
			s.set("session", db.Row{"activeOrganizationId": s.id})
			s.ann, s.bob = mallory, mallory
			database.on = true
			if got := do(s); !strings.HasPrefix(got, "40") {
				t.Errorf("got %s", got)
			}
			if slices.Contains(database.made, "lock") {
				t.Errorf("there is a lock: %v", database.made)
			}
		})
	}
}
