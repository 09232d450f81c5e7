package replay

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// organizationEndpoints are those of the organization plugin.
func organizationEndpoints(a *gatehouse.Auth) map[string]inProcess {
	p, ok := core.PluginOf[*organization.Plugin](a.Auth)
	if !ok {
		return nil
	}
	return map[string]inProcess{
		"addMember":          bound(p.AddMember),
		"createOrganization": bound(p.CreateOrganization),
	}
}

// organizationHooks are the callbacks of the organization plugin.
func organizationHooks(o *core.Options) map[string]func(callback) {
	all := map[string]func(callback){}
	for _, p := range o.Plugins {
		if p, ok := p.(*organization.Plugin); ok {
			const at = "plugins.organization.organizationHooks."
			for name, set := range hooksOf(&p.Options().OrganizationHooks) {
				all[at+name] = set
			}
		}
	}
	return all
}

type (
	organizationHook = func(context.Context, *organization.Event) error
	memberHook       = func(context.Context, *organization.MemberEvent) error
	invitationHook   = func(context.Context, *organization.InvitationEvent) error
	teamHook         = func(context.Context, *organization.TeamEvent) error
)

func hooksOf(h *organization.Hooks) map[string]func(callback) {
	all := map[string]func(callback){}
	for name, to := range map[string]*organizationHook{
		"beforeCreateOrganization": &h.BeforeCreateOrganization, "afterCreateOrganization": &h.AfterCreateOrganization,
		"beforeUpdateOrganization": &h.BeforeUpdateOrganization, "afterUpdateOrganization": &h.AfterUpdateOrganization,
		"beforeDeleteOrganization": &h.BeforeDeleteOrganization, "afterDeleteOrganization": &h.AfterDeleteOrganization,
	} {
		all[name] = hears(to, func(e *organization.Event) user.User { return e.User })
	}
	for name, to := range map[string]*memberHook{
		"beforeAddMember": &h.BeforeAddMember, "afterAddMember": &h.AfterAddMember,
		"beforeRemoveMember": &h.BeforeRemoveMember, "afterRemoveMember": &h.AfterRemoveMember,
		"beforeUpdateMemberRole": &h.BeforeUpdateMemberRole, "afterUpdateMemberRole": &h.AfterUpdateMemberRole,
	} {
		all[name] = hears(to, func(e *organization.MemberEvent) user.User { return e.User })
	}
	for name, to := range map[string]*invitationHook{
		"beforeCreateInvitation": &h.BeforeCreateInvitation, "afterCreateInvitation": &h.AfterCreateInvitation,
		"beforeAcceptInvitation": &h.BeforeAcceptInvitation, "afterAcceptInvitation": &h.AfterAcceptInvitation,
		"beforeRejectInvitation": &h.BeforeRejectInvitation, "afterRejectInvitation": &h.AfterRejectInvitation,
		"beforeCancelInvitation": &h.BeforeCancelInvitation, "afterCancelInvitation": &h.AfterCancelInvitation,
	} {
		all[name] = hears(to, func(e *organization.InvitationEvent) user.User { return e.User })
	}
	for name, to := range map[string]*teamHook{
		"beforeCreateTeam": &h.BeforeCreateTeam, "afterCreateTeam": &h.AfterCreateTeam,
		"beforeUpdateTeam": &h.BeforeUpdateTeam, "afterUpdateTeam": &h.AfterUpdateTeam,
		"beforeDeleteTeam": &h.BeforeDeleteTeam, "afterDeleteTeam": &h.AfterDeleteTeam,
		"beforeAddTeamMember": &h.BeforeAddTeamMember, "afterAddTeamMember": &h.AfterAddTeamMember,
		"beforeRemoveTeamMember": &h.BeforeRemoveTeamMember, "afterRemoveTeamMember": &h.AfterRemoveTeamMember,
	} {
		all[name] = hears(to, func(e *organization.TeamEvent) user.User { return *e.User })
	}
	return all
}

// hears sets a hook that tells a callback who it is about.
func hears[E any](to *func(context.Context, *E) error, who func(*E) user.User) func(callback) {
	return func(f callback) {
		*to = func(ctx context.Context, e *E) error { return f(ctx, who(e)) }
	}
}
