package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// Organization is what must hold of organizations whatever happens at once: limits,
// the last owner and the last team, one membership of a user, one answer to an
// invitation, one organization with a slug.
func Organization(*racetest.Application) []racetest.Race {
	few, some := 3, 5
	limited := func(o *organization.Options) {
		o.OrganizationLimit, o.InvitationLimit, o.Teams.MaximumMembersPerTeam = &few, &some, &few
		o.MembershipLimit, o.Teams.MaximumTeams = 8, some
		o.DynamicAccessControl.MaximumRolesPerOrganization = &few
	}
	open := func(*organization.Options) {}
	return []racetest.Race{
		{Name: "an invitation is accepted once", Configure: organizations(open), Run: acceptOnce},
		{Name: "an invitation is accepted, rejected or cancelled", Configure: organizations(open), Run: answerOnce},
		{Name: "an address is invited once", Configure: organizations(open), Run: inviteOnce},
		{Name: "a number of invitations is open", Configure: organizations(limited), Run: inviteFew},
		{Name: "an organization has a number of members", Configure: organizations(limited), Run: joinFew},
		{Name: "a user is a member once", Configure: organizations(open), Run: joinOnce, Actions: []racetest.Callable{addMember}},
		{Name: "a user makes a number of organizations", Configure: organizations(limited), Run: foundFew},
		{Name: "a slug belongs to one organization", Configure: organizations(open), Run: foundOnce},
		{Name: "a slug is taken once", Configure: organizations(open), Run: renameOnce},
		{Name: "owners who leave at once leave one", Configure: organizations(open), Run: leaveTogether},
		{Name: "owners who take each other's role leave one", Configure: organizations(open), Run: demoteEachOther},
		{Name: "owners who remove each other leave one", Configure: organizations(open), Run: removeEachOther},
		{Name: "an organization has a number of teams", Configure: organizations(limited), Run: teamFew},
		{Name: "the last team stays", Configure: organizations(open), Run: removeTeams},
		{Name: "a team has a number of members", Configure: organizations(limited), Run: seatFew},
		{Name: "a user is in a team once", Configure: organizations(open), Run: seatOnce},
		{Name: "an organization has a number of roles", Configure: organizations(limited), Run: roleFew},
		{Name: "a name belongs to one role", Configure: organizations(open), Run: roleOnce},
		{Name: "nobody is invited with a role that goes", Configure: organizations(open), Run: inviteWithWhatGoes},
		{Name: "nobody joins an organization that goes", Configure: organizations(open), Run: joinWhatGoes},
	}
}

// organizations configures a server with everything that the plugin has. Addresses
// need no proof, also where ids are numbers.
func organizations(change func(*organization.Options)) func(*core.Options) {
	return func(o *core.Options) {
		unproven := false
		opts := organization.Options{
			Teams:                                organization.Teams{Enabled: true, DefaultTeam: organization.DefaultTeam{Disabled: true}},
			AccessControl:                        organization.AccessControl{Statements: organization.DefaultStatements()},
			DynamicAccessControl:                 organization.DynamicAccessControl{Enabled: true},
			RequireEmailVerificationOnInvitation: &unproven,
		}
		change(&opts)
		o.Plugins = append(o.Plugins, organization.New(opts))
	}
}

// answers to an invitation that somebody has answered already, among successes.
func answered(more ...string) []string {
	return append(more, "200", "400 INVITATION_NOT_FOUND", "400 USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION")
}

// town is an organization of a round, and its first owner.
type town struct {
	*racetest.Round

	owner *authtest.Client
	id    string
	first string // the owner's membership
}

func newTown(r *racetest.Round) *town {
	r.T.Helper()
	t := &town{Round: r, owner: r.Client()}
	t.owner.SignUp(r.Email(), "password123")
	a := t.owner.Post("/organization/create", map[string]any{"name": "Town", "slug": t.slug("town")})
	if a.Status != http.StatusOK {
		r.T.Fatalf("create an organization: %d %s", a.Status, a.Body)
	}
	t.id = a.Text(r.T, "id")
	members, _ := a.At(r.T, "members").([]any)
	first, _ := members[0].(*wire.Object)
	id, _ := first.Get("id")
	t.first, _ = id.(string)
	return t
}

