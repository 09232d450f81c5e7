package organization

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func (p *Plugin) setUpTeamMembers(s *core.Setup) {
	changes, reads := []core.Middleware{p.signedIn}, []core.Middleware{core.RequireSession}
	p.SetActiveTeam = core.Route(s, core.Endpoint[SetActiveTeamInput, Team]{
		Method: http.MethodPost, Path: "/organization/set-active-team", OperationID: "setActiveTeam",
		Summary: "Make a team of the active organization the active one of the session",
		Doc:     core.Doc{Success: "The team; null where none is active", Nullable: true},
		Use:     changes, Handle: p.setActiveTeam,
	})
	p.AddTeamMember = core.Route(s, core.Endpoint[TeamMemberInput, TeamMember]{
		Method: http.MethodPost, Path: "/organization/add-team-member", OperationID: "addTeamMember",
		Summary: "Add a member of an organization to a team",
		Use:     changes, Handle: p.addTeamMember,
	})
	p.RemoveTeamMember = core.Route(s, core.Endpoint[TeamMemberInput, MessageOutput]{
		Method: http.MethodPost, Path: "/organization/remove-team-member", OperationID: "removeTeamMember",
		Summary: "Remove a member from a team",
		Use:     changes, Handle: p.removeTeamMember,
	})
	p.ListUserTeams = core.Route(s, core.Endpoint[ListUserTeamsInput, []Team]{
		Method: http.MethodGet, Path: "/organization/list-user-teams", OperationID: "listUserTeams",
		Summary: "List the teams that a user is in",
		Use:     reads, Handle: p.listUserTeams,
	})
	p.ListTeamMembers = core.Route(s, core.Endpoint[ListTeamMembersInput, []TeamMember]{
		Method: http.MethodGet, Path: "/organization/list-team-members", OperationID: "listTeamMembers",
		Summary: "List the members of a team that the user is in",
		Use:     reads, Handle: p.listTeamMembers,
	})
}

// checkRoom refuses another member of a team. The organization is locked.
func (p *Plugin) checkRoom(c *core.Ctx, team Team) error {
	var limit int
	switch t := &p.opts.Teams; {
	case t.MaximumMembersPerTeamFunc != nil:
		var err error
		l := TeamLimit{OrganizationID: team.OrganizationID, TeamID: team.ID, User: userOf(c.CurrentSession())}
		if limit, err = t.MaximumMembersPerTeamFunc(c.Context(), l); err != nil {
			return err
		}
	case t.MaximumMembersPerTeam != nil:
		limit = *t.MaximumMembersPerTeam
	default:
		return nil
	}
	n, err := p.teamMembers.in(c.Context(), team.ID)
	if err == nil && n >= int64(limit) {
		err = ErrTooManyTeamMembers
	}
	return err
}

// seat puts a user into a team with room, who may be in it already. The organization
// is locked, or new.
func (p *Plugin) seat(c *core.Ctx, team Team, userID string) (TeamMember, error) {
	ctx := c.Context()
	m, already, err := p.teamMembers.find(ctx, team.ID, userID)
	if err != nil || already {
		return m, err
	}
	if err := p.checkRoom(c, team); err != nil {
		return TeamMember{}, err
	}
	if m, err = p.teamMembers.add(ctx, team.ID, userID, now(c)); err != nil {
		return TeamMember{}, err
	}
	return m, p.recount(c, team)
}

// unseat takes a user out of a team, and tells whether the user was in it. The
// organization is locked.
func (p *Plugin) unseat(c *core.Ctx, team Team, userID string) (bool, error) {
	was, err := p.teamMembers.delete(c.Context(), team.ID, userID)
	if err != nil || !was {
		return false, err
	}
	return true, p.recount(c, team)
}

func (p *Plugin) recount(c *core.Ctx, team Team) error {
	n, err := p.teamMembers.in(c.Context(), team.ID)
	if err != nil {
		return err
	}
	return p.teams.recount(c.Context(), team, n)
}

// isIn tells whether a user is in a team, and still in its organization.
func (p *Plugin) isIn(c *core.Ctx, team Team, userID string) (bool, error) {
	if _, ok, err := p.members.of(c.Context(), team.OrganizationID, userID); err != nil || !ok {
		return false, err
	}
	_, ok, err := p.teamMembers.find(c.Context(), team.ID, userID)
	return ok, err
}

// TeamMemberInput is the body of the endpoints that add to a team and remove from it.
type TeamMemberInput struct {
	TeamID         string  `json:"teamId" doc:"The team"`
	UserID         string  `json:"userId" check:"coerce" doc:"The user"`
	OrganizationID *string `json:"organizationId" doc:"The organization of the team; the active one unless given"`
}

