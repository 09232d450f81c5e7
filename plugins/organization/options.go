package organization

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/access"
)

// Options configures the plugin. The zero value is upstream's default. Limits that
// are a pointer have no limit when it is nil; functions win over numbers.
type Options struct {
	// DisableCreation keeps users from creating organizations. With MayCreate a
	// function decides for each of them.
	DisableCreation bool                                                 `opt:"allowUserToCreateOrganization,not"`
	MayCreate       func(ctx context.Context, u user.User) (bool, error) `opt:"allowUserToCreateOrganization,code"`
	// OrganizationLimit is how many organizations a user may be in to create one
	// more. OrganizationLimitReached tells of a user who may not.
	OrganizationLimit        *int                                                 `opt:"organizationLimit"`
	OrganizationLimitReached func(ctx context.Context, u user.User) (bool, error) `opt:"organizationLimit,code"`
	// CreatorRole is the role of who creates an organization, and the one that only
	// its holders give and take away; default "owner".
	CreatorRole string `opt:"creatorRole"`
	// MembershipLimit is how many members an organization may have; default 100.
	MembershipLimit     int                                                                   `opt:"membershipLimit"`
	MembershipLimitFunc func(ctx context.Context, u user.User, org Organization) (int, error) `opt:"membershipLimit,code"`

	// AccessControl replaces the roles owner, admin and member, and what they do.
	// Upstream's options ac and roles take the same as code.
	AccessControl        AccessControl        `opt:"accessControl"`
	DynamicAccessControl DynamicAccessControl `opt:"dynamicAccessControl"`
	Teams                Teams                `opt:"teams"`

	InvitationExpiresIn time.Duration `opt:"invitationExpiresIn"` // default 48 h
	// InvitationLimit is how many invitations of an organization may be pending;
	// default 100.
	InvitationLimit     *int                                                      `opt:"invitationLimit"`
	InvitationLimitFunc func(ctx context.Context, i InvitationLimit) (int, error) `opt:"invitationLimit,code"`
	// CancelPendingInvitationsOnReInvite lets a new invitation take the place of one
	// that is pending, which is refused otherwise.
	CancelPendingInvitationsOnReInvite bool `opt:"cancelPendingInvitationsOnReInvite"`
	// RequireEmailVerificationOnInvitation lets only those see, accept and reject an
	// invitation who have verified their address. Unless it is set, that is so where
	// ids can be guessed: those of a function or of the database.
	RequireEmailVerificationOnInvitation *bool `opt:"requireEmailVerificationOnInvitation"`
	// SendInvitationEmail tells of an invitation. Without it the application has to.
	SendInvitationEmail func(ctx context.Context, m InvitationEmail) error `opt:"sendInvitationEmail,sender"`

	Schema Schema `opt:"schema"`
	// DisableOrganizationDeletion keeps organizations: POST /organization/delete is a 404.
	DisableOrganizationDeletion bool  `opt:"disableOrganizationDeletion"`
	OrganizationHooks           Hooks `opt:"organizationHooks"`
}

// AccessControl is what there is to do, and what each role may do of it. Roles
// without statements are made of the built-in ones.
type AccessControl struct {
	Statements access.Statements            `opt:"statements" kind:"mapping of lists of strings by resource"`
	Roles      map[string]access.Statements `opt:"roles" kind:"mapping of statements by role"`
}

// DynamicAccessControl lets organizations have roles of their own. It needs
// AccessControl.Statements.
type DynamicAccessControl struct {
	Enabled bool `opt:"enabled"`
	// MaximumRolesPerOrganization is how many they may have.
	MaximumRolesPerOrganization     *int                                                          `opt:"maximumRolesPerOrganization"`
	MaximumRolesPerOrganizationFunc func(ctx context.Context, organizationID string) (int, error) `opt:"maximumRolesPerOrganization,code"`
}

// Teams are parts of an organization.
type Teams struct {
	Enabled     bool        `opt:"enabled"`
	DefaultTeam DefaultTeam `opt:"defaultTeam"`
	// MaximumTeams is how many teams an organization may have; 0 is any number.
	MaximumTeams     int                                                 `opt:"maximumTeams"`
	MaximumTeamsFunc func(ctx context.Context, t TeamLimit) (int, error) `opt:"maximumTeams,code"`
	// MaximumMembersPerTeam is how many members a team may have.
	MaximumMembersPerTeam     *int                                                `opt:"maximumMembersPerTeam"`
	MaximumMembersPerTeamFunc func(ctx context.Context, t TeamLimit) (int, error) `opt:"maximumMembersPerTeam,code"`
	// AllowRemovingAllTeams lets the last team of an organization be removed.
	AllowRemovingAllTeams bool `opt:"allowRemovingAllTeams"`
}

// DefaultTeam is the team that an organization begins with.
type DefaultTeam struct {
	Disabled bool `opt:"enabled,not"`
	// CustomCreateDefaultTeam names the team, and gives it values for fields of the
	// application's own. Without it the team has the organization's name.
	CustomCreateDefaultTeam func(ctx context.Context, org Organization) (name string, fields map[string]any, err error) `opt:"customCreateDefaultTeam,code"`
}

// InvitationLimit is what a limit of invitations may depend on.
type InvitationLimit struct {
	User         user.User // who invites
	Organization Organization
	Member       Member
}

// TeamLimit is what a limit of teams, or of a team's members, may depend on. User is
// nil where the application itself makes a team.
type TeamLimit struct {
	OrganizationID string
	TeamID         string // of a limit of members
	User           *user.User
}

// InvitationEmail tells somebody of an invitation. What it holds are the copies that
// may leave the server.
type InvitationEmail struct {
	ID           string
	Email        string // the recipient
	Role         string
	Organization Organization
	Invitation   Invitation
	Inviter      Inviter
}

// Inviter is the member who invites.
type Inviter struct {
	Member Member
	User   user.User
}

// Object has the user among the member's fields, as messages have it.
func (i Inviter) Object() *wire.Object {
	o := db.RecordObject(i.Member)
	o.Set("user", db.RecordObject(i.User))
	return o
}
