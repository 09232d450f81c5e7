package organization_test

import (
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func TestWhichTeamBecomesActive(t *testing.T) {
	w := founded(t)
	second := w.team("Second")
	w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": second, "userId": w.ann.id}))
	other, _ := w.found(w.ann, "other") // and now it is the active one
	set := map[string]any{"teamId": second}
	w.want("400 TEAM_NOT_FOUND", w.ann.Post("/organization/set-active-team", set))
	w.ok(w.ann.Post("/organization/set-active", map[string]any{"organizationId": nil}))
	w.want("400 NO_ACTIVE_ORGANIZATION", w.ann.Post("/organization/set-active-team", set))
	w.ok(w.ann.Post("/organization/set-active", map[string]any{"organizationId": w.id}))
	w.want("200", w.ann.Post("/organization/set-active-team", set))
	if got := w.active(w.ann, "activeTeamId"); got != second {
		t.Errorf("the active team is %q, not that of %s", got, other)
	}
}

// The row stays when another server, or the application, ends a membership.
func TestAPlaceInATeamIsNoMembership(t *testing.T) {
	w := founded(t)
	team := list(t, w.ok(w.ann.Get("/organization/list-user-teams")), "id")[0]
	w.ok(w.ann.Post("/organization/set-active-team", map[string]any{"teamId": team}))
	if _, err := w.Store().Delete(t.Context(), db.Removal{Table: w.Table("member")}); err != nil {
		t.Fatal(err)
	}
	w.want("403 USER_IS_NOT_A_MEMBER_OF_THE_TEAM", w.ann.Post("/organization/set-active-team", map[string]any{"teamId": team}))
	w.want("400 USER_IS_NOT_A_MEMBER_OF_THE_TEAM", w.ann.Get("/organization/list-team-members?teamId="+team))
	if got := list(t, w.ok(w.ann.Get("/organization/list-user-teams")), "id"); len(got) != 0 {
		t.Errorf("the teams are %v", got)
	}
}

func TestTeamsOfAnotherMember(t *testing.T) {
	w := founded(t)
	bob, _ := w.member("bob", "member")
	team := w.team("Second")
	w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": bob.id}))
	other, _ := w.found(bob, "bobs") // whose team nobody else hears of
	if got := list(t, w.ok(w.ann.Get("/organization/list-user-teams?userId="+bob.id)), "id"); len(got) != 1 || got[0] != team {
		t.Errorf("got %v", got)
	}
	if got := list(t, w.ok(bob.Get("/organization/list-user-teams")), "id"); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if got := list(t, w.ok(bob.Get("/organization/list-user-teams?organizationId="+other)), "organizationId"); len(got) != 1 || got[0] != other {
		t.Errorf("got %v", got)
	}
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", bob.Get("/organization/list-user-teams?organizationId="+w.id+"&userId="+w.ann.id))
	w.want("403 YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION", w.ann.Get("/organization/list-user-teams?organizationId="+other))
	carl := w.person("carl")
	w.want("400 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", w.ann.Get("/organization/list-user-teams?userId="+carl.id))
	w.want("400 NO_ACTIVE_ORGANIZATION", carl.Get("/organization/list-user-teams?userId="+w.ann.id))
}

// The keys are what 1.7.25 computes.
func TestTeamsAreCountedAs17Counts(t *testing.T) {
	for pair, want := range map[[2]string]string{
		{"team-1", "user-1"}:        "q2l3Rfjg7lVPxWsiTmz4MdMdWfSfMMgiwE_nXwdpNRc",
		{"Tö\"am<&>", "\u2028user"}: "XePLdh8s3U6Gj9ZkBBameVDyKeMlS7plyWXcSNPkc58",
		{"5", "6"}:                  "c3mpiRV7Yh7Fh9l0dwsfqOvwXgNESt-JX54fVZTCf3g",
	} {
		if got, err := organization.MembershipKey(pair[0], pair[1]); got != want || err != nil {
			t.Errorf("the key of %q is %s (%v), want %s", pair, got, err, want)
		}
	}
	w := founded(t)
	bob, bobs := w.member("bob", "member")
	team := w.team("Second")
	counted := func(want int64) {
		t.Helper()
		for _, row := range w.rows("team") {
			if row["id"] == team && row["memberCount"] != want {
				t.Errorf("it counts %v members, want %d", row["memberCount"], want)
			}
		}
	}
	counted(0)
	for _, id := range []string{w.ann.id, bob.id, bob.id} {
		w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": id}))
	}
	counted(2)
	w.ok(w.ann.Post("/organization/remove-team-member", map[string]any{"teamId": team, "userId": w.ann.id}))
	counted(1)
	w.ok(w.ann.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": bobs}))
	counted(0)
	// What 1.6.9 has written beside is counted with the next change.
	if _, err := w.Store().Create(t.Context(), w.Table("teamMember"), db.Row{"teamId": team, "userId": w.ann.id, "createdAt": w.Now()}); err != nil {
		t.Fatal(err)
	}
	w.join(bob, w.id, "member")
	w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": bob.id}))
	counted(2)
}

func TestAServerWithoutTeams(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) { o.Teams.Enabled = false })
	w.want("404", w.ann.Post("/organization/create-team", map[string]any{"name": "Second"}))
	w.want("200", w.ann.Post("/organization/invite-member", map[string]any{"email": "bob@example.com", "role": "member", "teamId": "any"}))
	if _, has := w.ok(w.ann.Get("/organization/get-full-organization")).Object(t).Get("teams"); has {
		t.Error("there are teams")
	}
	if w.Table("team") != nil || w.Table("session").Has("activeTeamId") {
		t.Error("there are tables of them")
	}
}

// Not every database deletes by itself what refers to a row.
func TestATeamThatGoesLeavesNobodyInIt(t *testing.T) {
	var database calls
	w := founded(t, database.watch)
	team := w.team("Second")
	w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": w.ann.id}))
	database.on = true
	w.ok(w.ann.Post("/organization/remove-team", map[string]any{"teamId": team}))
	places, itself := slices.Index(database.made, "delete teamMember"), slices.Index(database.made, "delete team")
	if places < 0 || itself < places {
		t.Errorf("it is left to the database: %v", database.made)
	}
}

func TestATeamIsNamedByTheApplication(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.Teams.DefaultTeam.CustomCreateDefaultTeam = func(_ context, org organization.Organization) (string, map[string]any, error) {
			return "All of " + org.Name, nil, nil
		}
	})
	if got := list(t, w.ok(w.ann.Get("/organization/list-user-teams")), "name"); len(got) != 1 || got[0] != "All of ACME" {
		t.Errorf("got %v", got)
	}
}
