package organization

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// never is the time of what does not depend on it.
var never time.Time

func (p *Plugin) setUpAnswers(s *core.Setup) {
	p.AcceptInvitation = core.Route(s, core.Endpoint[InvitationInput, AcceptOutput]{
		Method: http.MethodPost, Path: "/organization/accept-invitation", OperationID: "acceptInvitation",
		Summary: "Accept an invitation",
		Use:     []core.Middleware{p.signedIn}, Handle: p.accept,
	})
	p.RejectInvitation = core.Route(s, core.Endpoint[InvitationInput, RejectOutput]{
		Method: http.MethodPost, Path: "/organization/reject-invitation", OperationID: "rejectInvitation",
		Summary: "Reject an invitation",
		Use:     []core.Middleware{p.signedIn}, Handle: p.reject,
	})
	p.GetInvitation = core.Route(s, core.Endpoint[GetInvitationInput, GetInvitationOutput]{
		Method: http.MethodGet, Path: "/organization/get-invitation", OperationID: "getInvitation",
		Summary: "Read an invitation that the user has received",
		Handle:  p.getInvitation,
	})
	p.ListUserInvitations = core.Route(s, core.Endpoint[ListUserInvitationsInput, []Received]{
		Method: http.MethodGet, Path: "/organization/list-user-invitations", OperationID: "listUserInvitations",
		Summary: "List the invitations that the user has received",
		Handle:  p.listUserInvitations,
	})
}

// AcceptOutput is the invitation as it is now, and the membership.
type AcceptOutput struct {
	Invitation Invitation `json:"invitation"`
	Member     Member     `json:"member"`
}

// RejectOutput is the invitation as it is now. There is no membership.
type RejectOutput struct {
	Invitation Invitation `json:"invitation"`
	Member     *Member    `json:"member"`
}

// mustVerify tells whether an invitation is for verified addresses only. An id that
// nobody guesses is itself a proof of having got the mail.
func (p *Plugin) mustVerify() bool {
	if v := p.opts.RequireEmailVerificationOnInvitation; v != nil {
		return *v
	}
	o := p.auth.Options()
	guessable := o.Advanced.Database.GenerateIDFunc != nil || o.Advanced.Database.GenerateID == db.IDSerial
	return guessable && !o.Compat.InvitationsWithoutVerifiedEmail
}

// answerable looks whether an invitation is the user's to answer.
func (p *Plugin) answerable(i Invitation, u user.User) error {
	switch {
	case !isFor(i, u):
		return ErrNotTheRecipient
	case p.mustVerify() && !u.EmailVerified:
		return ErrVerifyBeforeAnswer
	}
	return nil
}

func isFor(i Invitation, u user.User) bool {
	return user.NormalizeEmail(i.Email) == user.NormalizeEmail(u.Email)
}

func (p *Plugin) accept(c *core.Ctx, in InvitationInput) (*AcceptOutput, error) {
	i, ok, err := p.invitations.byID(c.Context(), in.InvitationID)
	if err != nil {
		return nil, err
	}
	if !ok || i.Status != StatusPending || i.ExpiresAt.Before(now(c)) {
		return nil, ErrInvitationNotFound
	}
	self := c.Session().User
	if err := p.answerable(i, self); err != nil {
		return nil, err
	}
	var e *InvitationEvent
	err = p.locked(c, i.OrganizationID, func() error {
		e = &InvitationEvent{User: self, Invitation: i}
		if err := p.acceptAs(c, e); err != nil {
			return err
		}
		return afterwards(c.Context(), p.activatingAccepted(c, e.Invitation), tell(p.opts.OrganizationHooks.AfterAcceptInvitation, e))
	})
	if err != nil {
		return nil, err
	}
	return &AcceptOutput{p.invitations.out(e.Invitation), p.members.out(e.Member)}, nil
}

// acceptAs makes the user of an event a member, once: the change of the invitation's
// state is what decides.
func (p *Plugin) acceptAs(c *core.Ctx, e *InvitationEvent) (err error) {
	ctx, organizationID := c.Context(), e.Invitation.OrganizationID
	var ok bool
	if e.Organization, ok, err = p.organizations.byID(ctx, organizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if _, already, err := p.members.of(ctx, organizationID, e.User.ID); err != nil || already {
		return orElse(err, ErrAlreadyAMember)
	}
	if err := p.checkMembershipLimit(ctx, e.User, e.Organization); err != nil {
		return err
	}
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeAcceptInvitation, e); err != nil {
		return err
	}
	accepted, ok, err := p.invitations.settle(ctx, e.Invitation.ID, StatusAccepted, c.Now())
	if err != nil || !ok {
		return orElse(err, ErrInvitationNotFound)
	}
	e.Invitation = accepted
	me := &MemberEvent{User: e.User, Organization: e.Organization}
	if e.Member, err = p.enroll(c, me, db.Row{"role": accepted.role()}); err != nil || !p.opts.Teams.Enabled {
		return err
	}
	for _, id := range accepted.teams() {
		team, ok, err := p.teams.byID(ctx, organizationID, id)
		if err != nil || !ok {
			return orElse(err, ErrTeamNotFound)
		}
		if _, err := p.seat(c, team, e.User.ID); err != nil {
			return err
		}
	}
	return nil
}

