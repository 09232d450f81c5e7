package organization

import (
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// UpdateMemberRoleInput is the body of POST /organization/update-member-role.
type UpdateMemberRoleInput struct {
	Role           any     `json:"role" check:"type=string|string[]" doc:"The new role, or several"`
	MemberID       string  `json:"memberId" doc:"The membership"`
	OrganizationID *string `json:"organizationId" doc:"The organization; the active one unless given"`
}

func (p *Plugin) updateMemberRole(c *core.Ctx, in UpdateMemberRoleInput) (*Member, error) {
	names := roleNames(in.Role)
	if len(names) == 0 {
		return nil, errBadRequest
	}
	role, err := joinRoles(names)
	if err != nil {
		return nil, err
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	var e *MemberEvent
	err = p.asMember(c, organizationID, c.Session().User.ID, ErrMemberNotFound, func(m Member) error {
		target, err := p.mayChange(c, m, in.MemberID, names)
		if err != nil {
			return err
		}
		e = &MemberEvent{}
		if err := p.changeRole(c, e, target, role); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(p.opts.OrganizationHooks.AfterUpdateMemberRole, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.members.out(e.Member)), nil
}

// mayChange finds the member whose role somebody wants to change, who may.
func (p *Plugin) mayChange(c *core.Ctx, m Member, memberID string, names []string) (Member, error) {
	ctx := c.Context()
	target, ok, err := p.members.byID(ctx, m.OrganizationID, memberID)
	if err != nil {
		return Member{}, err
	}
	if !ok {
		elsewhere, err := p.members.exists(ctx, memberID)
		if err == nil && elsewhere {
			err = ErrMayNotUpdateMember
		}
		return Member{}, orElse(err, ErrMemberNotFound)
	}
	owner, becomesOwner := p.isCreator(m.Role), hasRole(strings.Join(names, ","), p.opts.CreatorRole)
	if !owner && (becomesOwner || p.isCreator(target.Role)) {
		return Member{}, ErrMayNotUpdateMember
	}
	if p.isCreator(target.Role) && !becomesOwner {
		if err := p.checkOwners(ctx, m.OrganizationID, ErrWithoutOwner); err != nil {
			return Member{}, err
		}
	}
	if !owner {
		if err := p.need(c, m, "member", "update", ErrMayNotUpdateMember); err != nil {
			return Member{}, err
		}
	}
	if p.auth.Options().Compat.UnknownMemberRoles {
		return target, nil
	}
	unknown, err := p.unknownRoles(ctx, m.OrganizationID, names)
	if err == nil && len(unknown) > 0 {
		err = ErrRoleNotFound.WithMessage("ROLE_NOT_FOUND: " + strings.Join(unknown, ", "))
	}
	return target, err
}

func (p *Plugin) changeRole(c *core.Ctx, e *MemberEvent, target Member, role string) (err error) {
	ctx, ok := c.Context(), false
	if e.Organization, ok, err = p.organizations.byID(ctx, target.OrganizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if e.User, ok, err = p.auth.Users().ByID(ctx, target.UserID); err != nil || !ok {
		return orElse(err, errUserGone)
	}
	e.Member, e.PreviousRole, e.Data = target, target.Role, db.Row{"role": role}
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeUpdateMemberRole, e); err != nil {
		return err
	}
	if given, ok := e.Data["role"].(string); ok && given != "" {
		role = given
	}
	e.Data = nil
	e.Member, ok, err = p.members.setRole(ctx, target.OrganizationID, target.ID, role)
	if err == nil && !ok {
		err = ErrMemberNotFound
	}
	return err
}
