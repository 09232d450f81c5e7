package organization

import (
	"context"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/access"
)

// mayCreateRole looks whether a member may create a role. The organization is locked.
func (p *Plugin) mayCreateRole(c *core.Ctx, m Member, name string, asked statementList) error {
	if err := p.need(c, m, "ac", "create", ErrMayNotCreateRole); err != nil {
		return err
	}
	if err := p.checkRoleLimit(c.Context(), m.OrganizationID); err != nil {
		return err
	}
	if err := p.mayGrant(c, m, asked, ErrMayNotCreateRole); err != nil {
		return err
	}
	return p.isFree(c.Context(), m.OrganizationID, name)
}

// roleName is the name of a role as it is stored. It must be none that the
// application has declared, and stay what it is in a list of roles.
func (p *Plugin) roleName(given, member string) (string, error) {
	name := wire.ToLower(given)
	if !isRoleName(name) {
		return "", core.ErrValidation.WithMessage("[body." + member + "] Invalid input")
	}
	if p.isPredefined(name) || name == p.opts.CreatorRole {
		return "", ErrRoleTaken
	}
	return name, nil
}

func (p *Plugin) isPredefined(name string) bool {
	_, declared := p.static[name]
	return declared
}

func (p *Plugin) isFree(ctx context.Context, organizationID, name string) error {
	_, taken, err := p.roles.find(ctx, organizationID, db.By("role", name))
	if err == nil && taken {
		err = ErrRoleTaken
	}
	return err
}

func (p *Plugin) checkRoleLimit(ctx context.Context, organizationID string) error {
	var limit int
	switch d := &p.opts.DynamicAccessControl; {
	case d.MaximumRolesPerOrganizationFunc != nil:
		var err error
		if limit, err = d.MaximumRolesPerOrganizationFunc(ctx, organizationID); err != nil {
			return err
		}
	case d.MaximumRolesPerOrganization != nil:
		limit = *d.MaximumRolesPerOrganization
	default:
		return nil
	}
	n, err := p.roles.in(ctx, organizationID)
	if err == nil && n >= int64(limit) {
		err = ErrTooManyRoles
	}
	return err
}

// mayRename refuses to rename a role that allows more than the member may: whoever has
// the new name in their roles gets it. A permission that is set at once has been
// looked at.
func (p *Plugin) mayRename(c *core.Ctx, m Member, r OrganizationRole, permissionIsSet bool) error {
	if permissionIsSet {
		return nil
	}
	stored, err := storedPermission(r)
	if err != nil {
		return err
	}
	return p.mayGrant(c, m, stored, ErrMayNotUpdateRole)
}

// isUnused refuses a role that a member has, or that somebody would get who accepts an
// invitation: who makes a role of that name later would give it to them. The
// organization is locked.
func (p *Plugin) isUnused(c *core.Ctx, r OrganizationRole) error {
	holders, err := p.members.withRole(c.Context(), r.OrganizationID, r.Role)
	if err != nil || len(holders) > 0 {
		return orElse(err, ErrRoleAssigned)
	}
	invited, err := p.invitations.withRole(c.Context(), r.OrganizationID, r.Role, c.Now())
	if err == nil && invited {
		err = ErrRoleAssigned
	}
	return err
}

// mayGrant refuses permissions on what there is not, and those that the member who
// grants them has not.
func (p *Plugin) mayGrant(c *core.Ctx, m Member, asked statementList, refusal *core.Error) error {
	if slices.ContainsFunc(asked, func(s statement) bool { return !p.control.Knows(s.resource) }) {
		return ErrInvalidResource
	}
	held, err := p.rolesOf(c.Context(), m.OrganizationID, m.Role)
	if err != nil {
		return err
	}
	var missing []any
	for _, s := range asked {
		for _, action := range s.actions {
			if !allows(held, access.Statements{s.resource: {action}}) {
				missing = append(missing, s.resource+":"+action)
			}
		}
	}
	if len(missing) > 0 {
		return refusal.WithField("missingPermissions", missing)
	}
	return nil
}
