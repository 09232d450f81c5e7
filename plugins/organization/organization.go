// Package organization lets users work together: they create organizations, invite
// others, and have roles in them that say what they may do. Teams are parts of an
// organization; an organization can also have roles of its own.
//
// Which organization is the active one stands in the session. It is a default for
// calls that name none, and never a proof of membership: that is looked up in the
// database at each call. Whatever is counted or limited, and the last owner, is
// decided under a lock on the organization, in the transaction of the change.
package organization

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/plugins/access"
)

// Upstream's defaults.
const (
	defaultCreatorRole = "owner"
	defaultMembers     = 100
	defaultInvitations = 100
	defaultExpiry      = 48 * time.Hour

	// mostListed is what a client can ask for at most, unless an organization may
	// have more members than that.
	mostListed = 1000
)

// Plugin carries the endpoints, for calls in process.
type Plugin struct {
	opts Options
	auth *core.Auth

	control *access.Control // nil without statements of the application's own
	static  map[string]access.Role

	organizations organizationStore
	members       memberStore
	invitations   invitationStore
	teams         teamStore
	teamMembers   teamMemberStore
	roles         roleStore

	CreateOrganization    core.Bound[CreateInput, CreateOutput]
	CheckOrganizationSlug core.Bound[CheckSlugInput, CheckSlugOutput]
	UpdateOrganization    core.Bound[UpdateInput, Detailed]
	DeleteOrganization    core.Bound[DeleteInput, Organization]
	GetOrganization       core.Bound[GetInput, Organization]
	GetFullOrganization   core.Bound[GetFullInput, FullOrganization]
	ListOrganizations     core.Bound[struct{}, []Organization]
	SetActiveOrganization core.Bound[SetActiveInput, Organization]
	HasPermission         core.Bound[HasPermissionInput, HasPermissionOutput]

	// AddMember is for the application alone: it asks nobody for permission.
	AddMember           core.Bound[AddMemberInput, Member]
	RemoveMember        core.Bound[RemoveMemberInput, RemoveMemberOutput]
	UpdateMemberRole    core.Bound[UpdateMemberRoleInput, Member]
	LeaveOrganization   core.Bound[LeaveInput, MemberWithUser]
	ListMembers         core.Bound[ListMembersInput, ListMembersOutput]
	GetActiveMember     core.Bound[struct{}, MemberWithUser]
	GetActiveMemberRole core.Bound[MemberRoleInput, MemberRoleOutput]

	CreateInvitation    core.Bound[InviteInput, Invitation]
	AcceptInvitation    core.Bound[InvitationInput, AcceptOutput]
	RejectInvitation    core.Bound[InvitationInput, RejectOutput]
	CancelInvitation    core.Bound[InvitationInput, Invitation]
	GetInvitation       core.Bound[GetInvitationInput, GetInvitationOutput]
	ListInvitations     core.Bound[ListInvitationsInput, []Invitation]
	ListUserInvitations core.Bound[ListUserInvitationsInput, []Received]

	CreateTeam            core.Bound[CreateTeamInput, Team]
	RemoveTeam            core.Bound[RemoveTeamInput, MessageOutput]
	UpdateTeam            core.Bound[UpdateTeamInput, Team]
	SetActiveTeam         core.Bound[SetActiveTeamInput, Team]
	ListOrganizationTeams core.Bound[ListTeamsInput, []Team]
	ListUserTeams         core.Bound[ListUserTeamsInput, []Team]
	ListTeamMembers       core.Bound[ListTeamMembersInput, []TeamMember]
	AddTeamMember         core.Bound[TeamMemberInput, TeamMember]
	RemoveTeamMember      core.Bound[TeamMemberInput, MessageOutput]

	CreateOrgRole core.Bound[CreateRoleInput, CreateRoleOutput]
	UpdateOrgRole core.Bound[UpdateRoleInput, UpdateRoleOutput]
	DeleteOrgRole core.Bound[DeleteRoleInput, SuccessOutput]
	GetOrgRole    core.Bound[GetRoleInput, OrganizationRole]
	ListOrgRoles  core.Bound[ListRolesInput, []OrganizationRole]
}

// New returns the plugin for one server.
func New(opts Options) *Plugin { return &Plugin{opts: opts} }

// ID is upstream's id of the plugin.
func (p *Plugin) ID() string { return "organization" }

// Options are those of the plugin, for changes before the server is made.
func (p *Plugin) Options() *Options { return &p.opts }

