package organization_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func TestRolesThatNobodyHasDeclared(t *testing.T) {
	change := func(w *town) string {
		_, bobs := w.member("bob", "member")
		return said(w.t, w.ann.Post("/organization/update-member-role", map[string]any{"memberId": bobs, "role": []string{"admin", "emperor"}}))
	}
	if got := change(founded(t)); got != "400 ROLE_NOT_FOUND" {
		t.Errorf("got %s", got)
	}
	as169 := func(_ *organization.Options, o *core.Options) { o.Compat.UnknownMemberRoles = true }
	if got := change(founded(t, as169)); got != "200" {
		t.Errorf("as in 1.6.9: got %s", got)
	}
}

func TestRolesAreStoredWithoutSpaces(t *testing.T) {
	w := founded(t)
	_, bobs := w.member("bob", "member")
	a := w.ok(w.ann.Post("/organization/update-member-role", map[string]any{"memberId": bobs, "role": []string{" admin ", "", "member , owner"}}))
	if got := a.Text(t, "role"); got != "admin,member,owner" {
		t.Errorf("the role is %q", got)
	}
	if got := w.ok(w.ann.Post("/organization/invite-member", map[string]any{"email": "dora@example.com", "role": " admin , member"})).Text(t, "role"); got != "admin,member" {
		t.Errorf("the role of the invitation is %q", got)
	}
	for _, none := range []any{"", " , ", []string{}, []string{" "}} {
		w.want("400", w.ann.Post("/organization/update-member-role", map[string]any{"memberId": bobs, "role": none}))
		w.want("400 ROLE_NOT_FOUND", w.ann.Post("/organization/invite-member", map[string]any{"email": "eve@example.com", "role": none}))
	}
}

func TestTheOnlyOwnerStays(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) { o.MembershipLimit = 500 })
	for i := range 120 { // more than upstream looks at
		w.member("citizen"+string(rune('a'+i/26))+string(rune('a'+i%26)), "member")
	}
	w.want("400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER", w.ann.Post("/organization/leave", map[string]any{"organizationId": w.id}))
	w.want("400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER", w.ann.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": w.anns}))
	w.want("400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER", w.ann.Post("/organization/update-member-role", map[string]any{"memberId": w.anns, "role": "admin"}))
	// Neither a role that is called nearly so, nor an owner of another organization, is one.
	w.ok(w.ann.Post("/organization/create-role", role("co-owner", reading)))
	zoe, zoes := w.member("zoe", "co-owner")
	w.found(zoe, "zoes")
	w.want("400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER", w.ann.Post("/organization/leave", map[string]any{"organizationId": w.id}))
	w.want("200", w.ann.Post("/organization/update-member-role", map[string]any{"memberId": w.anns, "role": "admin,owner"}))
	w.want("200", w.ann.Post("/organization/update-member-role", map[string]any{"memberId": zoes, "role": "member,owner"}))
	w.want("200", w.ann.Post("/organization/leave", map[string]any{"organizationId": w.id}))
}

