package organization

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Hooks tell the application what happens. Those that come before run in the
// transaction of the change, and may run again with it, with an event of its own; an
// error refuses the change, and what they change in Data is written. Those that come
// after run once, when the change has been committed with any transaction of the
// application's own around it, and also when the client has gone; an error of theirs
// is answered, and the change stands. Records are as they are stored.
type Hooks struct {
	BeforeCreateOrganization func(ctx context.Context, e *Event) error `opt:"beforeCreateOrganization,code"`
	AfterCreateOrganization  func(ctx context.Context, e *Event) error `opt:"afterCreateOrganization,code"`
	BeforeUpdateOrganization func(ctx context.Context, e *Event) error `opt:"beforeUpdateOrganization,code"`
	AfterUpdateOrganization  func(ctx context.Context, e *Event) error `opt:"afterUpdateOrganization,code"`
	BeforeDeleteOrganization func(ctx context.Context, e *Event) error `opt:"beforeDeleteOrganization,code"`
	AfterDeleteOrganization  func(ctx context.Context, e *Event) error `opt:"afterDeleteOrganization,code"`

	BeforeAddMember        func(ctx context.Context, e *MemberEvent) error `opt:"beforeAddMember,code"`
	AfterAddMember         func(ctx context.Context, e *MemberEvent) error `opt:"afterAddMember,code"`
	BeforeRemoveMember     func(ctx context.Context, e *MemberEvent) error `opt:"beforeRemoveMember,code"`
	AfterRemoveMember      func(ctx context.Context, e *MemberEvent) error `opt:"afterRemoveMember,code"`
	BeforeUpdateMemberRole func(ctx context.Context, e *MemberEvent) error `opt:"beforeUpdateMemberRole,code"`
	AfterUpdateMemberRole  func(ctx context.Context, e *MemberEvent) error `opt:"afterUpdateMemberRole,code"`

	BeforeCreateInvitation func(ctx context.Context, e *InvitationEvent) error `opt:"beforeCreateInvitation,code"`
	AfterCreateInvitation  func(ctx context.Context, e *InvitationEvent) error `opt:"afterCreateInvitation,code"`
	BeforeAcceptInvitation func(ctx context.Context, e *InvitationEvent) error `opt:"beforeAcceptInvitation,code"`
	AfterAcceptInvitation  func(ctx context.Context, e *InvitationEvent) error `opt:"afterAcceptInvitation,code"`
	BeforeRejectInvitation func(ctx context.Context, e *InvitationEvent) error `opt:"beforeRejectInvitation,code"`
	AfterRejectInvitation  func(ctx context.Context, e *InvitationEvent) error `opt:"afterRejectInvitation,code"`
	BeforeCancelInvitation func(ctx context.Context, e *InvitationEvent) error `opt:"beforeCancelInvitation,code"`
	AfterCancelInvitation  func(ctx context.Context, e *InvitationEvent) error `opt:"afterCancelInvitation,code"`

	BeforeCreateTeam       func(ctx context.Context, e *TeamEvent) error `opt:"beforeCreateTeam,code"`
	AfterCreateTeam        func(ctx context.Context, e *TeamEvent) error `opt:"afterCreateTeam,code"`
	BeforeUpdateTeam       func(ctx context.Context, e *TeamEvent) error `opt:"beforeUpdateTeam,code"`
	AfterUpdateTeam        func(ctx context.Context, e *TeamEvent) error `opt:"afterUpdateTeam,code"`
	BeforeDeleteTeam       func(ctx context.Context, e *TeamEvent) error `opt:"beforeDeleteTeam,code"`
	AfterDeleteTeam        func(ctx context.Context, e *TeamEvent) error `opt:"afterDeleteTeam,code"`
	BeforeAddTeamMember    func(ctx context.Context, e *TeamEvent) error `opt:"beforeAddTeamMember,code"`
	AfterAddTeamMember     func(ctx context.Context, e *TeamEvent) error `opt:"afterAddTeamMember,code"`
	BeforeRemoveTeamMember func(ctx context.Context, e *TeamEvent) error `opt:"beforeRemoveTeamMember,code"`
	AfterRemoveTeamMember  func(ctx context.Context, e *TeamEvent) error `opt:"afterRemoveTeamMember,code"`
}

// Event is about an organization.
type Event struct {
	User         user.User    // who does it
	Member       Member       // as whom; after the creation, too
	Organization Organization // there is none before the creation
	Data         db.Row       // the fields to be written, by name: before creation and update
}

// MemberEvent is about a membership. The ids in Data are not the hook's to change.
type MemberEvent struct {
	User         user.User // whose membership it is
	Organization Organization
	Member       Member // there is none before it is added
	PreviousRole string // before and after a change of the role
	Data         db.Row // the fields to be written, by name: before addition and change
}

// InvitationEvent is about an invitation. The organization in Data is not the hook's
// to change.
type InvitationEvent struct {
	User         user.User // who invites, answers or cancels
	Organization Organization
	Invitation   Invitation // there is none before the creation
	Member       Member     // after the acceptance
	Data         db.Row     // the fields to be written, by name: before the creation
}

// TeamEvent is about a team, or about somebody in it. The ids in Data are not the
// hook's to change.
type TeamEvent struct {
	User         *user.User // who does it, or who is added or removed; nil for the application itself
	Organization Organization
	Team         Team       // there is none before the creation
	TeamMember   TeamMember // of additions and removals
	Data         db.Row     // the fields to be written, by name: before creation and update
}

// hook calls one if there is one.
func hook[E any](ctx context.Context, f func(context.Context, *E) error, e *E) error {
	if f == nil {
		return nil
	}
	return f(ctx, e)
}

// following is something that follows a change: a hook, or what becomes of the session.
type following func(context.Context) error

// afterwards has done what follows a change when the transaction of ctx has
// committed, which is the application's own if there is one around the call, and also
// when whoever asked has gone. Each of them is done whatever becomes of the others;
// their errors are answered together, and undo nothing.
func afterwards(ctx context.Context, all ...following) error {
	for _, do := range all {
		if err := db.AfterCommit(ctx, do); err != nil {
			return err
		}
	}
	return nil
}

// tell is a hook that follows a change. It may take its time.
func tell[E any](f func(context.Context, *E) error, e *E) following {
	return func(ctx context.Context) error { return hook(context.WithoutCancel(ctx), f, e) }
}
