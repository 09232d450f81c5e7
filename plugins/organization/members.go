package organization

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (p *Plugin) setUpMembers(s *core.Setup) {
	p.AddMember = core.Route(s, core.Endpoint[AddMemberInput, Member]{
		Method: http.MethodPost, ServerOnly: true, OperationID: "addMember",
		Summary: "Make a user a member of an organization",
		Handle:  p.addMember,
	})
	p.RemoveMember = core.Route(s, core.Endpoint[RemoveMemberInput, RemoveMemberOutput]{
		Method: http.MethodPost, Path: "/organization/remove-member", OperationID: "removeMember",
		Summary: "Remove a member from an organization",
		Use:     []core.Middleware{p.signedIn}, Handle: p.removeMember,
	})
	p.UpdateMemberRole = core.Route(s, core.Endpoint[UpdateMemberRoleInput, Member]{
		Method: http.MethodPost, Path: "/organization/update-member-role", OperationID: "updateOrganizationMemberRole",
		Summary: "Change the role of a member",
		Use:     []core.Middleware{p.signedIn}, Handle: p.updateMemberRole,
	})
	p.LeaveOrganization = core.Route(s, core.Endpoint[LeaveInput, MemberWithUser]{
		Method: http.MethodPost, Path: "/organization/leave", OperationID: "leaveOrganization",
		Summary: "Leave an organization",
		Use:     []core.Middleware{p.signedIn}, Handle: p.leave,
	})
}

// MemberUser is what members see of each other.
type MemberUser struct {
	ID    string  `json:"id"`
	Name  string  `json:"name"`
	Email string  `json:"email"`
	Image *string `json:"image"`
}

// MemberWithUser is a member and who that is.
type MemberWithUser struct {
	Member Member
	User   MemberUser
}

// MarshalJSON encodes the user among the member's fields.
func (m MemberWithUser) MarshalJSON() ([]byte, error) {
	o := db.RecordObject(m.Member)
	o.Set("user", m.User)
	return wire.Marshal(o)
}

// roleNames reads a role, or several: a text with commas, or a list of texts.
func roleNames(given any) []string {
	switch given := given.(type) {
	case string:
		return parseRoles(given)
	case []string:
		return parseRoles(strings.Join(given, ","))
	case []any:
		var names []string
		for _, v := range given {
			if name, ok := v.(string); ok {
				names = append(names, parseRoles(name)...)
			}
		}
		return names
	}
	return nil
}

// joinRoles is how roles are stored. It must fit into a column that is sorted by.
func joinRoles(names []string) (string, error) {
	text := strings.Join(names, ",")
	if len(text) > 255 {
		return "", core.ErrValidation.WithMessage("[body.role] Too big: expected string to have <=255 characters")
	}
	return text, nil
}

// AddMemberInput says whom to add, and as what.
type AddMemberInput struct {
	UserID         string  `json:"userId" check:"coerce" doc:"The user"`
	Role           any     `json:"role" check:"type=string|string[]" doc:"The role, or several"`
	OrganizationID *string `json:"organizationId" doc:"The organization; that of the request's session unless given"`
	TeamID         *string `json:"teamId" doc:"A team to add the member to"`
	// Rest holds the additional fields of the member.
	Rest *wire.Object `json:",rest,loose"`
}

// join makes the user of an event a member of its organization, which is locked, or
// has been made in the same transaction.
func (p *Plugin) join(c *core.Ctx, e *MemberEvent, fields db.Row) (Member, error) {
	ids := db.Row{"organizationId": e.Organization.ID, "userId": e.User.ID}
	e.Data = maps.Clone(fields)
	maps.Copy(e.Data, ids)
	if err := hook(c.Context(), p.opts.OrganizationHooks.BeforeAddMember, e); err != nil {
		return Member{}, err
	}
	return p.enroll(c, e, e.Data)
}