func TestWhoLeavesLeavesTheTeams(t *testing.T) {
	w := founded(t)
	bob, bobs := w.member("bob", "member")
	team := w.team("Second")
	for _, away := range []func() string{
		func() string { return said(t, bob.Post("/organization/leave", map[string]any{"organizationId": w.id})) },
		func() string {
			return said(t, w.ann.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": bobs}))
		},
	} {
		w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": bob.id}))
		if got := away(); got != "200" {
			t.Fatalf("got %s", got)
		}
		for _, row := range w.rows("teamMember") {
			if row["userId"] == bob.id {
				t.Errorf("still there: %v", row)
			}
		}
		bobs = w.join(bob, w.id, "member")
	}
}

func TestADeletedOrganizationLeavesNothing(t *testing.T) {
	var database calls
	w := founded(t, database.watch)
	w.member("bob", "member")
	w.team("Second")
	w.invite("dora@example.com", "member")
	w.ok(w.ann.Post("/organization/create-role", map[string]any{"role": "clerk", "permission": map[string]any{"ac": []string{"read"}}}))
	other, _ := w.found(w.ann, "other") // and now it is the active one
	w.join(w.person("zoe"), other, "member")
	w.ok(w.ann.Post("/organization/invite-member", map[string]any{"email": "dora@example.com", "role": "member"}))
	w.ok(w.ann.Post("/organization/create-role", role("clerk", reading)))
	w.ok(w.ann.Post("/organization/set-active", map[string]any{"organizationId": w.id}))
	database.on = true
	w.ok(w.ann.Post("/organization/delete", map[string]any{"organizationId": w.id}))
	database.on = false
	for model, of := range map[string]int{"organization": 1, "member": 2, "invitation": 1, "team": 1, "organizationRole": 1} {
		rows := w.rows(model)
		if len(rows) != of {
			t.Errorf("%s: %d are left, want the %d of the other organization", model, len(rows), of)
		}
		for _, row := range rows {
			if row["organizationId"] != other && row["id"] != other {
				t.Errorf("%s: %v", model, row)
			}
		}
	}
	// Not every database deletes by itself what refers to a row.
	for _, model := range []string{"teamMember", "team", "organizationRole", "member", "invitation", "organization"} {
		if !slices.Contains(database.made, "delete "+model) {
			t.Errorf("%s: it is left to the database: %v", model, database.made)
		}
	}
	if n := len(w.rows("teamMember")); n != 1 {
		t.Errorf("%d members of teams are left, want that of the other organization", n)
	}
	if got := w.active(w.ann, "activeOrganizationId"); got != "" {
		t.Errorf("the active organization is %q", got)
	}
}

func TestMembersAreFound(t *testing.T) {
	hidden := core.Field{Name: "salary", Type: db.Number, Nullable: true, NotReturned: true}
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.MembershipLimit = 3
		o.Schema.Member.AdditionalFields = []core.Field{hidden, {Name: "active", Type: db.Boolean, Nullable: true}}
	})
	w.Clock.Advance(1000)
	w.member("bob", "member")
	w.member("carl", "admin")
	for query, want := range map[string]string{
		"limit=-1": "200", "limit=99999999999999999999": "200", "offset=-3": "200", "offset=x": "200",
		"sortBy=role&sortDirection=desc": "200", "sortBy=id": "200", "sortBy=salary": "400 VALIDATION_ERROR", "sortBy=none": "400 VALIDATION_ERROR",
		"filterField=salary&filterValue=1": "400 VALIDATION_ERROR", "filterField=none&filterValue=1": "400 VALIDATION_ERROR",
		"filterField=role": "400 VALIDATION_ERROR", "filterField=role&filterValue=a&filterValue=b": "400 VALIDATION_ERROR",
		"filterField=createdAt&filterOperator=gt&filterValue=2020-01-01T00:00:00.000Z": "200", "filterField=createdAt&filterOperator=contains&filterValue=2020": "400 VALIDATION_ERROR",
		"filterField=createdAt&filterValue=yesterday": "400 VALIDATION_ERROR", "filterField=active&filterValue=true": "200", "filterField=active&filterValue=maybe": "400 VALIDATION_ERROR",
		"filterField=id&filterOperator=not_in&filterValue=x&filterValue=y": "200",
	} {
		w.want(want, w.ann.Get("/organization/list-members?"+query))
	}
	a := w.ok(w.ann.Get("/organization/list-members?filterField=role&filterOperator=ends_with&filterValue=n"))
	if members, _ := a.At(t, "members").([]any); len(members) != 1 || a.At(t, "total") != 1.0 {
		t.Errorf("got %s", a.Body)
	}
}

