package organization_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// hears is what a test has for a hook of any kind.
type hears func(ctx context, e any) error

func hook[E any](f hears) func(context, *E) error {
	return func(ctx context, e *E) error { return f(ctx, e) }
}

// scene is a town where Bob and Fred are members, and Bob is in a team; Carl is
// invited, and Dora is a user.
type scene struct {
	*town

	bob, carl, dora, fred  *person
	bobs, team, invitation string
}

func newScene(t *testing.T, changes ...change) *scene {
	t.Helper()
	s := &scene{town: founded(t, changes...)}
	s.bob, s.bobs = s.member("bob", "member")
	s.fred, _ = s.member("fred", "member")
	s.carl, s.dora = s.person("carl"), s.person("dora")
	s.team = s.town.team("Second")
	s.ok(s.ann.Post("/organization/add-team-member", map[string]any{"teamId": s.team, "userId": s.bob.id}))
	s.invitation = s.invite(s.carl.email, "admin")
	s.ok(s.ann.Post("/organization/create-role", role("clerk", reading)))
	return s
}

func (s *scene) post(p *person, path string, body map[string]any) string {
	return said(s.t, p.Post("/organization/"+path, body))
}

// occasion is something that hooks hear of: how they are set, the call, and the
// events before and after it, as told tells them.
type occasion struct {
	set           func(h *organization.Hooks, before, after hears)
	do            func(s *scene) string
	before, after string
}

// occasions are all that hooks hear of. Whom they are about is what 1.6.9 tells its
// hooks, in reference/recordings/organization/hooks.json.
var occasions = map[string]occasion{
	"a creation": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeCreateOrganization, h.AfterCreateOrganization = hook[organization.Event](before), hook[organization.Event](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "create", map[string]any{"name": "More", "slug": "more"})
		},
		"ann@example.com name=More", "ann@example.com owner of more",
	},
	"an update": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeUpdateOrganization, h.AfterUpdateOrganization = hook[organization.Event](before), hook[organization.Event](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "update", map[string]any{"data": map[string]any{"name": "Acme Inc.", "slug": "acme-inc"}})
		},
		"ann@example.com owner of acme name=Acme Inc.", "ann@example.com owner of acme-inc",
	},
	"a deletion": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeDeleteOrganization, h.AfterDeleteOrganization = hook[organization.Event](before), hook[organization.Event](after)
		},
		func(s *scene) string { return s.post(s.ann, "delete", map[string]any{"organizationId": s.id}) },
		"ann@example.com owner of acme", "ann@example.com owner of acme",
	},
	"an addition": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeAddMember, h.AfterAddMember = hook[organization.MemberEvent](before), hook[organization.MemberEvent](after)
		},
		func(s *scene) string {
			_, err := s.plugin.AddMember.Call(s.t.Context(), organization.AddMemberInput{UserID: s.dora.id, Role: "admin", OrganizationID: &s.id})
			return outcome(err)
		},
		"dora@example.com of acme role=admin", "dora@example.com admin of acme",
	},
	"a removal": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeRemoveMember, h.AfterRemoveMember = hook[organization.MemberEvent](before), hook[organization.MemberEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "remove-member", map[string]any{"memberIdOrEmail": s.bobs})
		},
		"bob@example.com member of acme", "bob@example.com member of acme",
	},
	"a change of a role": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeUpdateMemberRole, h.AfterUpdateMemberRole = hook[organization.MemberEvent](before), hook[organization.MemberEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "update-member-role", map[string]any{"memberId": s.bobs, "role": "admin"})
		},
		"bob@example.com member of acme was member role=admin", "bob@example.com admin of acme was member",
	},
	"an invitation": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeCreateInvitation, h.AfterCreateInvitation = hook[organization.InvitationEvent](before), hook[organization.InvitationEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "invite-member", map[string]any{"email": "eve@example.com", "role": "member"})
		},
		"ann@example.com of acme email=eve@example.com", "ann@example.com of acme eve@example.com pending",
	},
	"an acceptance": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeAcceptInvitation, h.AfterAcceptInvitation = hook[organization.InvitationEvent](before), hook[organization.InvitationEvent](after)
		},
		func(s *scene) string {
			return s.post(s.carl, "accept-invitation", map[string]any{"invitationId": s.invitation})
		},
		"carl@example.com of acme carl@example.com pending", "carl@example.com admin of acme carl@example.com accepted",
	},
	"a rejection": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeRejectInvitation, h.AfterRejectInvitation = hook[organization.InvitationEvent](before), hook[organization.InvitationEvent](after)
		},
		func(s *scene) string {
			return s.post(s.carl, "reject-invitation", map[string]any{"invitationId": s.invitation})
		},
		"carl@example.com of acme carl@example.com pending", "carl@example.com of acme carl@example.com rejected",
	},
	"a cancellation": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeCancelInvitation, h.AfterCancelInvitation = hook[organization.InvitationEvent](before), hook[organization.InvitationEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "cancel-invitation", map[string]any{"invitationId": s.invitation})
		},
		"ann@example.com of acme carl@example.com pending", "ann@example.com of acme carl@example.com canceled",
	},
	"a team": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeCreateTeam, h.AfterCreateTeam = hook[organization.TeamEvent](before), hook[organization.TeamEvent](after)
		},
		func(s *scene) string { return s.post(s.ann, "create-team", map[string]any{"name": "Third"}) },
		"ann@example.com of acme name=Third", "ann@example.com of acme Third",
	},
	"an update of a team": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeUpdateTeam, h.AfterUpdateTeam = hook[organization.TeamEvent](before), hook[organization.TeamEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "update-team", map[string]any{"teamId": s.team, "data": map[string]any{"name": "Third"}})
		},
		"ann@example.com of acme Second name=Third", "ann@example.com of acme Third",
	},
	"a removal of a team": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeDeleteTeam, h.AfterDeleteTeam = hook[organization.TeamEvent](before), hook[organization.TeamEvent](after)
		},
		func(s *scene) string { return s.post(s.ann, "remove-team", map[string]any{"teamId": s.team}) },
		"ann@example.com of acme Second", "ann@example.com of acme Second",
	},
	"an addition to a team": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeAddTeamMember, h.AfterAddTeamMember = hook[organization.TeamEvent](before), hook[organization.TeamEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "add-team-member", map[string]any{"teamId": s.team, "userId": s.fred.id})
		},
		"fred@example.com of acme Second", "fred@example.com of acme Second place of fred@example.com",
	},
	"a removal from a team": {
		func(h *organization.Hooks, before, after hears) {
			h.BeforeRemoveTeamMember, h.AfterRemoveTeamMember = hook[organization.TeamEvent](before), hook[organization.TeamEvent](after)
		},
		func(s *scene) string {
			return s.post(s.ann, "remove-team-member", map[string]any{"teamId": s.team, "userId": s.bob.id})
		},
		"bob@example.com of acme Second place of bob@example.com", "bob@example.com of acme Second place of bob@example.com",
	},
}