// activatingAccepted makes the organization the active one, and the team if it is
// one, which the cookies then tell of, as upstream. The acceptance stands also where
// the session has ended meanwhile.
func (p *Plugin) activatingAccepted(c *core.Ctx, i Invitation) following {
	set := db.Row{activeOrganization: i.OrganizationID}
	teams := i.teams()
	if !p.opts.Teams.Enabled || len(teams) != 1 {
		return func(ctx context.Context) error { return p.activateQuietly(ctx, c, set) }
	}
	set[activeTeam] = teams[0]
	return func(ctx context.Context) error {
		err := p.activate(ctx, c, set)
		if errors.Is(err, core.ErrSessionOver) || errors.Is(err, core.ErrUnauthorized) {
			return nil
		}
		return err
	}
}

func (p *Plugin) reject(c *core.Ctx, in InvitationInput) (*RejectOutput, error) {
	i, ok, err := p.invitations.byID(c.Context(), in.InvitationID)
	if err != nil {
		return nil, err
	}
	if !ok || i.Status != StatusPending {
		return nil, errNoInvitation
	}
	self := c.Session().User
	if err := p.answerable(i, self); err != nil {
		return nil, err
	}
	var e *InvitationEvent
	h := &p.opts.OrganizationHooks
	err = p.locked(c, i.OrganizationID, func() error {
		e = &InvitationEvent{User: self, Invitation: i}
		if err := p.settle(c, e, h.BeforeRejectInvitation, StatusRejected, errNoInvitation); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(h.AfterRejectInvitation, e))
	})
	if err != nil {
		return nil, err
	}
	return &RejectOutput{Invitation: p.invitations.out(e.Invitation)}, nil
}

// GetInvitationInput is the query of GET /organization/get-invitation.
type GetInvitationInput struct {
	ID string `query:"id" doc:"The invitation"`
}

// GetInvitationOutput is an invitation, where it leads and who it is from.
type GetInvitationOutput struct {
	Invitation       Invitation
	OrganizationName string
	OrganizationSlug string
	InviterEmail     string
}

// MarshalJSON encodes what is known beside among the invitation's fields.
func (g GetInvitationOutput) MarshalJSON() ([]byte, error) {
	o := g.Invitation.Object()
	o.Set("organizationName", g.OrganizationName)
	o.Set("organizationSlug", g.OrganizationSlug)
	o.Set("inviterEmail", g.InviterEmail)
	return wire.Marshal(o)
}

func (p *Plugin) getInvitation(c *core.Ctx, in GetInvitationInput) (*GetInvitationOutput, error) {
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	if acting == nil {
		return nil, errUnauthenticated
	}
	i, ok, err := p.invitations.byID(c.Context(), in.ID)
	if err != nil {
		return nil, err
	}
	if !ok || i.Status != StatusPending || i.ExpiresAt.Before(now(c)) {
		return nil, errNoInvitation
	}
	switch {
	case !isFor(i, acting.User):
		return nil, ErrNotTheRecipient
	case p.mustVerify() && !acting.User.EmailVerified && !p.auth.Options().Compat.InvitationsWithoutVerifiedEmail:
		return nil, ErrVerifyToSee
	}
	return p.describe(c, i)
}

func (p *Plugin) describe(c *core.Ctx, i Invitation) (*GetInvitationOutput, error) {
	org, ok, err := p.organizations.byID(c.Context(), i.OrganizationID)
	if err != nil || !ok {
		return nil, orElse(err, ErrNotFound)
	}
	if _, ok, err = p.members.of(c.Context(), org.ID, i.InviterID); err != nil || !ok {
		return nil, orElse(err, ErrInviterGone)
	}
	inviter, ok, err := p.auth.Users().ByID(c.Context(), i.InviterID)
	if err != nil || !ok {
		return nil, orElse(err, ErrInviterGone)
	}
	return &GetInvitationOutput{
		Invitation: p.invitations.out(i), OrganizationName: org.Name, OrganizationSlug: org.Slug, InviterEmail: inviter.Email,
	}, nil
}

// ListUserInvitationsInput is the query of GET /organization/list-user-invitations.
type ListUserInvitationsInput struct {
	Email *string `query:"email" doc:"Whose invitations, where the application asks; refused in a request"`
}

// MarshalJSON encodes the organization's name among the invitation's fields. It is
// absent where there is no such organization.
func (r Received) MarshalJSON() ([]byte, error) {
	o := r.Invitation.Object()
	if r.OrganizationName != nil {
		o.Set("organizationName", *r.OrganizationName)
	}
	return wire.Marshal(o)
}

func (p *Plugin) listUserInvitations(c *core.Ctx, in ListUserInvitationsInput) (*[]Received, error) {
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	email, err := p.addressee(c, acting, text(in.Email))
	if err != nil {
		return nil, err
	}
	list, err := p.invitations.pendingFor(c.Context(), user.NormalizeEmail(email), p.listLimit(), &p.organizations)
	return &list, err
}

// addressee is whose invitations are asked for: those of the session's user, whose
// address must be verified, for anybody can sign up with one. Only the application
// asks for those of others.
func (p *Plugin) addressee(c *core.Ctx, acting *session.WithUser, email string) (string, error) {
	switch {
	case !c.InProcess() && email != "":
		return "", errEmailOfClient
	case acting != nil && !acting.User.EmailVerified && !p.auth.Options().Compat.InvitationsWithoutVerifiedEmail:
		return "", ErrVerifyToSee
	case acting != nil:
		return acting.User.Email, nil
	case email != "":
		return email, nil
	}
	return "", errNobodysEmail
}