func TestMembersAreFoundByNumberedIDs(t *testing.T) {
	w := founded(t, func(_ *organization.Options, o *core.Options) { o.Advanced.Database.GenerateID = db.IDSerial })
	for _, field := range []string{"id", "userId", "organizationId"} {
		for query, want := range map[string]string{
			"filterOperator=contains&filterValue=1": "400 VALIDATION_ERROR", "filterOperator=starts_with&filterValue=1": "400 VALIDATION_ERROR",
			"filterOperator=ends_with&filterValue=1": "400 VALIDATION_ERROR", "filterOperator=contains&filterValue=x": "400 VALIDATION_ERROR",
			"filterValue=1": "200", "filterOperator=lt&filterValue=2": "200", "filterOperator=in&filterValue=1&filterValue=2": "200",
			"filterValue=x": "200", "filterOperator=ne&filterValue=x": "200", "filterOperator=not_in&filterValue=x": "200",
			"filterOperator=gt&filterValue=x": "200", "filterOperator=lte&filterValue=-1": "200",
		} {
			if a := w.ann.Get("/organization/list-members?filterField=" + field + "&" + query); said(t, a) != want {
				t.Errorf("%s %s: got %s, want %s", field, query, said(t, a), want)
			}
		}
	}
	w.want("200", w.ann.Get("/organization/list-members?filterField=role&filterOperator=contains&filterValue=own"))
}

func TestAMemberThatTheApplicationAddsHasARole(t *testing.T) {
	w := founded(t)
	bob := w.person("bob")
	for _, none := range []any{"", " , ", []string{}, []string{" ", ","}} {
		m, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: bob.id, Role: none, OrganizationID: &w.id})
		if !errors.Is(err, organization.ErrRoleNotFound) {
			t.Errorf("%#v: got %v, %v", none, m, err)
		}
	}
	long := strings.Repeat("member,", 40)
	if _, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: bob.id, Role: long, OrganizationID: &w.id}); !errors.Is(err, core.ErrValidation) {
		t.Errorf("a role that does not fit: %v", err)
	}
	if n := len(w.rows("member")); n != 1 {
		t.Errorf("there are %d members", n)
	}
	m, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: bob.id, Role: " admin , ,member ", OrganizationID: &w.id})
	if err != nil || m.Role != "admin,member" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestAMemberThatTheApplicationAddsIsInATeamOfTheOrganization(t *testing.T) {
	w := founded(t)
	bob := w.person("bob")
	w.found(bob, "bobs")
	theirs := list(t, w.ok(bob.Get("/organization/list-user-teams")), "id")[0]
	before := w.everything(t.Context())
	_, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: bob.id, Role: "member", OrganizationID: &w.id, TeamID: &theirs})
	if !errors.Is(err, organization.ErrTeamNotFound) {
		t.Errorf("got %v", err)
	}
	if after := w.everything(t.Context()); after != before {
		t.Errorf("something has changed:\n%s\n%s", before, after)
	}
}

// limits is a database that remembers how many members it was asked for at once.
type limits struct {
	db.Adapter
	most int
}

func (l *limits) Select(ctx context, q db.Query) ([]db.Row, error) {
	if q.Table.Model == "member" && len(q.Joins) > 0 {
		l.most = max(l.most, q.Limit)
	}
	return l.Adapter.Select(ctx, q)
}

func TestHowManyMembersAreListedAtOnce(t *testing.T) {
	for limit, most := range map[int]int{100: 1000, 5000: 5000} {
		database := &limits{}
		w := founded(t, func(o *organization.Options, c *core.Options) {
			o.MembershipLimit = limit
			database.Adapter, c.Database = c.Database, database
		})
		for _, path := range []string{"list-members?limit=", "get-full-organization?membersLimit="} {
			for asked, want := range map[string]int{"7": 7, "999999": most} {
				database.most = 0
				if w.ok(w.ann.Get("/organization/" + path + asked)); database.most != want {
					t.Errorf("%s%s, with at most %d members: asked for %d, want %d", path, asked, limit, database.most, want)
				}
			}
		}
	}
}

