package organization

import (
	"maps"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (p *Plugin) setUpRoles(s *core.Setup) {
	changes, reads := []core.Middleware{p.signedIn}, []core.Middleware{core.RequireSession}
	p.CreateOrgRole = core.Route(s, core.Endpoint[CreateRoleInput, CreateRoleOutput]{
		Method: http.MethodPost, Path: "/organization/create-role", OperationID: "createOrgRole",
		Summary: "Create a role of an organization's own",
		Use:     changes, Handle: p.createRole,
	})
	p.UpdateOrgRole = core.Route(s, core.Endpoint[UpdateRoleInput, UpdateRoleOutput]{
		Method: http.MethodPost, Path: "/organization/update-role", OperationID: "updateOrgRole",
		Summary: "Change a role of an organization's own",
		Use:     changes, Handle: p.updateRole,
	})
	p.DeleteOrgRole = core.Route(s, core.Endpoint[DeleteRoleInput, SuccessOutput]{
		Method: http.MethodPost, Path: "/organization/delete-role", OperationID: "deleteOrgRole",
		Summary: "Delete a role of an organization's own",
		Use:     changes, Handle: p.deleteRole,
	})
	p.GetOrgRole = core.Route(s, core.Endpoint[GetRoleInput, OrganizationRole]{
		Method: http.MethodGet, Path: "/organization/get-role", OperationID: "getOrgRole",
		Summary: "Read a role of an organization's own",
		Use:     reads, Handle: p.getRole,
	})
	p.ListOrgRoles = core.Route(s, core.Endpoint[ListRolesInput, []OrganizationRole]{
		Method: http.MethodGet, Path: "/organization/list-roles", OperationID: "listOrgRoles",
		Summary: "List the roles of an organization's own",
		Use:     reads, Handle: p.listRoles,
	})
}

// given is the organization of a call about roles, where an empty text is no id.
func (p *Plugin) given(c *core.Ctx, organizationID *string) string {
	if organizationID != nil {
		return *organizationID
	}
	return p.named(c, nil)
}

// CreateRoleInput is the body of POST /organization/create-role.
type CreateRoleInput struct {
	OrganizationID   *string      `json:"organizationId" doc:"The organization; the active one unless given"`
	Role             string       `json:"role" check:"max=255" doc:"The name of the role, kept in lower case"`
	Permission       *wire.Object `json:"permission" doc:"What the role allows: lists of actions by resource"`
	AdditionalFields *wire.Object `json:"additionalFields,optional" doc:"Fields of the application's own"`
}

// CreateRoleOutput is the new role.
type CreateRoleOutput struct {
	Success    bool             `json:"success"`
	RoleData   OrganizationRole `json:"roleData"`
	Statements *wire.Object     `json:"statements" doc:"What the role allows"`
}

func (p *Plugin) createRole(c *core.Ctx, in CreateRoleInput) (*CreateRoleOutput, error) {
	asked, wrong := readStatements(in.Permission)
	if wrong != nil {
		return nil, wrong.in("body.permission")
	}
	fields, err := p.additional(modelRole, in.AdditionalFields, "body.additionalFields", in.AdditionalFields != nil)
	if err != nil {
		return nil, err
	}
	if err := p.needControl(c); err != nil {
		return nil, err
	}
	organizationID := p.given(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoOrganizationForRole
	}
	name, err := p.roleName(in.Role, "role")
	if err != nil {
		return nil, err
	}
	permission, err := wire.Marshal(asked.object())
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, db.Row{"organizationId": organizationID, "role": name, "permission": string(permission), "createdAt": now(c)})
	var made OrganizationRole
	err = p.asMember(c, organizationID, c.Session().User.ID, ErrNotYours, func(m Member) error {
		if err := p.mayCreateRole(c, m, name, asked); err != nil {
			return err
		}
		made, err = p.roles.create(c.Context(), fields)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &CreateRoleOutput{Success: true, RoleData: p.roles.out(made), Statements: asked.object()}, nil
}

// needControl refuses where the application has not said what there is to allow.
func (p *Plugin) needControl(c *core.Ctx) error {
	if p.control != nil {
		return nil
	}
	c.Log().Error("organization: roles of an organization's own need accessControl.statements")
	return ErrNoAccessControl
}

// whichRole is the condition that a call names a role by. Both members are texts
// that are not empty where they count.
func whichRole(name, id *string, place string) (db.Cond, error) {
	switch {
	case text(name) != "":
		return db.By("role", *name), nil
	case text(id) != "":
		return db.By(db.ID, *id), nil
	case name != nil && id == nil:
		return db.Cond{}, (&problem{".roleName", "Too small: expected string to have >=1 characters"}).in(place)
	case id != nil && name == nil:
		return db.Cond{}, (&problem{".roleId", "Too small: expected string to have >=1 characters"}).in(place)
	}
	return db.Cond{}, (&problem{"", "Invalid input"}).in(place)
}

// UpdateRoleInput is the body of POST /organization/update-role.
type UpdateRoleInput struct {
	OrganizationID *string        `json:"organizationId" doc:"The organization; the active one unless given"`
	RoleName       *string        `json:"roleName" doc:"The role by its name"`
	RoleID         *string        `json:"roleId" doc:"The role by its id"`
	Data           UpdateRoleData `json:"data" doc:"What is to change"`
}

// UpdateRoleData is what of a role is to change.
type UpdateRoleData struct {
	Permission *wire.Object `json:"permission,optional" doc:"What the role allows from now on: lists of actions by resource"`
	RoleName   *string      `json:"roleName" check:"max=255" doc:"Its name from now on"`
	// Rest holds the additional fields of the role.
	Rest *wire.Object `json:",rest,loose"`
}

// UpdateRoleOutput is the role with what has changed; its last change is the one
// before, as upstream.
type UpdateRoleOutput struct {
	Success  bool             `json:"success"`
	RoleData OrganizationRole `json:"roleData"`
}

func (p *Plugin) updateRole(c *core.Ctx, in UpdateRoleInput) (*UpdateRoleOutput, error) {
	which, err := whichRole(in.RoleName, in.RoleID, "body")
	if err != nil {
		return nil, err
	}
	asked, wrong := readStatements(in.Data.Permission)
	if wrong != nil {
		return nil, wrong.in("body.data.permission")
	}
	set, err := p.additional(modelRole, in.Data.Rest, "body.data", false)
	if err != nil {
		return nil, err
	}
	if err := p.needControl(c); err != nil {
		return nil, err
	}
	organizationID := p.given(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	var was OrganizationRole
	err = p.asMember(c, organizationID, c.Session().User.ID, ErrNotYours, func(m Member) (err error) {
		if err := p.need(c, m, "ac", "update", ErrMayNotUpdateRole); err != nil {
			return err
		}
		var ok bool
		if was, ok, err = p.roles.find(c.Context(), organizationID, which); err != nil || !ok {
			return orElse(err, ErrRoleNotFound)
		}
		if in.Data.Permission != nil {
			if err := p.mayGrant(c, m, asked, ErrMayNotUpdateRole); err != nil {
				return err
			}
			permission, err := wire.Marshal(asked.object())
			if err != nil {
				return err
			}
			set["permission"] = string(permission)
		}
		if text(in.Data.RoleName) != "" {
			name, err := p.roleName(*in.Data.RoleName, "data.roleName")
			if err != nil {
				return err
			}
			if err := p.isFree(c.Context(), organizationID, name); err != nil {
				return err
			}
			if err := p.mayRename(c, m, was, in.Data.Permission != nil); err != nil {
				return err
			}
			set["role"] = name
		}
		if ok, err = p.roles.change(c.Context(), organizationID, was.ID, set); err != nil || !ok {
			return orElse(err, ErrRoleNotFound)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &UpdateRoleOutput{Success: true, RoleData: p.roles.out(overlay(was, set))}, nil
}

// overlay is a role with the fields that were set.
func overlay(r OrganizationRole, set db.Row) OrganizationRole {
	r.Extra = maps.Clone(r.Extra)
	for name, v := range set {
		switch value, _ := v.(string); name {
		case "role":
			r.Role = value
		case "permission":
			r.Permission = value
		default:
			r.Extra[name] = v
		}
	}
	return r
}

// DeleteRoleInput is the body of POST /organization/delete-role.
type DeleteRoleInput struct {
	OrganizationID *string `json:"organizationId" doc:"The organization; the active one unless given"`
	RoleName       *string `json:"roleName" doc:"The role by its name"`
	RoleID         *string `json:"roleId" doc:"The role by its id"`
}

// SuccessOutput says that it is done.
type SuccessOutput struct {
	Success bool `json:"success"`
}

func (p *Plugin) deleteRole(c *core.Ctx, in DeleteRoleInput) (*SuccessOutput, error) {
	which, err := whichRole(in.RoleName, in.RoleID, "body")
	if err != nil {
		return nil, err
	}
	organizationID := p.given(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	err = p.asMember(c, organizationID, c.Session().User.ID, ErrNotYours, func(m Member) error {
		if err := p.need(c, m, "ac", "delete", ErrMayNotDeleteRole); err != nil {
			return err
		}
		if p.isPredefined(text(in.RoleName)) {
			return ErrPredefinedRole
		}
		role, ok, err := p.roles.find(c.Context(), organizationID, which)
		if err != nil || !ok {
			return orElse(err, ErrRoleNotFound)
		}
		if err := p.isUnused(c, role); err != nil {
			return err
		}
		if ok, err = p.roles.delete(c.Context(), organizationID, role.ID); err != nil || !ok {
			return orElse(err, ErrRoleNotFound)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &SuccessOutput{true}, nil
}

// GetRoleInput is the query of GET /organization/get-role.
type GetRoleInput struct {
	OrganizationID *string `query:"organizationId" doc:"The organization; the active one unless given"`
	RoleName       *string `query:"roleName" doc:"The role by its name"`
	RoleID         *string `query:"roleId" doc:"The role by its id"`
}

func (p *Plugin) getRole(c *core.Ctx, in GetRoleInput) (*OrganizationRole, error) {
	which, err := whichRole(in.RoleName, in.RoleID, "query")
	if err != nil {
		return nil, err
	}
	m, err := p.mayRead(c, in.OrganizationID, ErrMayNotReadRole)
	if err != nil {
		return nil, err
	}
	role, ok, err := p.roles.find(c.Context(), m.OrganizationID, which)
	if err != nil || !ok {
		return nil, orElse(err, ErrRoleNotFound)
	}
	return new(p.roles.out(role)), nil
}

// mayRead finds the membership of the user, who may read roles.
func (p *Plugin) mayRead(c *core.Ctx, given *string, refusal *core.Error) (Member, error) {
	organizationID := p.given(c, given)
	if organizationID == "" {
		return Member{}, ErrNoActive
	}
	m, ok, err := p.members.of(c.Context(), organizationID, c.Session().User.ID)
	if err != nil || !ok {
		return Member{}, orElse(err, ErrNotYours)
	}
	return m, p.need(c, m, "ac", "read", refusal)
}

// ListRolesInput is the query of GET /organization/list-roles.
type ListRolesInput struct {
	OrganizationID *string `query:"organizationId" doc:"The organization; the active one unless given"`
}

func (p *Plugin) listRoles(c *core.Ctx, in ListRolesInput) (*[]OrganizationRole, error) {
	m, err := p.mayRead(c, in.OrganizationID, ErrMayNotListRoles)
	if err != nil {
		return nil, err
	}
	list, err := p.roles.of(c.Context(), m.OrganizationID, p.listLimit())
	if err != nil {
		return nil, err
	}
	return new(p.roles.outs(list)), nil
}
