package organization

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (p *Plugin) setUpInvitations(s *core.Setup) {
	p.CreateInvitation = core.Route(s, core.Endpoint[InviteInput, Invitation]{
		Method: http.MethodPost, Path: "/organization/invite-member", OperationID: "createOrganizationInvitation",
		Summary: "Invite somebody to an organization",
		Doc:     core.Doc{Success: "The invitation"},
		Use:     []core.Middleware{p.signedIn}, Handle: p.invite,
	})
	p.CancelInvitation = core.Route(s, core.Endpoint[InvitationInput, Invitation]{
		Method: http.MethodPost, Path: "/organization/cancel-invitation", OperationID: "cancelOrganizationInvitation",
		Summary: "Take an invitation back",
		Use:     []core.Middleware{p.signedIn}, Handle: p.cancel,
	})
	p.ListInvitations = core.Route(s, core.Endpoint[ListInvitationsInput, []Invitation]{
		Method: http.MethodGet, Path: "/organization/list-invitations", OperationID: "listInvitations",
		Summary: "List the invitations of an organization",
		Use:     []core.Middleware{core.RequireSession}, Handle: p.listInvitations,
	})
}

// InviteInput is the body of POST /organization/invite-member.
type InviteInput struct {
	Email          string  `json:"email" check:"max=255" doc:"Whom to invite"`
	Role           any     `json:"role" check:"type=string|string[]" doc:"The role, or several"`
	OrganizationID *string `json:"organizationId" doc:"The organization; the active one unless given"`
	Resend         *bool   `json:"resend" doc:"Prolong a pending invitation of the same address, and send it again"`
	TeamID         any     `json:"teamId,optional" check:"type=string|string[]" doc:"A team that it leads into, or several"`
	// Rest holds the additional fields of the invitation.
	Rest *wire.Object `json:",rest,loose"`
}

func (in InviteInput) teams() []string {
	switch given := in.TeamID.(type) {
	case string:
		if given != "" {
			return []string{given}
		}
	case []string:
		return given
	case []any:
		var ids []string
		for _, v := range given {
			if id, ok := v.(string); ok {
				ids = append(ids, id)
			}
		}
		return ids
	}
	return nil
}

// invited is what comes of an invitation.
type invited struct {
	event  InvitationEvent
	member Member // who invites
	again  bool   // it was there already
}

func (p *Plugin) invite(c *core.Ctx, in InviteInput) (*Invitation, error) {
	fields, err := p.additional(modelInvitation, in.Rest, "body", true)
	if err != nil {
		return nil, err
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNotFound
	}
	if in.Email = user.NormalizeEmail(in.Email); !input.IsEmail(in.Email) {
		return nil, core.ErrInvalidEmail
	}
	self := c.Session().User
	var out invited
	err = p.asMember(c, organizationID, self.ID, ErrMemberNotFound, func(m Member) error {
		out = invited{event: InvitationEvent{User: self}, member: m}
		if err := p.inviteAs(c, &out, in, fields); err != nil {
			return err
		}
		p.send(c, out)
		if out.again {
			return nil
		}
		return afterwards(c.Context(), tell(p.opts.OrganizationHooks.AfterCreateInvitation, &out.event))
	})
	if err != nil {
		return nil, err
	}
	return new(p.invitations.out(out.event.Invitation)), nil
}

