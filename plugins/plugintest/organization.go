package plugintest

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
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
