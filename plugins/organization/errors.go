package organization

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// Errors of the plugin, with upstream's codes and messages. The status is the one
// that upstream throws the code with most; another place calls WithStatus.
var (
	ErrMayNotCreate           = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_ORGANIZATION", "You are not allowed to create a new organization")
	ErrTooManyOrganizations   = core.NewError(http.StatusForbidden, "YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS", "You have reached the maximum number of organizations")
	ErrExists                 = core.NewError(http.StatusBadRequest, "ORGANIZATION_ALREADY_EXISTS", "Organization already exists")
	ErrSlugTaken              = core.NewError(http.StatusBadRequest, "ORGANIZATION_SLUG_ALREADY_TAKEN", "Organization slug already taken")
	ErrNotFound               = core.NewError(http.StatusBadRequest, "ORGANIZATION_NOT_FOUND", "Organization not found")
	ErrNotAMember             = core.NewError(http.StatusBadRequest, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", "User is not a member of the organization")
	ErrMayNotUpdate           = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION", "You are not allowed to update this organization")
	ErrMayNotDelete           = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION", "You are not allowed to delete this organization")
	ErrNoActive               = core.NewError(http.StatusBadRequest, "NO_ACTIVE_ORGANIZATION", "No active organization")
	ErrAlreadyAMember         = core.NewError(http.StatusBadRequest, "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION", "User is already a member of this organization")
	ErrMemberNotFound         = core.NewError(http.StatusBadRequest, "MEMBER_NOT_FOUND", "Member not found")
	ErrRoleNotFound           = core.NewError(http.StatusBadRequest, "ROLE_NOT_FOUND", "Role not found")
	ErrTeamNotFound           = core.NewError(http.StatusBadRequest, "TEAM_NOT_FOUND", "Team not found")
	ErrOnlyOwner              = core.NewError(http.StatusBadRequest, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER", "You cannot leave the organization as the only owner")
	ErrWithoutOwner           = core.NewError(http.StatusBadRequest, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER", "You cannot leave the organization without an owner")
	ErrMayNotRemoveMember     = core.NewError(http.StatusUnauthorized, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER", "You are not allowed to delete this member")
	ErrMayNotInvite           = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION", "You are not allowed to invite users to this organization")
	ErrAlreadyInvited         = core.NewError(http.StatusBadRequest, "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION", "User is already invited to this organization")
	ErrInvitationNotFound     = core.NewError(http.StatusBadRequest, "INVITATION_NOT_FOUND", "Invitation not found")
	ErrNotTheRecipient        = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION", "You are not the recipient of the invitation")
	ErrVerifyBeforeAnswer     = core.NewError(http.StatusForbidden, "EMAIL_VERIFICATION_REQUIRED_BEFORE_ACCEPTING_OR_REJECTING_INVITATION", "Email verification required before accepting or rejecting invitation")
	ErrMayNotCancel           = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_CANCEL_THIS_INVITATION", "You are not allowed to cancel this invitation")
	ErrInviterGone            = core.NewError(http.StatusBadRequest, "INVITER_IS_NO_LONGER_A_MEMBER_OF_THE_ORGANIZATION", "Inviter is no longer a member of the organization")
	ErrMayNotInviteWithRole   = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE", "You are not allowed to invite a user with this role")
	ErrInvitationLost         = core.NewError(http.StatusBadRequest, "FAILED_TO_RETRIEVE_INVITATION", "Failed to retrieve invitation")
	ErrTooManyTeams           = core.NewError(http.StatusBadRequest, "YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS", "You have reached the maximum number of teams")
	ErrLastTeam               = core.NewError(http.StatusBadRequest, "UNABLE_TO_REMOVE_LAST_TEAM", "Unable to remove last team")
	ErrMayNotUpdateMember     = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", "You are not allowed to update this member")
	ErrTooManyMembers         = core.NewError(http.StatusForbidden, "ORGANIZATION_MEMBERSHIP_LIMIT_REACHED", "Organization membership limit reached")
	ErrMayNotCreateTeams      = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_CREATE_TEAMS_IN_THIS_ORGANIZATION", "You are not allowed to create teams in this organization")
	ErrMayNotDeleteTeams      = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_DELETE_TEAMS_IN_THIS_ORGANIZATION", "You are not allowed to delete teams in this organization")
	ErrMayNotUpdateTeam       = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_TEAM", "You are not allowed to update this team")
	ErrMayNotDeleteTeam       = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_TEAM", "You are not allowed to delete this team")
	ErrTooManyInvitations     = core.NewError(http.StatusForbidden, "INVITATION_LIMIT_REACHED", "Invitation limit reached")
	ErrTooManyTeamMembers     = core.NewError(http.StatusForbidden, "TEAM_MEMBER_LIMIT_REACHED", "Team member limit reached")
	ErrNotInTeam              = core.NewError(http.StatusBadRequest, "USER_IS_NOT_A_MEMBER_OF_THE_TEAM", "User is not a member of the team")
	ErrNoActiveTeam           = core.NewError(http.StatusBadRequest, "YOU_DO_NOT_HAVE_AN_ACTIVE_TEAM", "You do not have an active team")
	ErrMayNotAddTeamMember    = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_TEAM_MEMBER", "You are not allowed to create a new member")
	ErrMayNotRemoveTeamMember = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_REMOVE_A_TEAM_MEMBER", "You are not allowed to remove a team member")
	ErrMayNotAccess           = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_ACCESS_THIS_ORGANIZATION", "You are not allowed to access this organization as an owner")
	ErrNotYours               = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION", "You are not a member of this organization")
	ErrNoAccessControl        = core.NewError(http.StatusNotImplemented, "MISSING_AC_INSTANCE", "Dynamic Access Control requires a pre-defined ac instance on the server auth plugin. Read server logs for more information")
	ErrNoOrganizationForRole  = core.NewError(http.StatusBadRequest, "YOU_MUST_BE_IN_AN_ORGANIZATION_TO_CREATE_A_ROLE", "You must be in an organization to create a role")
	ErrMayNotCreateRole       = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE", "You are not allowed to create a role")
	ErrMayNotUpdateRole       = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE", "You are not allowed to update a role")
	ErrMayNotDeleteRole       = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_DELETE_A_ROLE", "You are not allowed to delete a role")
	ErrMayNotReadRole         = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_READ_A_ROLE", "You are not allowed to read a role")
	ErrMayNotListRoles        = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_LIST_A_ROLE", "You are not allowed to list a role")
	ErrTooManyRoles           = core.NewError(http.StatusBadRequest, "TOO_MANY_ROLES", "This organization has too many roles")
	ErrInvalidResource        = core.NewError(http.StatusBadRequest, "INVALID_RESOURCE", "The provided permission includes an invalid resource")
	ErrRoleTaken              = core.NewError(http.StatusBadRequest, "ROLE_NAME_IS_ALREADY_TAKEN", "That role name is already taken")
	ErrPredefinedRole         = core.NewError(http.StatusBadRequest, "CANNOT_DELETE_A_PRE_DEFINED_ROLE", "Cannot delete a pre-defined role")
	ErrRoleAssigned           = core.NewError(http.StatusBadRequest, "ROLE_IS_ASSIGNED_TO_MEMBERS", "Cannot delete a role that is assigned to members. Please reassign the members to a different role first")
)

// Errors that later releases of upstream have, and 1.6.9 has not.
var (
	ErrInvalidTeamID         = core.NewError(http.StatusBadRequest, "INVALID_TEAM_ID", "Team id contains a reserved character")
	ErrVerifyToSee           = core.NewError(http.StatusForbidden, "EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION", "Email verification required to view or list invitations for the session email")
	ErrMayNotListInvitations = core.NewError(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS", "You are not allowed to list invitations for this organization")
)

// Codes that upstream lists and throws nowhere.
var (
	ErrMayNotCreateTeam = core.NewError(http.StatusBadRequest, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_TEAM", "You are not allowed to create a new team")
	ErrTeamExists       = core.NewError(http.StatusBadRequest, "TEAM_ALREADY_EXISTS", "Team already exists")
	ErrMayNotListTeam   = core.NewError(http.StatusBadRequest, "YOU_CAN_NOT_ACCESS_THE_MEMBERS_OF_THIS_TEAM", "You are not allowed to list the members of this team")
	ErrMayNotGetRole    = core.NewError(http.StatusBadRequest, "YOU_ARE_NOT_ALLOWED_TO_GET_A_ROLE", "You are not allowed to get a role")
)

// Answers without a code, and one whose code is not in upstream's list.
var (
	errDeletionDisabled = core.NewError(http.StatusNotFound, "ORGANIZATION_DELETION_DISABLED", "Organization deletion is disabled")
	errSignedOut        = core.NewError(http.StatusUnauthorized, "", "")
	errUnauthenticated  = core.NewError(http.StatusUnauthorized, "", "Not authenticated")
	errNoUser           = core.NewError(http.StatusUnauthorized, "", "User not found")
	errUserGone         = core.NewError(http.StatusBadRequest, "", "User not found")
	errNoTeams          = core.NewError(http.StatusBadRequest, "", "Teams are not enabled")
	errNoOrganizationID = core.NewError(http.StatusBadRequest, "", "Organization ID is required")
	errNotYours         = core.NewError(http.StatusForbidden, "", "You are not a member of this organization")
	errEmailOfClient    = core.NewError(http.StatusBadRequest, "", "User email cannot be passed for client side API calls.")
	errNobodysEmail     = core.NewError(http.StatusBadRequest, "", "Missing session headers, or email query parameter.")
	errBadRequest       = core.NewError(http.StatusBadRequest, "", "")
	errUserNotFound     = core.ErrUserNotFound.WithStatus(http.StatusBadRequest)

	// errNoInvitation is what those get who were invited.
	errNoInvitation = ErrInvitationNotFound.WithMessage("Invitation not found!")
)

func errorCodes() []*core.Error {
	return []*core.Error{
		ErrMayNotCreate, ErrTooManyOrganizations, ErrExists, ErrSlugTaken, ErrNotFound, ErrNotAMember, ErrMayNotUpdate, ErrMayNotDelete, ErrNoActive, ErrAlreadyAMember, ErrMemberNotFound, ErrRoleNotFound, ErrMayNotCreateTeam, ErrTeamExists, ErrTeamNotFound, ErrOnlyOwner, ErrWithoutOwner, ErrMayNotRemoveMember, ErrMayNotInvite, ErrAlreadyInvited, ErrInvitationNotFound, ErrNotTheRecipient, ErrVerifyBeforeAnswer, ErrMayNotCancel, ErrInviterGone, ErrMayNotInviteWithRole, ErrInvitationLost, ErrTooManyTeams, ErrLastTeam, ErrMayNotUpdateMember, ErrTooManyMembers, ErrMayNotCreateTeams, ErrMayNotDeleteTeams, ErrMayNotUpdateTeam, ErrMayNotDeleteTeam, ErrTooManyInvitations, ErrTooManyTeamMembers, ErrNotInTeam, ErrMayNotListTeam, ErrNoActiveTeam, ErrMayNotAddTeamMember, ErrMayNotRemoveTeamMember, ErrMayNotAccess, ErrNotYours, ErrNoAccessControl, ErrNoOrganizationForRole, ErrMayNotCreateRole, ErrMayNotUpdateRole, ErrMayNotDeleteRole, ErrMayNotReadRole, ErrMayNotListRoles, ErrMayNotGetRole, ErrTooManyRoles, ErrInvalidResource, ErrRoleTaken, ErrPredefinedRole, ErrRoleAssigned, ErrInvalidTeamID, ErrVerifyToSee, ErrMayNotListInvitations,
		ErrNotAMember.WithStatus(http.StatusForbidden), ErrNotAMember.WithStatus(http.StatusUnauthorized),
		ErrNotInTeam.WithStatus(http.StatusForbidden), errNoInvitation, errDeletionDisabled, errUserNotFound, core.ErrInvalidEmail,
	}
}
