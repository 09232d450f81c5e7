package organization_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func TestLimitsAreOfOneOrganization(t *testing.T) {
	one, two := 1, 2
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.OrganizationLimit, o.InvitationLimit = &one, &one
		o.MembershipLimit, o.Teams.MaximumTeams = 2, 2
		o.DynamicAccessControl.MaximumRolesPerOrganization = &two
	})
	zoe := w.person("zoe")
	other, _ := w.found(zoe, "zoes")
	for _, of := range []struct {
		owner *person
		id    string
	}{{w.ann, w.id}, {zoe, other}} {
		post := func(path string, body map[string]any) *authtest.Answer {
			body["organizationId"] = of.id
			return of.owner.Post("/organization/"+path, body)
		}
		w.want("403 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS", of.owner.Post("/organization/create", map[string]any{"name": "More", "slug": "more"}))
		w.want("200", post("invite-member", map[string]any{"email": "eve@example.com", "role": "member"}))
		w.want("403 INVITATION_LIMIT_REACHED", post("invite-member", map[string]any{"email": "fred@example.com", "role": "member"}))
		w.join(w.person("member-of-"+of.id), of.id, "member")
		w.want("200", post("create-team", map[string]any{"name": "Second"}))
		w.want("400 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS", post("create-team", map[string]any{"name": "Third"}))
		for n, want := range []string{"200", "200", "400 TOO_MANY_ROLES"} {
			w.want(want, post("create-role", role(fmt.Sprint("role", n), reading)))
		}
	}
}

func TestWhoIsAMemberDoesNotBecomeOneAgain(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) { o.MembershipLimit = 2 })
	bobs, carls := w.invite("bob@example.com", "owner"), w.invite("carl@example.com", "member")
	bob, _ := w.member("bob", "member")
	w.want("400 USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION", accept(bob, bobs))
	_, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: bob.id, Role: "owner", OrganizationID: &w.id})
	if !errors.Is(err, organization.ErrAlreadyAMember) {
		t.Errorf("got %v", err)
	}
	w.want("403 ORGANIZATION_MEMBERSHIP_LIMIT_REACHED", accept(w.person("carl"), carls))
	if n := len(w.rows("member")); n != 2 {
		t.Errorf("there are %d members", n)
	}
}

// The teams of others do not make it one of several.
func TestTheLastTeamIsTheLastOfItsOrganization(t *testing.T) {
	w := founded(t)
	w.found(w.person("zoe"), "zoes")
	team := list(t, w.ok(w.ann.Get("/organization/list-user-teams")), "id")[0]
	w.ok(w.ann.Post("/organization/set-active-team", map[string]any{"teamId": nil}))
	w.want("400 UNABLE_TO_REMOVE_LAST_TEAM", w.ann.Post("/organization/remove-team", map[string]any{"teamId": team}))
}
