package organization_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func TestClientsDoNotSetWhatIsActive(t *testing.T) {
	w := founded(t)
	mallory := w.person("mallory")
	for _, field := range []string{"activeOrganizationId", "activeTeamId"} {
		w.want("400 FIELD_NOT_ALLOWED", mallory.Post("/update-session", map[string]any{field: w.id}))
		if got := w.active(mallory, field); got != "" {
			t.Errorf("%s is %q", field, got)
		}
	}
}

func TestARefusalLeavesTheActiveOrganization(t *testing.T) {
	for name, configure := range map[string]func(*core.Options){
		"in a database": func(*core.Options) {}, "in cookies": func(o *core.Options) { o.Database = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := founded(t, func(_ *organization.Options, o *core.Options) { configure(o) })
			bob := w.person("bob")
			own, _ := w.found(bob, "bobs")
			w.want("403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", bob.Get("/organization/get-full-organization?organizationId="+w.id))
			w.want("403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", bob.Post("/organization/set-active", map[string]any{"organizationId": w.id}))
			if got := w.active(bob, "activeOrganizationId"); got != own {
				t.Errorf("the active organization is %q", got)
			}
		})
	}
}

func TestWhatTheUserIsNotInIsActiveNoMore(t *testing.T) {
	const refused = "403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION"
	byID := func(w *town, bob *person) *authtest.Answer {
		return bob.Post("/organization/set-active", map[string]any{"organizationId": w.id})
	}
	read := func(_ *town, bob *person) *authtest.Answer { return bob.Get("/organization/get-full-organization") }
	expelled := func(w *town, bob *person) {
		w.ok(w.ann.Post("/organization/remove-member", map[string]any{"organizationId": w.id, "memberIdOrEmail": bob.email}))
	}
	for name, tt := range map[string]struct {
		change change
		away   func(w *town, bob *person)
		look   func(w *town, bob *person) *authtest.Answer
		want   string
	}{
		"it is read": {away: expelled, look: read, want: refused},
		"it is set":  {away: expelled, look: byID, want: refused},
		"it is set by slug": {away: expelled, want: refused, look: func(_ *town, bob *person) *authtest.Answer {
			return bob.Post("/organization/set-active", map[string]any{"organizationSlug": "acme"})
		}},
		"it is gone, and set": {look: byID, want: refused, away: func(w *town, _ *person) {
			w.ok(w.ann.Post("/organization/delete", map[string]any{"organizationId": w.id}))
		}},
		"the user removes the own membership": {want: "200", away: func(*town, *person) {}, look: func(_ *town, bob *person) *authtest.Answer {
			return bob.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": bob.email})
		}},
		"another process knows the session": {
			change: func(_ *organization.Options, o *core.Options) { o.Database = nil }, look: read, want: refused,
			away: func(w *town, bob *person) {
				expelled(w, bob)
				if _, err := w.Store().Delete(w.t.Context(), db.Removal{Table: w.Table("session")}); err != nil {
					w.t.Fatal(err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			changes := []change{}
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			w := founded(t, changes...)
			bob, _ := w.member("bob", "owner")
			w.ok(byID(w, bob))
			tt.away(w, bob)
			w.want(tt.want, tt.look(w, bob))
			if got := w.active(bob, "activeOrganizationId"); got != "" {
				t.Errorf("it is active still: %q", got)
			}
		})
	}
}

// A cookie cache may be of the past: another client of the session has moved on.
func TestAStaleCacheDoesNotClearAnotherOrganization(t *testing.T) {
	w := founded(t, func(_ *organization.Options, o *core.Options) { on := true; o.Session.CookieCache.Enabled = &on })
	bob, bobs := w.member("bob", "member")
	w.ok(bob.Post("/organization/set-active", map[string]any{"organizationId": w.id}))
	second, _ := w.found(w.ann, "second")
	w.join(bob, second, "member")
	w.set("session", db.Row{"activeOrganizationId": second})
	w.ok(w.ann.Post("/organization/remove-member", map[string]any{"organizationId": w.id, "memberIdOrEmail": bobs}))
	w.want("403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", bob.Get("/organization/get-full-organization"))
	for _, r := range w.rows("session") {
		if r["activeOrganizationId"] != second {
			t.Errorf("got %v", r["activeOrganizationId"])
		}
	}
	w.set("session", db.Row{"activeOrganizationId": w.id})
	w.want("403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", bob.Get("/organization/get-full-organization"))
	rows, err := w.Store().Select(t.Context(), db.Query{Table: w.Table("session"), Where: db.Where{db.By("userId", bob.id)}})
	if err != nil || len(rows) != 1 || rows[0]["activeOrganizationId"] != nil {
		t.Errorf("what Bob is not in stays active: %v %v", rows, err)
	}
}

func TestACachedSessionKnowsTheActiveOrganization(t *testing.T) {
	on := true
	w := founded(t, func(_ *organization.Options, o *core.Options) { o.Session.CookieCache.Enabled = &on })
	if got := w.active(w.ann, "activeOrganizationId"); got != w.id {
		t.Errorf("after the creation it is %q", got)
	}
	w.member("bob", "owner")
	w.ok(w.ann.Post("/organization/leave", map[string]any{"organizationId": w.id}))
	if got := w.active(w.ann, "activeOrganizationId"); got != "" {
		t.Errorf("after leaving it is %q", got)
	}
}

func TestTheActiveOrganizationWhereverSessionsAre(t *testing.T) {
	for name, configure := range map[string]func(*core.Options){
		"in cookies":             func(o *core.Options) { o.Database = nil },
		"in a secondary storage": func(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) },
		"in both": func(o *core.Options) {
			o.SecondaryStorage, o.Session.StoreSessionInDatabase = secondary.NewMemory(o.Clock), true
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := founded(t, func(_ *organization.Options, o *core.Options) { configure(o) })
			if got := w.active(w.ann, "activeOrganizationId"); got != w.id {
				t.Errorf("after the creation it is %q", got)
			}
			id := w.invite("bob@example.com", "owner")
			bob := w.person("bob")
			w.want("200", accept(bob, id))
			if got := w.active(bob, "activeOrganizationId"); got != w.id {
				t.Errorf("after the acceptance it is %q", got)
			}
			w.ok(w.ann.Post("/organization/set-active", map[string]any{"organizationId": nil}))
			if got := w.active(w.ann, "activeOrganizationId"); got != "" {
				t.Errorf("taken away, it is %q", got)
			}
			w.ok(bob.Post("/organization/leave", map[string]any{"organizationId": w.id}))
			if got := w.active(bob, "activeOrganizationId"); got != "" {
				t.Errorf("after leaving it is %q", got)
			}
		})
	}
}