// Setup declares the tables and the endpoints.
func (p *Plugin) Setup(s *core.Setup) error {
	p.auth = s.Auth()
	if err := errors.Join(p.setDefaults(), p.setRoles()); err != nil {
		return err
	}
	if err := p.declare(s); err != nil {
		return err
	}
	p.invitations.teamless = !p.opts.Teams.Enabled
	p.setUpOrganizations(s)
	p.setUpReading(s)
	p.setUpMembers(s)
	p.setUpMemberships(s)
	p.setUpInvitations(s)
	p.setUpAnswers(s)
	p.HasPermission = core.Route(s, core.Endpoint[HasPermissionInput, HasPermissionOutput]{
		Method: http.MethodPost, Path: "/organization/has-permission", OperationID: "hasPermission",
		Summary: "Ask what the user may do in an organization",
		Use:     []core.Middleware{core.RequireSession}, Handle: p.hasPermission,
	})
	if p.opts.Teams.Enabled {
		p.setUpTeams(s)
		p.setUpTeamMembers(s)
	}
	if p.opts.DynamicAccessControl.Enabled {
		p.setUpRoles(s)
	}
	s.ErrorCodes(errorCodes()...)
	return nil
}

func (p *Plugin) setDefaults() error {
	o := &p.opts
	var errs []error
	for name, n := range map[string]*int{
		"organizationLimit": o.OrganizationLimit, "membershipLimit": &o.MembershipLimit, "invitationLimit": o.InvitationLimit,
		"teams.maximumTeams": &o.Teams.MaximumTeams, "teams.maximumMembersPerTeam": o.Teams.MaximumMembersPerTeam,
		"dynamicAccessControl.maximumRolesPerOrganization": o.DynamicAccessControl.MaximumRolesPerOrganization,
	} {
		if n != nil && *n < 0 {
			errs = append(errs, fmt.Errorf("%s: must not be negative", name))
		}
	}
	if o.InvitationExpiresIn < 0 {
		errs = append(errs, errors.New("invitationExpiresIn: must not be negative"))
	}
	o.CreatorRole = cmp.Or(o.CreatorRole, defaultCreatorRole)
	if names := parseRoles(o.CreatorRole); len(names) != 1 || names[0] != o.CreatorRole {
		errs = append(errs, errors.New("creatorRole: must be the name of one role"))
	}
	o.MembershipLimit = cmp.Or(o.MembershipLimit, defaultMembers)
	o.InvitationExpiresIn = cmp.Or(o.InvitationExpiresIn, defaultExpiry)
	return errors.Join(errs...)
}

// signedIn is the middleware of endpoints that change something: a session that has
// been revoked changes nothing, whatever a cookie still says of it.
func (p *Plugin) signedIn(c *core.Ctx) error {
	if p.auth.Stateless() {
		return core.RequireSession(c)
	}
	return core.RequireSensitiveSession(c)
}

// whoever finds the session of a call, or nil: for endpoints that the application
// calls on its own behalf as well.
func (p *Plugin) whoever(c *core.Ctx) (*session.WithUser, error) {
	found, err := c.FindSession(core.SessionQuery{
		DisableCookieCache: !p.auth.Stateless(), ReadOnly: p.auth.Options().Session.DeferSessionRefresh,
	})
	switch {
	case errors.Is(err, core.ErrSessionOver):
		return nil, nil //nolint:nilnil // nobody is an answer
	case err != nil, found == nil:
		return nil, err
	}
	return &found.WithUser, nil
}

// locked runs fn in a transaction that has an organization for itself. A name that a
// client made up is no harm: it is looked up in fn.
func (p *Plugin) locked(c *core.Ctx, organizationID string, fn func() error) error {
	return p.lockedAs(c, "organization:"+organizationID, fn)
}

func (p *Plugin) lockedAs(c *core.Ctx, name string, fn func() error) error {
	return c.Tx(func() error {
		if err := p.auth.Store().Lock(c.Context(), name); err != nil {
			return err
		}
		return fn()
	})
}

// asMember is locked for what a member does. Who is no member is refused without the
// lock, and the membership is looked at again under it.
func (p *Plugin) asMember(c *core.Ctx, organizationID, userID string, refusal error, fn func(Member) error) error {
	look := func() (Member, error) {
		m, ok, err := p.members.of(c.Context(), organizationID, userID)
		if err == nil && !ok {
			err = refusal
		}
		return m, err
	}
	if _, err := look(); err != nil {
		return err
	}
	return p.locked(c, organizationID, func() error {
		m, err := look()
		if err != nil {
			return err
		}
		return fn(m)
	})
}

// listLimit bounds the lists that have no limit of their own.
func (p *Plugin) listLimit() int { return p.auth.Options().Advanced.Database.DefaultFindManyLimit }

// now is the time as the database keeps it.
func now(c *core.Ctx) time.Time { return db.Millis(c.Now()) }