// outcome is what said is for a call in process.
func outcome(err error) string {
	if err == nil {
		return "200"
	}
	if refusal, ok := errors.AsType[*core.Error](err); ok {
		return fmt.Sprintf("%d %s", refusal.Status(), refusal.Code())
	}
	return err.Error()
}

// told is what an event tells, without what is empty.
func told(e any) string {
	words := func(pairs ...string) string {
		var out []string
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				out = append(out, pairs[i]+pairs[i+1])
			}
		}
		return strings.Join(out, " ")
	}
	data := func(row db.Row, name string) string { s, _ := row[name].(string); return s }
	switch e := e.(type) {
	case *organization.Event:
		return words("", e.User.Email, "", e.Member.Role, "of ", e.Organization.Slug, "name=", data(e.Data, "name"))
	case *organization.MemberEvent:
		return words("", e.User.Email, "", e.Member.Role, "of ", e.Organization.Slug, "was ", e.PreviousRole, "role=", data(e.Data, "role"))
	case *organization.InvitationEvent:
		return words("", e.User.Email, "", e.Member.Role, "of ", e.Organization.Slug, "", e.Invitation.Email, "", e.Invitation.Status, "email=", data(e.Data, "email"))
	case *organization.TeamEvent:
		place := ""
		if e.TeamMember.TeamID == e.Team.ID && e.TeamMember.UserID == e.User.ID {
			place = e.User.Email
		}
		return words("", e.User.Email, "of ", e.Organization.Slug, "", e.Team.Name, "place of ", place, "name=", data(e.Data, "name"))
	}
	return fmt.Sprintf("%T", e)
}