// The session is looked at before the handler; what is written is one that is there.
func TestASessionThatEndsMeanwhileHasNothingActive(t *testing.T) {
	on := true
	for path, body := range map[string]func(w *town, team string) map[string]any{
		"set-active":      func(w *town, _ string) map[string]any { return map[string]any{"organizationId": w.id} },
		"set-active-team": func(_ *town, team string) map[string]any { return map[string]any{"teamId": team} },
	} {
		var database calls
		w := founded(t, database.watch, func(_ *organization.Options, o *core.Options) { o.Session.CookieCache.Enabled = &on })
		team := list(t, w.ok(w.ann.Get("/organization/list-user-teams")), "id")[0]
		database.on, database.name = true, "select member"
		database.meanwhile = func(ctx context) {
			if _, err := w.Store().Delete(ctx, db.Removal{Table: w.Table("session")}); err != nil {
				t.Error(err)
			}
		}
		if a := w.ann.Post("/organization/"+path, body(w, team)); a.Status != 401 {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
}

// A hook of the application's own can do so where it has kept the request.
func TestAUserWhoIsSignedOutMeanwhileHasAnOrganization(t *testing.T) {
	var request *core.Ctx
	w := server(t, func(o *organization.Options, c *core.Options) {
		c.Hooks.Before = func(c *core.Ctx) error { request = c; return nil }
		o.OrganizationHooks.BeforeCreateOrganization = func(context, *organization.Event) error {
			return request.DeleteSessionCookies(false)
		}
	})
	ann := w.person("ann")
	w.found(ann, "acme")
	if a := ann.Get("/get-session"); a.Body != "null" {
		t.Errorf("the session goes on: %s", a.Body)
	}
}

func TestAUserWhoIsSignedOutMeanwhileIsAMember(t *testing.T) {
	var request *core.Ctx
	w := founded(t, func(o *organization.Options, c *core.Options) {
		c.Hooks.Before = func(c *core.Ctx) error { request = c; return nil }
		o.OrganizationHooks.BeforeAcceptInvitation = func(context, *organization.InvitationEvent) error {
			return request.DeleteSessionCookies(false)
		}
	})
	bob := w.person("bob")
	w.want("200", accept(bob, w.invite(bob.email, "member")))
	if n := len(w.rows("member")); n != 2 {
		t.Errorf("there are %d members", n)
	}
	if a := bob.Get("/get-session"); a.Body != "null" {
		t.Errorf("the session goes on: %s", a.Body)
	}
}