// inviteAs writes the invitation of a member, or prolongs one that is there.
func (p *Plugin) inviteAs(c *core.Ctx, out *invited, in InviteInput, fields db.Row) error {
	ctx, e, organizationID := c.Context(), &out.event, out.member.OrganizationID
	if err := p.need(c, out.member, "invitation", "create", ErrMayNotInvite); err != nil {
		return err
	}
	role, err := p.roleToInvite(ctx, out.member, roleNames(in.Role))
	if err != nil {
		return err
	}
	if _, already, err := p.memberNamed(ctx, organizationID, in.Email); err != nil || already {
		return orElse(err, ErrAlreadyAMember)
	}
	before, err := p.invitations.openFor(ctx, organizationID, in.Email, c.Now())
	if err != nil {
		return err
	}
	resend := in.Resend != nil && *in.Resend
	if len(before) > 0 && !resend && !p.opts.CancelPendingInvitationsOnReInvite {
		return ErrAlreadyInvited
	}
	var ok bool
	if e.Organization, ok, err = p.organizations.byID(ctx, organizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if len(before) > 0 && resend {
		out.again = true
		return p.prolong(c, out, before[0])
	}
	if err := p.replace(c, out.member, before); err != nil {
		return err
	}
	if err := p.checkInvitationLimit(c, *out); err != nil {
		return err
	}
	teams, err := p.teamsToInvite(c, organizationID, in.teams())
	if err != nil {
		return err
	}
	e.Data = maps.Clone(fields)
	maps.Copy(e.Data, db.Row{"role": role, "email": in.Email, "teamId": teams})
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeCreateInvitation, e); err != nil {
		return err
	}
	maps.Copy(e.Data, db.Row{
		"organizationId": organizationID, "status": StatusPending, "inviterId": e.User.ID,
		"createdAt": now(c), "expiresAt": db.Millis(c.Now().Add(p.opts.InvitationExpiresIn)),
	})
	e.Invitation, err = p.invitations.create(ctx, e.Data)
	e.Data = nil
	return err
}

// roleToInvite is the role that a member may invite with, as it is stored.
func (p *Plugin) roleToInvite(ctx context.Context, m Member, names []string) (string, error) {
	if len(names) == 0 {
		return "", ErrRoleNotFound
	}
	unknown, err := p.unknownRoles(ctx, m.OrganizationID, names)
	if err != nil {
		return "", err
	}
	if len(unknown) > 0 {
		// As upstream, this one has no code.
		return "", core.NewError(http.StatusBadRequest, "", "ROLE_NOT_FOUND: "+strings.Join(unknown, ", "))
	}
	role, err := joinRoles(names)
	if err == nil && p.isCreator(role) && !p.isCreator(m.Role) {
		err = ErrMayNotInviteWithRole
	}
	return role, err
}

// replace cancels the invitations that a new one takes the place of, for a member
// who may cancel. Those of owners are replaced by owners; to the others they are
// pending, and no more is said of them.
func (p *Plugin) replace(c *core.Ctx, m Member, before []Invitation) error {
	if len(before) == 0 {
		return nil
	}
	if err := p.need(c, m, "invitation", "cancel", ErrMayNotCancel); err != nil {
		return err
	}
	for _, old := range before {
		if p.isCreator(old.role()) && !p.isCreator(m.Role) {
			return ErrAlreadyInvited
		}
		if _, _, err := p.invitations.settle(c.Context(), old.ID, StatusCanceled, c.Now()); err != nil {
			return err
		}
	}
	return nil
}

// prolong moves the end of an invitation that is there.
func (p *Plugin) prolong(c *core.Ctx, out *invited, old Invitation) (err error) {
	if p.isCreator(old.role()) && !p.isCreator(out.member.Role) {
		return ErrMayNotInviteWithRole
	}
	var ok bool
	until := c.Now().Add(p.opts.InvitationExpiresIn)
	out.event.Invitation, ok, err = p.invitations.prolong(c.Context(), old.OrganizationID, old.ID, until)
	if err == nil && !ok {
		err = ErrInvitationNotFound
	}
	return err
}

// checkInvitationLimit refuses another invitation. The organization is locked.
func (p *Plugin) checkInvitationLimit(c *core.Ctx, out invited) error {
	limit := defaultInvitations
	if p.opts.InvitationLimit != nil {
		limit = *p.opts.InvitationLimit
	}
	if f := p.opts.InvitationLimitFunc; f != nil {
		var err error
		limit, err = f(c.Context(), InvitationLimit{User: out.event.User, Organization: out.event.Organization, Member: out.member})
		if err != nil {
			return err
		}
	}
	n, err := p.invitations.countOpen(c.Context(), out.member.OrganizationID, c.Now())
	if err == nil && n >= int64(limit) {
		err = ErrTooManyInvitations
	}
	return err
}

