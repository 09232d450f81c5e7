package organization

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/access"
)

// DefaultStatements are what there is to do in an organization.
func DefaultStatements() access.Statements {
	return access.Statements{
		"organization": {"update", "delete"},
		"member":       {"create", "update", "delete"},
		"invitation":   {"create", "cancel"},
		"team":         {"create", "update", "delete"},
		"ac":           {"create", "read", "update", "delete"},
	}
}

// DefaultRoles are the roles that there are without Options.AccessControl.
func DefaultRoles() map[string]access.Statements {
	admin := DefaultStatements()
	admin["organization"] = []string{"update"}
	return map[string]access.Statements{
		"owner":  DefaultStatements(),
		"admin":  admin,
		"member": {"organization": {}, "member": {}, "invitation": {}, "team": {}, "ac": {"read"}},
	}
}

// setRoles makes the roles of the options, or the default ones.
func (p *Plugin) setRoles() error {
	o := &p.opts.AccessControl
	statements := o.Statements
	if statements == nil {
		statements = DefaultStatements()
	}
	control, err := access.New(statements)
	if err != nil {
		return fmt.Errorf("accessControl.statements: %w", err)
	}
	if o.Statements != nil {
		p.control = control
	}
	p.static = map[string]access.Role{}
	if o.Roles == nil {
		// As upstream, they are what they are whatever the statements say.
		for name, may := range DefaultRoles() {
			p.static[name] = access.Role{Statements: may}
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(o.Roles)) {
		if !isRoleName(name) {
			return fmt.Errorf("accessControl.roles: %q is no name for a role", name)
		}
		if p.static[name], err = control.NewRole(o.Roles[name]); err != nil {
			return fmt.Errorf("accessControl.roles.%s: %w", name, err)
		}
	}
	return nil
}

// parseRoles takes role names apart: they stand in a list with commas, in the
// database and in requests.
func parseRoles(text string) []string {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func hasRole(roles, name string) bool { return slices.Contains(parseRoles(roles), name) }

// isRoleName tells whether a name stays what it is in a list of roles.
func isRoleName(name string) bool {
	names := parseRoles(name)
	return len(names) == 1 && names[0] == name
}

// isCreator tells whether somebody has the role that only its holders give.
func (p *Plugin) isCreator(roles string) bool { return hasRole(roles, p.opts.CreatorRole) }

// dynamic tells whether organizations have roles of their own.
func (p *Plugin) dynamic() bool { return p.opts.DynamicAccessControl.Enabled && p.control != nil }

// rolesOf are what the roles of a member allow, each for itself: a permission must
// come from one of them, as upstream. Names of roles that there are not allow nothing.
func (p *Plugin) rolesOf(ctx context.Context, organizationID, roles string) ([]access.Role, error) {
	names := parseRoles(roles)
	held := map[string]access.Role{}
	for _, name := range names {
		if role, ok := p.static[name]; ok {
			held[name] = role
		}
	}
	if p.dynamic() {
		own, err := p.roles.named(ctx, organizationID, names)
		if err != nil {
			return nil, err
		}
		for _, r := range own {
			may, err := permissionOf(r)
			if err != nil {
				return nil, err
			}
			held[r.Role] = access.Role{Statements: held[r.Role].Statements.Merge(may)}
		}
	}
	return slices.Collect(maps.Values(held)), nil
}

// permissionOf reads what a role of an organization's own allows. Anything but lists
// of words by resource is an error, and allows nothing.
func permissionOf(r OrganizationRole) (access.Statements, error) {
	stored, err := storedPermission(r)
	return stored.statements(), err
}

func storedPermission(r OrganizationRole) (statementList, error) {
	v, err := wire.Decode([]byte(r.Permission), wire.Limits{})
	o, ok := v.(*wire.Object)
	if err != nil || !ok {
		return nil, fmt.Errorf("the role %s holds no permissions", r.ID)
	}
	asked, problem := readStatements(o)
	if problem != nil {
		return nil, fmt.Errorf("the role %s holds no permissions", r.ID)
	}
	return asked, nil
}

func allows(roles []access.Role, asked access.Statements) bool {
	return slices.ContainsFunc(roles, func(r access.Role) bool { return r.Allows(asked) })
}

// may tells whether a member's roles allow one action.
func (p *Plugin) may(ctx context.Context, m Member, resource, action string) (bool, error) {
	roles, err := p.rolesOf(ctx, m.OrganizationID, m.Role)
	return allows(roles, access.Statements{resource: {action}}), err
}

// need is may that refuses.
func (p *Plugin) need(c *core.Ctx, m Member, resource, action string, refusal error) error {
	allowed, err := p.may(c.Context(), m, resource, action)
	if err == nil && !allowed {
		err = refusal
	}
	return err
}

// unknownRoles are those of the names that there are not in an organization.
func (p *Plugin) unknownRoles(ctx context.Context, organizationID string, names []string) ([]string, error) {
	defaults := DefaultRoles()
	var unknown []string
	for _, name := range names {
		_, static := p.static[name]
		_, preset := defaults[name] // upstream takes their names also where there are others
		if !static && !preset {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 || !p.opts.DynamicAccessControl.Enabled {
		return unknown, nil
	}
	own, err := p.roles.named(ctx, organizationID, unknown)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(unknown, func(name string) bool {
		return slices.ContainsFunc(own, func(r OrganizationRole) bool { return r.Role == name })
	}), nil
}

// HasPermissionInput is the body of POST /organization/has-permission. Permission is
// an older name of Permissions, which is not looked at, as upstream.
type HasPermissionInput struct {
	OrganizationID *string `json:"organizationId" doc:"The organization; the active one unless given"`
	Permission     any     `json:"permission,optional" doc:"An older name of permissions: the answer is always no"`
	Permissions    any     `json:"permissions,optional" doc:"Actions by resource: lists of words"`
}

// HasPermissionOutput tells whether the user may do everything that was asked about.
type HasPermissionOutput struct {
	Error   *string `json:"error" doc:"Always null"`
	Success bool    `json:"success"`
}

func (p *Plugin) hasPermission(c *core.Ctx, in HasPermissionInput) (*HasPermissionOutput, error) {
	asked, err := p.askedOf(c, in)
	if err != nil {
		return nil, err
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	m, ok, err := p.members.of(c.Context(), organizationID, c.Session().User.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrNotAMember.WithStatus(http.StatusUnauthorized)
	}
	if asked == nil {
		return &HasPermissionOutput{}, nil
	}
	roles, err := p.rolesOf(c.Context(), organizationID, m.Role)
	return &HasPermissionOutput{Success: allows(roles, asked.statements())}, err
}

// askedOf reads the one of the two members that has to be there. It is nil for the
// older one.
func (p *Plugin) askedOf(_ *core.Ctx, in HasPermissionInput) (statementList, error) {
	invalid := core.ErrValidation.WithMessage("[body] Invalid input")
	read := func(v any) (statementList, bool) {
		o, ok := v.(*wire.Object)
		if !ok {
			return nil, false
		}
		list, problem := readStatements(o)
		return list, problem == nil
	}
	asked, ok := read(in.Permissions)
	_, older := read(in.Permission)
	switch {
	case ok && older:
		return nil, invalid.WithMessage("[body] Invalid input: more than one option matched")
	case ok:
		return asked, nil
	case older:
		return nil, nil
	}
	return nil, invalid
}