// enroll is join without the hook.
func (p *Plugin) enroll(c *core.Ctx, e *MemberEvent, fields db.Row) (m Member, err error) {
	row := maps.Clone(fields)
	maps.Copy(row, db.Row{"organizationId": e.Organization.ID, "userId": e.User.ID, "createdAt": now(c)})
	e.Data = nil
	e.Member, err = p.members.create(c.Context(), row)
	return e.Member, err
}

// checkMembershipLimit refuses another member. The organization is locked.
func (p *Plugin) checkMembershipLimit(ctx context.Context, u user.User, org Organization) error {
	limit := p.opts.MembershipLimit
	if f := p.opts.MembershipLimitFunc; f != nil {
		var err error
		if limit, err = f(ctx, u, org); err != nil {
			return err
		}
	}
	n, err := p.members.in(ctx, org.ID)
	if err == nil && n >= int64(limit) {
		err = ErrTooManyMembers
	}
	return err
}

func (p *Plugin) addMember(c *core.Ctx, in AddMemberInput) (*Member, error) {
	fields, err := p.additional(modelMember, in.Rest, "body", true)
	if err != nil {
		return nil, err
	}
	if _, err := p.whoever(c); err != nil {
		return nil, err
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	teamID := text(in.TeamID)
	if teamID != "" && !p.opts.Teams.Enabled {
		return nil, errNoTeams
	}
	u, ok, err := p.auth.Users().ByID(c.Context(), in.UserID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errUserNotFound
	}
	names := roleNames(in.Role)
	if len(names) == 0 {
		return nil, ErrRoleNotFound
	}
	if fields["role"], err = joinRoles(names); err != nil {
		return nil, err
	}
	var e *MemberEvent
	err = p.locked(c, organizationID, func() error {
		e = &MemberEvent{User: u}
		if err := p.addTo(c, e, organizationID, teamID, fields); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(p.opts.OrganizationHooks.AfterAddMember, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.members.out(e.Member)), nil
}

// addTo adds the user of an event to an organization, and to a team of it.
func (p *Plugin) addTo(c *core.Ctx, e *MemberEvent, organizationID, teamID string, fields db.Row) error {
	ctx := c.Context()
	if _, already, err := p.members.of(ctx, organizationID, e.User.ID); err != nil || already {
		return orElse(err, ErrAlreadyAMember)
	}
	var team Team
	if teamID != "" {
		var ok bool
		var err error
		if team, ok, err = p.teams.byID(ctx, organizationID, teamID); err != nil || !ok {
			return orElse(err, ErrTeamNotFound)
		}
	}
	org, ok, err := p.organizations.byID(ctx, organizationID)
	if err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if err := p.checkMembershipLimit(ctx, e.User, org); err != nil {
		return err
	}
	e.Organization = org
	if _, err := p.join(c, e, fields); err != nil || teamID == "" {
		return err
	}
	_, err = p.seat(c, team, e.User.ID)
	return err
}

// orElse is an error, or the refusal where there is none.
func orElse(err error, refusal *core.Error) error {
	if err != nil {
		return err
	}
	return refusal
}

// RemoveMemberInput is the body of POST /organization/remove-member.
type RemoveMemberInput struct {
	MemberIDOrEmail string  `json:"memberIdOrEmail" doc:"The id of the membership, or the user's address"`
	OrganizationID  *string `json:"organizationId" doc:"The organization; the active one unless given"`
}

// RemoveMemberOutput is the membership that was, with the user where it was named by
// the address.
type RemoveMemberOutput struct {
	Member any `json:"member"`
}

func (p *Plugin) removeMember(c *core.Ctx, in RemoveMemberInput) (*RemoveMemberOutput, error) {
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	self := c.Session().User
	var e *MemberEvent
	err := p.asMember(c, organizationID, self.ID, ErrMemberNotFound, func(m Member) error {
		e = &MemberEvent{}
		if err := p.remove(c, e, m, in.MemberIDOrEmail); err != nil {
			return err
		}
		var all []following
		if e.Member.UserID == self.ID {
			all = append(all, p.forgetting(c, organizationID))
		}
		return afterwards(c.Context(), append(all, tell(p.opts.OrganizationHooks.AfterRemoveMember, e))...)
	})
	if err != nil {
		return nil, err
	}
	if strings.Contains(in.MemberIDOrEmail, "@") {
		return &RemoveMemberOutput{p.members.withUser(e.Member, e.User)}, nil
	}
	return &RemoveMemberOutput{p.members.out(e.Member)}, nil
}

// remove removes whom a member names.
func (p *Plugin) remove(c *core.Ctx, e *MemberEvent, m Member, idOrEmail string) error {
	ctx := c.Context()
	target, ok, err := p.memberNamed(ctx, m.OrganizationID, idOrEmail)
	if err != nil || !ok {
		return orElse(err, ErrMemberNotFound)
	}
	if p.isCreator(target.Role) {
		if !p.isCreator(m.Role) {
			return ErrOnlyOwner
		}
		if err := p.checkOwners(ctx, m.OrganizationID, ErrOnlyOwner); err != nil {
			return err
		}
	}
	if err := p.need(c, m, "member", "delete", ErrMayNotRemoveMember); err != nil {
		return err
	}
	if e.Organization, ok, err = p.organizations.byID(ctx, m.OrganizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if e.User, ok, err = p.auth.Users().ByID(ctx, target.UserID); err != nil || !ok {
		return orElse(err, errUserGone)
	}
	e.Member = target
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeRemoveMember, e); err != nil {
		return err
	}
	return p.expel(c, target)
}

// memberNamed finds a member of an organization by id or address.
func (p *Plugin) memberNamed(ctx context.Context, organizationID, idOrEmail string) (Member, bool, error) {
	if !strings.Contains(idOrEmail, "@") {
		return p.members.byID(ctx, organizationID, idOrEmail)
	}
	u, ok, err := p.auth.Users().ByEmail(ctx, idOrEmail)
	if err != nil || !ok {
		return Member{}, false, err
	}
	return p.members.of(ctx, organizationID, u.ID)
}

// checkOwners refuses to take an owner away where there is one only. The
// organization is locked.
func (p *Plugin) checkOwners(ctx context.Context, organizationID string, refusal *core.Error) error {
	owners, err := p.members.withRole(ctx, organizationID, p.opts.CreatorRole)
	if err == nil && len(owners) <= 1 {
		err = refusal
	}
	return err
}

// expel ends a membership, and with it the places in teams. The organization is
// locked.
func (p *Plugin) expel(c *core.Ctx, m Member) error {
	ok, err := p.members.delete(c.Context(), m.OrganizationID, m.ID)
	if err != nil || !ok {
		return orElse(err, ErrMemberNotFound)
	}
	if !p.opts.Teams.Enabled {
		return nil
	}
	teams, err := p.teams.of(c.Context(), m.OrganizationID, 0)
	if err != nil {
		return err
	}
	for _, team := range teams {
		if _, err := p.unseat(c, team, m.UserID); err != nil {
			return err
		}
	}
	return nil
}

// LeaveInput is the body of POST /organization/leave.
type LeaveInput struct {
	OrganizationID string `json:"organizationId" doc:"The organization"`
}

func (p *Plugin) leave(c *core.Ctx, in LeaveInput) (*MemberWithUser, error) {
	self := c.Session().User
	var left Member
	err := p.asMember(c, in.OrganizationID, self.ID, ErrMemberNotFound, func(m Member) error {
		if p.isCreator(m.Role) {
			if err := p.checkOwners(c.Context(), m.OrganizationID, ErrOnlyOwner); err != nil {
				return err
			}
		}
		left = m
		if err := p.expel(c, m); err != nil {
			return err
		}
		return afterwards(c.Context(), p.forgetting(c, in.OrganizationID))
	})
	if err != nil {
		return nil, err
	}
	return new(p.members.withUser(left, self)), nil
}