// slug is a text that no other round uses.
func (t *town) slug(name string) string { return fmt.Sprintf("%s-%d", name, t.N) }

// post is a call that must succeed.
func (t *town) post(c *authtest.Client, path string, body map[string]any) *authtest.Answer {
	t.T.Helper()
	a := c.Post(path, body)
	if a.Status != http.StatusOK {
		t.T.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return a
}

// citizen is a user of a number.
type citizen struct {
	*authtest.Client

	id, email, member string
}

func (t *town) citizen(i int) citizen {
	t.T.Helper()
	c := citizen{Client: t.Client(), email: fmt.Sprintf("citizen%d-%d@example.com", t.N, i)}
	id, _ := c.SignUp(c.email, "password123").At(t.T, "user", "id").(string)
	c.id = id
	return c
}

// member is a citizen who has joined with a role.
func (t *town) member(i int, role string) citizen {
	t.T.Helper()
	c := t.citizen(i)
	p, err := racetest.PluginOf[*organization.Plugin](t.Server)
	if err != nil {
		t.T.Fatal(err)
	}
	m, err := p.AddMember.Call(t.T.Context(), organization.AddMemberInput{UserID: c.id, Role: role, OrganizationID: &t.id})
	if err != nil {
		t.T.Fatalf("add a member: %v", err)
	}
	c.member = m.ID
	return c
}

func (t *town) invite(email string) string {
	t.T.Helper()
	a := t.post(t.owner, "/organization/invite-member", map[string]any{"email": email, "role": "member", "organizationId": t.id})
	return a.Text(t.T, "id")
}

// requests are one each.
func requests(n int, request func(i int) *http.Request) []*http.Request {
	all := make([]*http.Request, n)
	for i := range all {
		all[i] = request(i)
	}
	return all
}

func (t *town) posts(n int, c *authtest.Client, path string, body func(i int) map[string]any) []*http.Request {
	return requests(n, func(i int) *http.Request { return c.Request(http.MethodPost, path, body(i)) })
}

func always(body map[string]any) func(int) map[string]any {
	return func(int) map[string]any { return body }
}

// want compares how many have succeeded.
func (t *town) want(n int, tally map[string]int) {
	t.T.Helper()
	if tally["200"] != n {
		t.T.Errorf("%v, want %d successes", tally, n)
	}
}

func acceptOnce(r *racetest.Round) {
	t := newTown(r)
	c := t.citizen(0)
	body := map[string]any{"invitationId": t.invite(c.email)}
	answers := t.Together(t.posts(racetest.Racers, c.Client, "/organization/accept-invitation", always(body)))
	t.want(1, t.WantAmong(answers, answered()...))
	t.WantRows(1, "member", "userId", c.id)
}

func answerOnce(r *racetest.Round) {
	t := newTown(r)
	c := t.citizen(0)
	body := map[string]any{"invitationId": t.invite(c.email)}
	answers := t.Together(requests(30, func(i int) *http.Request {
		switch i % 3 {
		case 0:
			return c.Request(http.MethodPost, "/organization/accept-invitation", body)
		case 1:
			return c.Request(http.MethodPost, "/organization/reject-invitation", body)
		}
		return t.owner.Request(http.MethodPost, "/organization/cancel-invitation", body)
	}))
	t.want(1, t.WantAmong(answers, answered()...))
	status := t.Row("invitation", "email", c.email)["status"]
	if joined := t.Rows("member", "userId", c.id); (joined == 1) != (status == "accepted") || joined > 1 {
		t.T.Errorf("the invitation is %v, and there are %d memberships", status, joined)
	}
}

func inviteOnce(r *racetest.Round) {
	t := newTown(r)
	body := map[string]any{"email": t.slug("guest") + "@example.com", "role": "member", "organizationId": t.id}
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/invite-member", always(body)))
	t.want(1, t.WantAmong(answers, "200", "400 USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION"))
	t.WantRows(1, "invitation", "organizationId", t.id)
}

func inviteFew(r *racetest.Round) {
	t := newTown(r)
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/invite-member", func(i int) map[string]any {
		return map[string]any{"email": fmt.Sprintf("guest%d@example.com", i), "role": "member", "organizationId": t.id}
	}))
	t.want(5, t.WantAmong(answers, "200", "403 INVITATION_LIMIT_REACHED"))
	t.WantRows(5, "invitation", "organizationId", t.id)
}