func TestLimitsThatAreFunctions(t *testing.T) {
	w := server(t, func(o *organization.Options, _ *core.Options) {
		o.MayCreate = func(_ context, u user.User) (bool, error) { return u.Email != "eve@example.com", nil }
		o.OrganizationLimitReached = func(_ context, u user.User) (bool, error) { return u.Email == "dora@example.com", nil }
		o.MembershipLimitFunc = func(_ context, _ user.User, org organization.Organization) (int, error) { return len(org.Slug), nil }
		o.InvitationLimitFunc = func(_ context, i organization.InvitationLimit) (int, error) { return len(i.Member.Role) - 4, nil }
		o.Teams.MaximumTeamsFunc = func(context, organization.TeamLimit) (int, error) { return 2, nil }
		o.Teams.MaximumMembersPerTeamFunc = func(_ context, l organization.TeamLimit) (int, error) { return 1, nil }
		o.DynamicAccessControl.MaximumRolesPerOrganizationFunc = func(context, string) (int, error) { return 1, nil }
	})
	w.ann = w.person("ann")
	w.id, w.anns = w.found(w.ann, "ab")
	create := map[string]any{"name": "More", "slug": "more"}
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_ORGANIZATION", w.person("eve").Post("/organization/create", create))
	w.want("403 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS", w.person("dora").Post("/organization/create", create))
	bob, _ := w.member("bob", "member")
	_, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: w.person("carl").id, Role: "member", OrganizationID: &w.id})
	if err == nil || err.Error() != organization.ErrTooManyMembers.Error() {
		t.Errorf("a third member: %v", err)
	}
	w.invite("guest@example.com", "member")
	w.want("403 INVITATION_LIMIT_REACHED", w.ann.Post("/organization/invite-member", map[string]any{"email": "more@example.com", "role": "member"}))
	team := w.team("Second")
	w.want("400 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS", w.ann.Post("/organization/create-team", map[string]any{"name": "Third"}))
	w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": w.ann.id}))
	w.want("403 TEAM_MEMBER_LIMIT_REACHED", w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": bob.id}))
	role := map[string]any{"role": "clerk", "permission": map[string]any{"ac": []string{"read"}}}
	w.ok(w.ann.Post("/organization/create-role", role))
	role["role"] = "other"
	w.want("400 TOO_MANY_ROLES", w.ann.Post("/organization/create-role", role))
}