// teamsToInvite are teams of an organization that have room, as they are stored.
func (p *Plugin) teamsToInvite(c *core.Ctx, organizationID string, ids []string) (any, error) {
	if !p.opts.Teams.Enabled || len(ids) == 0 {
		return nil, nil //nolint:nilnil // NULL is a value here
	}
	for _, id := range ids {
		if strings.Contains(id, ",") {
			return nil, ErrInvalidTeamID
		}
	}
	text := strings.Join(ids, ",")
	if len(text) > 255 {
		return nil, core.ErrValidation.WithMessage("[body.teamId] Too big: expected string to have <=255 characters")
	}
	for _, id := range ids {
		team, ok, err := p.teams.byID(c.Context(), organizationID, id)
		if err != nil || !ok {
			return nil, orElse(err, ErrTeamNotFound)
		}
		if err := p.checkRoom(c, team); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// send tells the recipient when the transaction has committed.
func (p *Plugin) send(c *core.Ctx, out invited) {
	f := p.opts.SendInvitationEmail
	if f == nil {
		return
	}
	i := p.invitations.out(out.event.Invitation)
	m := InvitationEmail{
		ID: i.ID, Email: i.Email, Role: i.role(), Organization: p.organizations.out(out.event.Organization), Invitation: i,
		Inviter: Inviter{Member: p.members.out(out.member), User: p.auth.Users().Output(out.event.User)},
	}
	c.Go("send an invitation", func(ctx context.Context) error { return f(ctx, m) })
}

// InvitationInput is the body of the endpoints that take an invitation.
type InvitationInput struct {
	InvitationID string `json:"invitationId" doc:"The invitation"`
}

func (p *Plugin) cancel(c *core.Ctx, in InvitationInput) (*Invitation, error) {
	i, ok, err := p.invitations.byID(c.Context(), in.InvitationID)
	if err != nil || !ok {
		return nil, orElse(err, ErrInvitationNotFound)
	}
	self := c.Session().User
	var e *InvitationEvent
	h := &p.opts.OrganizationHooks
	err = p.asMember(c, i.OrganizationID, self.ID, ErrMemberNotFound, func(m Member) error {
		e = &InvitationEvent{User: self, Invitation: i}
		if err := p.need(c, m, "invitation", "cancel", ErrMayNotCancel); err != nil {
			return err
		}
		if err := p.settle(c, e, h.BeforeCancelInvitation, StatusCanceled, ErrInvitationNotFound); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(h.AfterCancelInvitation, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.invitations.out(e.Invitation)), nil
}

// settle ends an invitation that is pending in another way than with a membership.
func (p *Plugin) settle(c *core.Ctx, e *InvitationEvent, before func(context.Context, *InvitationEvent) error, status string, gone *core.Error) (err error) {
	var ok bool
	if e.Organization, ok, err = p.organizations.byID(c.Context(), e.Invitation.OrganizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if err := hook(c.Context(), before, e); err != nil {
		return err
	}
	settled, ok, err := p.invitations.settle(c.Context(), e.Invitation.ID, status, never)
	if err != nil || !ok {
		return orElse(err, gone)
	}
	e.Invitation = settled
	return nil
}

// ListInvitationsInput is the query of GET /organization/list-invitations.
type ListInvitationsInput struct {
	OrganizationID *string `query:"organizationId" doc:"The organization; the active one unless given"`
}

func (p *Plugin) listInvitations(c *core.Ctx, in ListInvitationsInput) (*[]Invitation, error) {
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, errNoOrganizationID
	}
	m, ok, err := p.members.of(c.Context(), organizationID, c.Session().User.ID)
	if err != nil || !ok {
		return nil, orElse(err, errNotYours)
	}
	list, err := p.visibleInvitations(c, m, ErrMayNotListInvitations)
	return &list, err
}

// visibleInvitations are those of an organization that a member may see: who may
// invite sees them, for an id is as good as a link, and those of owners are for
// owners. The others see none, or get the refusal.
func (p *Plugin) visibleInvitations(c *core.Ctx, m Member, refusal *core.Error) ([]Invitation, error) {
	all := p.auth.Options().Compat.InvitationsVisibleToMembers
	if !all {
		allowed, err := p.may(c.Context(), m, "invitation", "create")
		switch {
		case err != nil:
			return nil, err
		case !allowed && refusal != nil:
			return nil, refusal
		case !allowed:
			return []Invitation{}, nil
		}
	}
	list, err := p.invitations.of(c.Context(), m.OrganizationID, p.listLimit())
	if err != nil {
		return nil, err
	}
	visible := []Invitation{}
	for _, i := range list {
		if all || p.isCreator(m.Role) || !p.isCreator(i.role()) {
			visible = append(visible, p.invitations.out(i))
		}
	}
	return visible, nil
}