// joinFew has five invitations and places for three more.
func joinFew(r *racetest.Round) {
	t := newTown(r)
	for i := range 4 {
		t.member(100+i, "member")
	}
	guests := make([]citizen, 5)
	bodies := make([]map[string]any, len(guests))
	for i := range guests {
		guests[i] = t.citizen(i)
		bodies[i] = map[string]any{"invitationId": t.invite(guests[i].email)}
	}
	answers := t.Together(requests(50, func(i int) *http.Request {
		return guests[i%5].Request(http.MethodPost, "/organization/accept-invitation", bodies[i%5])
	}))
	t.want(3, t.WantAmong(answers, answered("403 ORGANIZATION_MEMBERSHIP_LIMIT_REACHED")...))
	t.WantRows(8, "member", "organizationId", t.id)
}

type newMember struct{ User, Organization string }

var addMember = racetest.Action[newMember, bool]{
	Name: "add a member",
	Do: func(ctx context.Context, s *authtest.Server, in newMember) (bool, error) {
		p, err := racetest.PluginOf[*organization.Plugin](s)
		if err != nil {
			return false, err
		}
		_, err = p.AddMember.Call(ctx, organization.AddMemberInput{UserID: in.User, Role: "member", OrganizationID: &in.Organization})
		if errors.Is(err, organization.ErrAlreadyAMember) {
			return false, nil
		}
		return err == nil, err
	},
}

func joinOnce(r *racetest.Round) {
	t := newTown(r)
	c := t.citizen(0)
	body := map[string]any{"invitationId": t.invite(c.email)}
	accept := t.posts(racetest.Racers, c.Client, "/organization/accept-invitation", always(body))
	won := t.AtOnce(racetest.Racers, func(i int) (bool, error) {
		if i%2 == 0 {
			return addMember.On(t.Round, i, newMember{c.id, t.id})
		}
		return racetest.Together(t.T, accept[i:i+1], t.Handler(i))[0].Status == http.StatusOK, nil
	})
	if won != 1 {
		t.T.Errorf("%d have succeeded", won)
	}
	t.WantRows(1, "member", "userId", c.id)
}

func foundFew(r *racetest.Round) {
	t := newTown(r) // the first one
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/create", func(i int) map[string]any {
		return map[string]any{"name": "More", "slug": fmt.Sprintf("%s-%d", t.slug("more"), i)}
	}))
	t.want(2, t.WantAmong(answers, "200", "403 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS"))
	t.WantRows(3, "member", "userId", t.Row("member", "id", t.first)["userId"])
}

func foundOnce(r *racetest.Round) {
	t := newTown(r)
	founders := make([]citizen, 10)
	for i := range founders {
		founders[i] = t.citizen(i)
	}
	body := map[string]any{"name": "Same", "slug": t.slug("same")}
	answers := t.Together(requests(racetest.Racers, func(i int) *http.Request {
		return founders[i%len(founders)].Request(http.MethodPost, "/organization/create", body)
	}))
	t.WantWinner(answers, `{"message":"Organization already exists","code":"ORGANIZATION_ALREADY_EXISTS"}`)
	t.WantRows(1, "organization", "slug", t.slug("same"))
}

func renameOnce(r *racetest.Round) {
	t := newTown(r)
	towns := make([]string, 10)
	for i := range towns {
		a := t.post(t.owner, "/organization/create", map[string]any{"name": "Town", "slug": fmt.Sprintf("%s-%d", t.slug("old"), i)})
		towns[i] = a.Text(t.T, "id")
	}
	answers := t.Together(t.posts(len(towns), t.owner, "/organization/update", func(i int) map[string]any {
		return map[string]any{"organizationId": towns[i], "data": map[string]any{"slug": t.slug("new")}}
	}))
	t.WantWinner(answers, `{"message":"Organization slug already taken","code":"ORGANIZATION_SLUG_ALREADY_TAKEN"}`)
}