func TestTheApplicationActsForItself(t *testing.T) {
	w := server(t, func(o *organization.Options, _ *core.Options) { o.DisableCreation = true })
	ann := w.person("ann")
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_ORGANIZATION", ann.Post("/organization/create", map[string]any{"name": "Acme", "slug": "acme"}))
	w.want("401", w.Client().Post("/organization/create", map[string]any{"name": "Acme", "slug": "acme", "userId": ann.id}))
	made, err := w.plugin.CreateOrganization.Call(t.Context(), organization.CreateInput{Name: "Acme", Slug: "acme", UserID: &ann.id})
	if err != nil || made.Members[0].UserID != ann.id {
		t.Fatalf("got %+v, %v", made, err)
	}
	id := made.Organization.ID
	nobody := "nobody"
	if _, err := w.plugin.CreateOrganization.Call(t.Context(), organization.CreateInput{Name: "B", Slug: "b", UserID: &nobody}); err == nil {
		t.Error("an organization is nobody's")
	}
	team, err := w.plugin.CreateTeam.Call(t.Context(), organization.CreateTeamInput{Name: "Second", OrganizationID: &id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.plugin.RemoveTeam.Call(t.Context(), organization.RemoveTeamInput{TeamID: team.ID, OrganizationID: &id}); err != nil {
		t.Error(err)
	}
	none := "none"
	if _, err := w.plugin.CreateTeam.Call(t.Context(), organization.CreateTeamInput{Name: "Second", OrganizationID: &none}); err == nil || err.Error() != organization.ErrNotFound.Error() {
		t.Errorf("a team of no organization: %v", err)
	}
	slices.Reverse(made.Members)
	invitations, err := w.plugin.ListUserInvitations.Call(t.Context(), organization.ListUserInvitationsInput{Email: &ann.email})
	if err != nil || len(*invitations) != 0 {
		t.Errorf("got %v, %v", invitations, err)
	}
	if _, err := w.plugin.ListUserInvitations.Call(t.Context(), organization.ListUserInvitationsInput{}); err == nil {
		t.Error("invitations of nobody")
	}
}

func TestWhatOf17IsThere(t *testing.T) {
	w := founded(t)
	a := w.ok(w.ann.Get("/organization/get-organization"))
	if a.Text(t, "slug") != "acme" || a.At(t, "members") != nil {
		t.Errorf("got %s", a.Body)
	}
	w.ok(w.ann.Post("/organization/update", map[string]any{"data": map[string]any{"logo": "https://example.com/a.png"}}))
	a = w.ok(w.ann.Post("/organization/update", map[string]any{"data": map[string]any{"logo": nil}}))
	if logo, has := a.Object(t).Get("logo"); !has || logo != nil {
		t.Errorf("got %s", a.Body)
	}
	w.want("200", w.ann.Post("/organization/create", map[string]any{"name": "More", "slug": "more", "logo": nil}))
	w.want("400 ORGANIZATION_NOT_FOUND", w.ann.Get("/organization/get-organization?organizationId=none"))
	if a := w.person("bob").Get("/organization/get-organization"); a.Status != http.StatusOK || a.Body != "null" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestFieldsThatAreUnique(t *testing.T) {
	number := core.Field{Name: "number", Type: db.String, Nullable: true, Unique: true}
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.Schema.Organization.AdditionalFields, o.Schema.Team.AdditionalFields = []core.Field{number}, []core.Field{number}
	})
	w.ok(w.ann.Post("/organization/create-team", map[string]any{"name": "Second", "number": "1"}))
	w.want("400 VALIDATION_ERROR", w.ann.Post("/organization/create-team", map[string]any{"name": "Third", "number": "1"}))
	w.ok(w.ann.Post("/organization/update", map[string]any{"data": map[string]any{"number": "1"}}))
	w.want("400 VALIDATION_ERROR", w.ann.Post("/organization/create", map[string]any{"name": "More", "slug": "more", "number": "1"}))
}

func TestTextsThatNoDatabaseTakes(t *testing.T) {
	w := founded(t)
	for _, query := range []string{"list-members?organizationId=%00", "get-full-organization?organizationSlug=%ff", "get-role?roleName=%00", "list-members?filterField=role&filterValue=%00"} {
		if a := w.ann.Get("/organization/" + query); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
	if a := w.ann.Post("/organization/create", `{"name":"A\u0000","slug":"nul"}`); a.Status != http.StatusBadRequest {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	negative := -1
	for name, change := range map[string]func(*organization.Options){
		"a negative limit":          func(o *organization.Options) { o.InvitationLimit = &negative },
		"a negative lifetime":       func(o *organization.Options) { o.InvitationExpiresIn = -1 },
		"several roles of creators": func(o *organization.Options) { o.CreatorRole = "owner,admin" },
		"a role of what there is not": func(o *organization.Options) {
			o.AccessControl.Roles = map[string]statements{"owner": {"project": {"create"}}}
		},
		"a role without a name": func(o *organization.Options) { o.AccessControl.Roles = map[string]statements{"a,b": {}} },
		"a resource without a name": func(o *organization.Options) {
			o.AccessControl.Statements = statements{"": {"create"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := try(t, func(o *organization.Options, _ *core.Options) { change(o) }); err == nil {
				t.Error("it is taken")
			}
		})
	}
}