// inTeam does something with a team and a member of its organization, for a member
// who may.
func (p *Plugin) inTeam(c *core.Ctx, in TeamMemberInput, action string, refusal *core.Error, fn func(*TeamEvent) error) error {
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return ErrNoActive
	}
	return p.asMember(c, organizationID, c.Session().User.ID, ErrNotAMember, func(m Member) error {
		ctx := c.Context()
		if err := p.need(c, m, "member", action, refusal); err != nil {
			return err
		}
		if _, ok, err := p.members.of(ctx, organizationID, in.UserID); err != nil || !ok {
			return orElse(err, ErrNotAMember)
		}
		e := &TeamEvent{}
		var u user.User
		var ok bool
		var err error
		if e.Team, ok, err = p.teams.byID(ctx, organizationID, in.TeamID); err != nil || !ok {
			return orElse(err, ErrTeamNotFound)
		}
		if e.Organization, ok, err = p.organizations.byID(ctx, organizationID); err != nil || !ok {
			return orElse(err, ErrNotFound)
		}
		if u, ok, err = p.auth.Users().ByID(ctx, in.UserID); err != nil || !ok {
			return orElse(err, errUserGone)
		}
		e.User = &u
		return fn(e)
	})
}

func (p *Plugin) addTeamMember(c *core.Ctx, in TeamMemberInput) (*TeamMember, error) {
	var added TeamMember
	h := &p.opts.OrganizationHooks
	err := p.inTeam(c, in, "update", ErrMayNotAddTeamMember, func(e *TeamEvent) (err error) {
		if err := hook(c.Context(), h.BeforeAddTeamMember, e); err != nil {
			return err
		}
		if added, err = p.seat(c, e.Team, e.User.ID); err != nil {
			return err
		}
		e.TeamMember = added
		return afterwards(c.Context(), tell(h.AfterAddTeamMember, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.teamMembers.out(added)), nil
}

func (p *Plugin) removeTeamMember(c *core.Ctx, in TeamMemberInput) (*MessageOutput, error) {
	h := &p.opts.OrganizationHooks
	err := p.inTeam(c, in, "delete", ErrMayNotRemoveTeamMember, func(e *TeamEvent) (err error) {
		var was bool
		if e.TeamMember, was, err = p.teamMembers.find(c.Context(), e.Team.ID, e.User.ID); err != nil || !was {
			return orElse(err, ErrNotInTeam)
		}
		if err := hook(c.Context(), h.BeforeRemoveTeamMember, e); err != nil {
			return err
		}
		if was, err = p.unseat(c, e.Team, e.User.ID); err != nil || !was {
			return orElse(err, ErrNotInTeam)
		}
		return afterwards(c.Context(), tell(h.AfterRemoveTeamMember, e))
	})
	if err != nil {
		return nil, err
	}
	return &MessageOutput{"Team member removed successfully."}, nil
}

// ListUserTeamsInput is the query of GET /organization/list-user-teams, as in 1.7.
type ListUserTeamsInput struct {
	UserID         *string `query:"userId" doc:"Whose teams; the user's own unless given"`
	OrganizationID *string `query:"organizationId" doc:"Of which organization; of all unless given, of the active one for another user"`
}

func (p *Plugin) listUserTeams(c *core.Ctx, in ListUserTeamsInput) (*[]Team, error) {
	self, whose := c.Session().User.ID, text(in.UserID)
	only := text(in.OrganizationID)
	if whose == "" {
		whose = self
	}
	if whose != self {
		if only = p.named(c, in.OrganizationID); only == "" {
			return nil, ErrNoActive
		}
	}
	if only != "" {
		if err := p.mayListTeamsOf(c, only, self, whose); err != nil {
			return nil, err
		}
	}
	all, err := p.teamMembers.teamsOf(c.Context(), whose, p.listLimit(), &p.teams)
	if err != nil {
		return nil, err
	}
	list := []Team{}
	for _, team := range all {
		if only != "" && team.OrganizationID != only {
			continue
		}
		// Of organizations that the user has left by other ways than through here, too.
		if _, ok, err := p.members.of(c.Context(), team.OrganizationID, whose); err != nil {
			return nil, err
		} else if ok {
			list = append(list, p.teams.out(team))
		}
	}
	return &list, nil
}

func (p *Plugin) mayListTeamsOf(c *core.Ctx, organizationID, self, whose string) error {
	m, ok, err := p.members.of(c.Context(), organizationID, self)
	if err != nil || !ok {
		return orElse(err, ErrNotYours)
	}
	if whose == self {
		return nil
	}
	if err := p.need(c, m, "member", "update", ErrMayNotUpdateMember); err != nil {
		return err
	}
	if _, ok, err := p.members.of(c.Context(), organizationID, whose); err != nil || !ok {
		return orElse(err, ErrNotAMember)
	}
	return nil
}

// ListTeamMembersInput is the query of GET /organization/list-team-members.
type ListTeamMembersInput struct {
	TeamID *string `query:"teamId" doc:"The team; the active one unless given"`
}

func (p *Plugin) listTeamMembers(c *core.Ctx, in ListTeamMembersInput) (*[]TeamMember, error) {
	teamID := text(in.TeamID)
	if teamID == "" {
		teamID = activeIn(c.Session(), activeTeam)
	}
	if teamID == "" {
		return nil, ErrNoActiveTeam
	}
	// Who is not in a team does not hear whether there is one.
	team, ok, err := p.teams.anywhere(c.Context(), teamID)
	if err != nil || !ok {
		return nil, orElse(err, ErrNotInTeam)
	}
	if ok, err = p.isIn(c, team, c.Session().User.ID); err != nil || !ok {
		return nil, orElse(err, ErrNotInTeam)
	}
	list, err := p.teamMembers.of(c.Context(), teamID, p.listLimit())
	if err != nil {
		return nil, err
	}
	return new(p.teamMembers.outs(list)), nil
}