// wantOwners compares how many owners the organization has.
func (t *town) wantOwners(least, most int64) {
	t.T.Helper()
	n, err := t.Server.Store().Count(t.T.Context(), t.Table("member"), db.Where{db.By("organizationId", t.id), db.By("role", "owner")})
	if err != nil || n < least || n > most {
		t.T.Errorf("%d owners, want %d to %d (error: %v)", n, least, most, err)
	}
}

func leaveTogether(r *racetest.Round) {
	t := newTown(r)
	owners := []*authtest.Client{t.owner, t.member(1, "owner").Client, t.member(2, "owner").Client}
	answers := t.Together(requests(30, func(i int) *http.Request {
		return owners[i%3].Request(http.MethodPost, "/organization/leave", map[string]any{"organizationId": t.id})
	}))
	t.want(2, t.WantAmong(answers, "200", "400 MEMBER_NOT_FOUND", "400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER"))
	t.wantOwners(1, 1)
}

func demoteEachOther(r *racetest.Round) {
	t := newTown(r)
	other := t.member(1, "owner")
	demote := func(who string) map[string]any {
		return map[string]any{"organizationId": t.id, "memberId": who, "role": "member"}
	}
	answers := t.Together(requests(30, func(i int) *http.Request {
		switch i % 4 {
		case 0:
			return t.owner.Request(http.MethodPost, "/organization/update-member-role", demote(other.member))
		case 1:
			return other.Request(http.MethodPost, "/organization/update-member-role", demote(t.first))
		case 2:
			return t.owner.Request(http.MethodPost, "/organization/update-member-role", demote(t.first))
		}
		return other.Request(http.MethodPost, "/organization/update-member-role", demote(other.member))
	}))
	t.WantAmong(answers, "200", "403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", "400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER")
	t.wantOwners(1, 1)
}

func removeEachOther(r *racetest.Round) {
	t := newTown(r)
	other := t.member(1, "owner")
	remove := func(who string) map[string]any { return map[string]any{"organizationId": t.id, "memberIdOrEmail": who} }
	answers := t.Together(requests(30, func(i int) *http.Request {
		if i%2 == 0 {
			return t.owner.Request(http.MethodPost, "/organization/remove-member", remove(other.member))
		}
		return other.Request(http.MethodPost, "/organization/remove-member", remove(t.first))
	}))
	t.want(1, t.WantAmong(answers, "200", "400 MEMBER_NOT_FOUND", "400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER"))
	t.wantOwners(1, 1)
}

func teamFew(r *racetest.Round) {
	t := newTown(r)
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/create-team", always(map[string]any{"name": "Team", "organizationId": t.id})))
	t.want(5, t.WantAmong(answers, "200", "400 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS"))
	t.WantRows(5, "team", "organizationId", t.id)
}

// team makes one.
func (t *town) team() string {
	t.T.Helper()
	return t.post(t.owner, "/organization/create-team", map[string]any{"name": "Team", "organizationId": t.id}).Text(t.T, "id")
}

func removeTeams(r *racetest.Round) {
	t := newTown(r)
	teams := []string{t.team(), t.team(), t.team()}
	answers := t.Together(t.posts(30, t.owner, "/organization/remove-team", func(i int) map[string]any {
		return map[string]any{"teamId": teams[i%3], "organizationId": t.id}
	}))
	t.want(2, t.WantAmong(answers, "200", "400 TEAM_NOT_FOUND", "400 UNABLE_TO_REMOVE_LAST_TEAM"))
	t.WantRows(1, "team", "organizationId", t.id)
}

