package organization

import (
	"maps"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (p *Plugin) setUpTeams(s *core.Setup) {
	p.CreateTeam = core.Route(s, core.Endpoint[CreateTeamInput, Team]{
		Method: http.MethodPost, Path: "/organization/create-team", OperationID: "createTeam",
		Summary: "Create a team in an organization",
		Doc:     core.Doc{Success: "The team", Creates: modelTeam},
		Handle:  p.createTeam,
	})
	p.RemoveTeam = core.Route(s, core.Endpoint[RemoveTeamInput, MessageOutput]{
		Method: http.MethodPost, Path: "/organization/remove-team", OperationID: "removeTeam",
		Summary: "Remove a team from an organization",
		Handle:  p.removeTeam,
	})
	p.UpdateTeam = core.Route(s, core.Endpoint[UpdateTeamInput, Team]{
		Method: http.MethodPost, Path: "/organization/update-team", OperationID: "updateTeam",
		Summary: "Change a team",
		Use:     []core.Middleware{p.signedIn}, Handle: p.updateTeam,
	})
	p.ListOrganizationTeams = core.Route(s, core.Endpoint[ListTeamsInput, []Team]{
		Method: http.MethodGet, Path: "/organization/list-teams", OperationID: "listOrganizationTeams",
		Summary: "List the teams of an organization",
		Use:     []core.Middleware{core.RequireSession}, Handle: p.listTeams,
	})
}

// CreateTeamInput is the body of POST /organization/create-team.
type CreateTeamInput struct {
	Name           string  `json:"name" doc:"What the team is called"`
	OrganizationID *string `json:"organizationId" doc:"The organization; the active one unless given"`
	// Rest holds the additional fields of the team.
	Rest *wire.Object `json:",rest,loose"`
}

// MessageOutput says what has been done.
type MessageOutput struct {
	Message string `json:"message"`
}

// asTeamManager is asMember for endpoints that the application calls on its own
// behalf, too: without a session, and without a request.
func (p *Plugin) asTeamManager(c *core.Ctx, acting *session.WithUser, organizationID string, refusal *core.Error, check func(Member) error, fn func() error) error {
	if acting == nil {
		return p.locked(c, organizationID, fn)
	}
	return p.asMember(c, organizationID, acting.User.ID, refusal, func(m Member) error {
		if err := check(m); err != nil {
			return err
		}
		return fn()
	})
}

func (p *Plugin) createTeam(c *core.Ctx, in CreateTeamInput) (*Team, error) {
	fields, err := p.additional(modelTeam, in.Rest, "body", true)
	if err != nil {
		return nil, err
	}
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	if acting == nil && c.Request != nil {
		return nil, errSignedOut
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	at := now(c)
	maps.Copy(fields, db.Row{"name": in.Name, "createdAt": at, "updatedAt": at})
	var e *TeamEvent
	check := func(m Member) error { return p.need(c, m, "team", "create", ErrMayNotCreateTeams) }
	err = p.asTeamManager(c, acting, organizationID, ErrMayNotInvite, check, func() error {
		e = &TeamEvent{User: userOf(acting)}
		if err := p.checkTeamLimit(c, organizationID, e.User); err != nil {
			return err
		}
		org, ok, err := p.organizations.byID(c.Context(), organizationID)
		if err != nil || !ok {
			return orElse(err, ErrNotFound)
		}
		e.Organization = org
		if err := p.addTeam(c, e, fields); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(p.opts.OrganizationHooks.AfterCreateTeam, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.teams.out(e.Team)), nil
}

func userOf(s *session.WithUser) *user.User {
	if s == nil {
		return nil
	}
	return new(s.User)
}

// addTeam writes a team of an event's organization, which is locked or new.
func (p *Plugin) addTeam(c *core.Ctx, e *TeamEvent, fields db.Row) (err error) {
	e.Data = maps.Clone(fields)
	e.Data["organizationId"] = e.Organization.ID
	if err := hook(c.Context(), p.opts.OrganizationHooks.BeforeCreateTeam, e); err != nil {
		return err
	}
	maps.Copy(e.Data, db.Row{"organizationId": e.Organization.ID, "memberCount": int64(0)})
	e.Team, err = p.teams.create(c.Context(), e.Data)
	e.Data = nil
	return err
}

// foundTeam makes the team that an organization begins with, and its first member.
func (p *Plugin) foundTeam(c *core.Ctx, owner user.User, org Organization) (*Team, TeamMember, error) {
	fields := db.Row{}
	name := org.Name
	if f := p.opts.Teams.DefaultTeam.CustomCreateDefaultTeam; f != nil {
		custom, more, err := f(c.Context(), org)
		if err != nil {
			return nil, TeamMember{}, err
		}
		name = custom
		maps.Copy(fields, more)
	}
	maps.Copy(fields, db.Row{"name": name, "createdAt": now(c)})
	e := &TeamEvent{User: &owner, Organization: org}
	if err := p.addTeam(c, e, fields); err != nil {
		return nil, TeamMember{}, err
	}
	m, err := p.seat(c, e.Team, owner.ID)
	return &e.Team, m, err
}

// checkTeamLimit refuses another team. The organization is locked.
func (p *Plugin) checkTeamLimit(c *core.Ctx, organizationID string, u *user.User) error {
	limit := p.opts.Teams.MaximumTeams
	if f := p.opts.Teams.MaximumTeamsFunc; f != nil {
		var err error
		if limit, err = f(c.Context(), TeamLimit{OrganizationID: organizationID, User: u}); err != nil {
			return err
		}
	}
	if limit == 0 {
		return nil
	}
	n, err := p.teams.in(c.Context(), organizationID)
	if err == nil && n >= int64(limit) {
		err = ErrTooManyTeams
	}
	return err
}

// RemoveTeamInput is the body of POST /organization/remove-team.
type RemoveTeamInput struct {
	TeamID         string  `json:"teamId" doc:"The team"`
	OrganizationID *string `json:"organizationId" doc:"The organization; the active one unless given"`
}

func (p *Plugin) removeTeam(c *core.Ctx, in RemoveTeamInput) (*MessageOutput, error) {
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	if acting == nil && c.Request != nil {
		return nil, errSignedOut
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	var e *TeamEvent
	check := func(m Member) error {
		if activeIn(acting, activeTeam) == in.TeamID {
			return ErrMayNotDeleteTeam
		}
		return p.need(c, m, "team", "delete", ErrMayNotDeleteTeams)
	}
	err = p.asTeamManager(c, acting, organizationID, ErrMayNotDeleteTeam, check, func() error {
		e = &TeamEvent{User: userOf(acting)}
		if err := p.dissolveTeam(c, e, organizationID, in.TeamID); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(p.opts.OrganizationHooks.AfterDeleteTeam, e))
	})
	if err != nil {
		return nil, err
	}
	return &MessageOutput{"Team removed successfully."}, nil
}

// dissolveTeam removes a team with its members, and from the invitations that lead
// into it. The organization is locked.
func (p *Plugin) dissolveTeam(c *core.Ctx, e *TeamEvent, organizationID, teamID string) (err error) {
	ctx, ok := c.Context(), false
	if e.Team, ok, err = p.teams.byID(ctx, organizationID, teamID); err != nil || !ok {
		return orElse(err, ErrTeamNotFound)
	}
	if !p.opts.Teams.AllowRemovingAllTeams {
		n, err := p.teams.in(ctx, organizationID)
		if err != nil || n <= 1 {
			return orElse(err, ErrLastTeam)
		}
	}
	if e.Organization, ok, err = p.organizations.byID(ctx, organizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeDeleteTeam, e); err != nil {
		return err
	}
	if err := p.teamMembers.deleteAll(ctx, teamID); err != nil {
		return err
	}
	if err := p.invitations.leaveTeam(ctx, organizationID, teamID); err != nil {
		return err
	}
	if ok, err = p.teams.delete(ctx, organizationID, teamID); err != nil || !ok {
		return orElse(err, ErrTeamNotFound)
	}
	return nil
}

// UpdateTeamInput is the body of POST /organization/update-team.
type UpdateTeamInput struct {
	TeamID string         `json:"teamId" doc:"The team"`
	Data   UpdateTeamData `json:"data" doc:"What is to change"`
}

// UpdateTeamData is what of a team is to change. The organization is the one that
// the team is in: it says where to look, and is not changed. The dates are not the
// client's to set: upstream takes them for dates, which JSON has not.
type UpdateTeamData struct {
	Name           *string `json:"name" check:"min=1" doc:"What the team is called"`
	OrganizationID *string `json:"organizationId" doc:"The organization of the team; the active one unless given"`
	// Rest holds the additional fields of the team.
	Rest *wire.Object `json:",rest,loose"`
}

func (p *Plugin) updateTeam(c *core.Ctx, in UpdateTeamInput) (*Team, error) {
	for _, name := range []string{"createdAt", "updatedAt"} {
		if v, given := in.Data.Rest.Get(name); given {
			return nil, (&problem{"." + name, "Invalid input: expected date, received " + kindOf(v)}).in("body.data")
		}
	}
	set, err := p.additional(modelTeam, in.Data.Rest, "body.data", false)
	if err != nil {
		return nil, err
	}
	if in.Data.Name != nil {
		set["name"] = *in.Data.Name
	}
	organizationID := p.named(c, in.Data.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	var e *TeamEvent
	err = p.asMember(c, organizationID, c.Session().User.ID, ErrMayNotUpdateTeam, func(m Member) error {
		if err := p.need(c, m, "team", "update", ErrMayNotUpdateTeam); err != nil {
			return err
		}
		e = &TeamEvent{User: userOf(c.Session())}
		if err := p.changeTeam(c, e, organizationID, in.TeamID, set); err != nil {
			return err
		}
		return afterwards(c.Context(), tell(p.opts.OrganizationHooks.AfterUpdateTeam, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.teams.out(e.Team)), nil
}

func (p *Plugin) changeTeam(c *core.Ctx, e *TeamEvent, organizationID, teamID string, set db.Row) (err error) {
	ctx, ok := c.Context(), false
	if e.Team, ok, err = p.teams.byID(ctx, organizationID, teamID); err != nil || !ok {
		return orElse(err, ErrTeamNotFound)
	}
	if e.Organization, ok, err = p.organizations.byID(ctx, organizationID); err != nil || !ok {
		return orElse(err, ErrNotFound)
	}
	e.Data = maps.Clone(set)
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeUpdateTeam, e); err != nil {
		return err
	}
	for _, fixed := range []string{db.ID, "organizationId", "memberCount"} {
		delete(e.Data, fixed)
	}
	changed, ok, err := p.teams.change(ctx, organizationID, teamID, e.Data)
	if err != nil || !ok {
		return orElse(err, ErrTeamNotFound)
	}
	e.Team, e.Data = changed, nil
	return nil
}

// ListTeamsInput is the query of GET /organization/list-teams.
type ListTeamsInput struct {
	OrganizationID *string `query:"organizationId" doc:"The organization; the active one unless given"`
}

func (p *Plugin) listTeams(c *core.Ctx, in ListTeamsInput) (*[]Team, error) {
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	if _, ok, err := p.members.of(c.Context(), organizationID, c.Session().User.ID); err != nil || !ok {
		return nil, orElse(err, ErrMayNotAccess)
	}
	teams, err := p.teams.of(c.Context(), organizationID, p.listLimit())
	if err != nil {
		return nil, err
	}
	return new(p.teams.outs(teams)), nil
}

// SetActiveTeamInput is the body of POST /organization/set-active-team. An id that
// is null leaves no team active.
type SetActiveTeamInput struct {
	TeamID input.Opt[string] `json:"teamId" doc:"The team; null for none"`
}

func (p *Plugin) setActiveTeam(c *core.Ctx, in SetActiveTeamInput) (*Team, error) {
	current := activeIn(c.Session(), activeTeam)
	wanted := in.TeamID.Or("")
	switch {
	case in.TeamID.Null && current == "", wanted == "" && current == "":
		return nil, nil //nolint:nilnil // JSON's null
	case in.TeamID.Null:
		return nil, p.activate(c.Context(), c, db.Row{activeTeam: nil})
	case wanted == "":
		wanted = current
	}
	organizationID := p.named(c, nil)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	team, ok, err := p.teams.byID(c.Context(), organizationID, wanted)
	if err != nil || !ok {
		return nil, orElse(err, ErrTeamNotFound)
	}
	member, err := p.isIn(c, team, c.Session().User.ID)
	if err != nil || !member {
		return nil, orElse(err, ErrNotInTeam.WithStatus(http.StatusForbidden))
	}
	if err := p.activate(c.Context(), c, db.Row{activeTeam: team.ID}); err != nil {
		return nil, err
	}
	return new(p.teams.out(team)), nil
}