// wantTeam compares the members of a team, as they are and as they are counted.
func (t *town) wantTeam(want int64, team string) {
	t.T.Helper()
	t.WantRows(want, "teamMember", "teamId", team)
	if n := t.Row("team", "id", team)["memberCount"]; n != want {
		t.T.Errorf("the team counts %v members, want %d", n, want)
	}
}

func seatFew(r *racetest.Round) {
	t := newTown(r)
	team := t.team()
	members := make([]citizen, 6)
	for i := range members {
		members[i] = t.member(i, "member")
	}
	answers := t.Together(t.posts(30, t.owner, "/organization/add-team-member", func(i int) map[string]any {
		return map[string]any{"teamId": team, "organizationId": t.id, "userId": members[i%6].id}
	}))
	t.WantAmong(answers, "200", "403 TEAM_MEMBER_LIMIT_REACHED")
	t.wantTeam(3, team)
}

func seatOnce(r *racetest.Round) {
	t := newTown(r)
	team, m := t.team(), t.member(0, "member")
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/add-team-member", always(map[string]any{
		"teamId": team, "organizationId": t.id, "userId": m.id,
	})))
	t.want(racetest.Racers, t.WantAmong(answers, "200"))
	t.wantTeam(1, team)
}

func (t *town) roles(name func(i int) string) []*http.Request {
	return t.posts(racetest.Racers, t.owner, "/organization/create-role", func(i int) map[string]any {
		return map[string]any{"role": name(i), "organizationId": t.id, "permission": map[string]any{"ac": []string{"read"}}}
	})
}

func roleFew(r *racetest.Round) {
	t := newTown(r)
	answers := t.Together(t.roles(func(i int) string { return fmt.Sprintf("role%d", i) }))
	t.want(3, t.WantAmong(answers, "200", "400 TOO_MANY_ROLES"))
	t.WantRows(3, "organizationRole", "organizationId", t.id)
}

func roleOnce(r *racetest.Round) {
	t := newTown(r)
	answers := t.Together(t.roles(func(int) string { return "clerk" }))
	t.want(1, t.WantAmong(answers, "200", "400 ROLE_NAME_IS_ALREADY_TAKEN"))
	t.WantRows(1, "organizationRole", "organizationId", t.id)
}

func inviteWithWhatGoes(r *racetest.Round) {
	t := newTown(r)
	t.post(t.owner, "/organization/create-role", map[string]any{"role": "clerk", "organizationId": t.id, "permission": map[string]any{"ac": []string{"read"}}})
	answers := t.Together(requests(10, func(i int) *http.Request {
		if i%2 == 0 {
			return t.owner.Request(http.MethodPost, "/organization/delete-role", map[string]any{"roleName": "clerk", "organizationId": t.id})
		}
		return t.owner.Request(http.MethodPost, "/organization/invite-member", map[string]any{
			"email": fmt.Sprintf("guest%d-%d@example.com", i, t.N), "role": "clerk", "organizationId": t.id,
		})
	}))
	t.WantAmong(answers, "200", "400 ROLE_NOT_FOUND", "400 ROLE_IS_ASSIGNED_TO_MEMBERS", "400 ") // as upstream, one has no code
	if t.Rows("organizationRole", "organizationId", t.id) == 0 {
		t.WantRows(0, "invitation", "organizationId", t.id)
	}
}

func joinWhatGoes(r *racetest.Round) {
	t := newTown(r)
	guests := make([]citizen, 9)
	bodies := make([]map[string]any, len(guests))
	for i := range guests {
		guests[i] = t.citizen(i)
		bodies[i] = map[string]any{"invitationId": t.invite(guests[i].email)}
	}
	answers := t.Together(requests(10, func(i int) *http.Request {
		if i == 5 {
			return t.owner.Request(http.MethodPost, "/organization/delete", map[string]any{"organizationId": t.id})
		}
		return guests[i%9].Request(http.MethodPost, "/organization/accept-invitation", bodies[i%9])
	}))
	t.WantAmong(answers, answered("400 ORGANIZATION_NOT_FOUND")...)
	for _, model := range []string{"member", "invitation", "team", "organizationRole"} {
		t.WantRows(0, model, "organizationId", t.id)
	}
}
