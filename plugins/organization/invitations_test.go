package organization_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func accept(p *person, id string) *authtest.Answer {
	return p.Post("/organization/accept-invitation", map[string]any{"invitationId": id})
}

func TestWhoseAnInvitationIs(t *testing.T) {
	w := founded(t)
	id := w.invite("BOB@example.com", "member")
	bob, mallory := w.person("bob"), w.person("mallory")
	w.want("403 YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION", accept(mallory, id))
	w.want("403 YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION", mallory.Get("/organization/get-invitation?id="+id))
	namesake := &person{Client: w.Client()}
	namesake.SignUp("bob@example.org", "password123")
	w.want("403 YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION", accept(namesake, id))
	w.want("200", bob.Get("/organization/get-invitation?id="+id))
	w.want("200", accept(bob, id))
	for _, again := range []string{"accept", "reject", "cancel"} {
		p := bob
		if again == "cancel" {
			p = w.ann
		}
		w.want("400 INVITATION_NOT_FOUND", p.Post("/organization/"+again+"-invitation", map[string]any{"invitationId": id}))
	}
	w.want("400 INVITATION_NOT_FOUND", bob.Get("/organization/get-invitation?id="+id))
}

// Other programs that write to the database may keep addresses as they were typed.
func TestAddressesAreTheSameInWhateverCase(t *testing.T) {
	for _, tt := range [][2]string{{"Bob@Example.com", "bob@example.com"}, {"bob@example.com", "BOB@example.com"}} {
		w := founded(t)
		id := w.invite("bob@example.com", "member")
		bob := w.person("bob")
		w.set("invitation", db.Row{"email": tt[0]})
		if _, err := w.Store().Update(t.Context(), db.Change{Table: w.Table("user"), Where: db.Where{db.By("id", bob.id)}, Set: db.Row{"email": tt[1]}}); err != nil {
			t.Fatal(err)
		}
		w.want("200", bob.Get("/organization/get-invitation?id="+id))
		w.want("200", accept(bob, id))
	}
}

func TestAnAnswerThatComesTooLate(t *testing.T) {
	settled := func(status string) func(ctx context, w *town) error {
		return func(ctx context, w *town) error {
			_, err := w.Store().Update(ctx, db.Change{Table: w.Table("invitation"), Set: db.Row{"status": status}})
			return err
		}
	}
	expired := func(_ context, w *town) error { w.Clock.Advance(48*time.Hour + time.Millisecond); return nil }
	for _, tt := range []struct {
		name, answer string
		happens      func(ctx context, w *town) error
	}{
		{"accepted when it has expired", "accept", expired},
		{"accepted when it was rejected", "accept", settled("rejected")},
		{"accepted when it was cancelled", "accept", settled("canceled")},
		{"rejected when it was accepted", "reject", settled("accepted")},
		{"rejected when it was cancelled", "reject", settled("canceled")},
	} {
		for _, meanwhile := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, meanwhile %t", tt.name, meanwhile), func(t *testing.T) {
				var w *town
				heard := 0
				hears := func(ctx context, _ *organization.InvitationEvent) error {
					if heard++; meanwhile {
						return tt.happens(ctx, w)
					}
					return nil
				}
				w = founded(t, func(o *organization.Options, _ *core.Options) {
					o.OrganizationHooks.BeforeAcceptInvitation, o.OrganizationHooks.BeforeRejectInvitation = hears, hears
				})
				bob, id := w.person("bob"), w.invite("bob@example.com", "member")
				if !meanwhile {
					if err := tt.happens(t.Context(), w); err != nil {
						t.Fatal(err)
					}
				}
				w.want("400 INVITATION_NOT_FOUND", bob.Post("/organization/"+tt.answer+"-invitation", map[string]any{"invitationId": id}))
				if heard == 1 != meanwhile || len(w.rows("member")) != 1 {
					t.Errorf("%d hooks have heard, and there are %d members", heard, len(w.rows("member")))
				}
			})
		}
	}
}

// The address in the call is for the application, where nobody is signed in.
func TestTheInvitationsOfAUserAreThoseOfTheSession(t *testing.T) {
	w := founded(t)
	own, carls := w.invite("bob@example.com", "member"), "carl@example.com"
	w.invite(carls, "member")
	bob := w.person("bob")
	w.verify()
	request := core.FromRequest(bob.Request(http.MethodGet, "/organization/list-user-invitations", nil))
	got, err := w.plugin.ListUserInvitations.Call(t.Context(), organization.ListUserInvitationsInput{Email: &carls}, request)
	if err != nil || len(*got) != 1 || (*got)[0].Invitation.ID != own {
		t.Errorf("got %v, %v", got, err)
	}
}

// An address can be anybody's until it is verified.
func TestInvitationsOfAnAddressThatIsNotVerified(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		name               string
		configure          change
		list, read, accept string
	}{
		{"by default", nil, "403", "200", "200"},
		{
			"where it is asked for", func(o *organization.Options, _ *core.Options) { o.RequireEmailVerificationOnInvitation = &yes },
			"403", "403", "403",
		},
		{
			"where ids are numbers", func(_ *organization.Options, o *core.Options) { o.Advanced.Database.GenerateID = db.IDSerial },
			"403", "403", "403",
		},
		{"where ids are numbers, and it is not asked for", func(o *organization.Options, c *core.Options) {
			o.RequireEmailVerificationOnInvitation, c.Advanced.Database.GenerateID = &no, db.IDSerial
		}, "403", "200", "200"},
		{"where ids are the application's", func(_ *organization.Options, o *core.Options) {
			n := 0
			o.Advanced.Database.GenerateIDFunc = func(string) string { n++; return "id" + string(rune('a'+n%26)) + strings.Repeat("x", n/26) }
		}, "403", "403", "403"},
		{"as in 1.6.9", func(_ *organization.Options, o *core.Options) {
			o.Advanced.Database.GenerateID, o.Compat.InvitationsWithoutVerifiedEmail = db.IDSerial, true
		}, "200", "200", "200"},
		{"as in 1.6.9, where it is asked for", func(o *organization.Options, c *core.Options) {
			o.RequireEmailVerificationOnInvitation, c.Compat.InvitationsWithoutVerifiedEmail = &yes, true
		}, "200", "200", "403"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var changes []change
			if tt.configure != nil {
				changes = append(changes, tt.configure)
			}
			w := founded(t, changes...)
			id := w.invite("bob@example.com", "member")
			bob := w.person("bob")
			status := func(a *authtest.Answer) string { s, _, _ := strings.Cut(said(t, a), " "); return s }
			if got := status(bob.Get("/organization/list-user-invitations")); got != tt.list {
				t.Errorf("the list: %s, want %s", got, tt.list)
			}
			if got := status(bob.Get("/organization/get-invitation?id=" + id)); got != tt.read {
				t.Errorf("reading: %s, want %s", got, tt.read)
			}
			if got := status(accept(bob, id)); got != tt.accept {
				t.Errorf("accepting: %s, want %s", got, tt.accept)
			}
			w.verify()
			w.want("200", bob.Get("/organization/list-user-invitations"))
		})
	}
}

func TestWhoSeesInvitations(t *testing.T) {
	seen := func(w *town, p *person) (listed, inFull int) {
		w.t.Helper()
		listed = -1
		if a := p.Get("/organization/list-invitations?organizationId=" + w.id); a.Status == 200 {
			listed = len(list(w.t, a, "id"))
		} else {
			w.want("403 YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS", a)
		}
		all, _ := w.ok(p.Get("/organization/get-full-organization?organizationId="+w.id)).At(w.t, "invitations").([]any)
		return listed, len(all)
	}
	as169 := func(_ *organization.Options, o *core.Options) { o.Compat.InvitationsVisibleToMembers = true }
	for _, tt := range []struct {
		name           string
		changes        []change
		role           string
		listed, inFull int
	}{
		{"an owner sees all", nil, "owner", 3, 3},
		{"an admin sees those of no owners", nil, "admin", 2, 2},
		{"a member sees none", nil, "member", -1, 0},
		{"a member sees all, as in 1.6.9", []change{as169}, "member", 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := founded(t, tt.changes...)
			w.invite("dora@example.com", "member")
			w.invite("eve@example.com", "admin")
			w.invite("fred@example.com", "admin,owner")
			zoe := w.person("zoe")
			other, _ := w.found(zoe, "zoes")
			w.ok(zoe.Post("/organization/invite-member", map[string]any{"email": "gus@example.com", "role": "member", "organizationId": other}))
			bob, _ := w.member("bob", tt.role)
			if listed, inFull := seen(w, bob); listed != tt.listed || inFull != tt.inFull {
				t.Errorf("%d are listed and %d shown, want %d and %d", listed, inFull, tt.listed, tt.inFull)
			}
		})
	}
}

func TestAnAdminDoesNotProlongTheInvitationOfAnOwner(t *testing.T) {
	w := founded(t)
	w.invite("dora@example.com", "owner")
	bob, _ := w.member("bob", "admin")
	again := map[string]any{"email": "dora@example.com", "role": "member", "resend": true, "organizationId": w.id}
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE", bob.Post("/organization/invite-member", again))
	w.want("200", w.ann.Post("/organization/invite-member", again))
}

func TestANewInvitationTakesThePlaceOfTheOneBefore(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) { o.CancelPendingInvitationsOnReInvite = true })
	first := w.invite("bob@example.com", "member")
	second := w.invite("bob@example.com", "admin")
	bob := w.person("bob")
	w.want("400 INVITATION_NOT_FOUND", accept(bob, first))
	w.want("200", accept(bob, second))
}

func TestAnInvitationIsReplacedByThoseWhoMayCancelIt(t *testing.T) {
	for _, tt := range []struct{ name, by, with, want string }{
		{"an owner replaces that of an owner", "owner", "owner", "200"},
		{"an admin replaces that of a member", "admin", "member", "200"},
		{"an admin does not replace that of an owner", "admin", "owner", "400 USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION"},
		{"nor that of an owner among others", "admin", "member,owner", "400 USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION"},
		{"who may only invite replaces none", "herald", "member", "403 YOU_ARE_NOT_ALLOWED_TO_CANCEL_THIS_INVITATION"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := founded(t, func(o *organization.Options, _ *core.Options) { o.CancelPendingInvitationsOnReInvite = true })
			w.ok(w.ann.Post("/organization/create-role", role("herald", map[string]any{"invitation": []string{"create"}})))
			bob, _ := w.member("bob", tt.by)
			dora := w.person("dora")
			id := w.invite(dora.email, tt.with)
			invite := func(email string) *authtest.Answer {
				return bob.Post("/organization/invite-member", map[string]any{"organizationId": w.id, "email": email, "role": "member"})
			}
			w.want("200", invite("eve@example.com"))
			w.want(tt.want, invite(dora.email))
			stands := "200"
			if tt.want == "200" {
				stands = "400 INVITATION_NOT_FOUND"
			}
			w.want(stands, accept(dora, id))
		})
	}
}

func TestInvitationsLeadIntoTeamsOfTheOrganization(t *testing.T) {
	w := founded(t)
	own := w.team("Second")
	mallory := w.person("mallory")
	w.found(mallory, "mallorys")
	theirs := list(t, w.ok(mallory.Get("/organization/list-user-teams")), "id")[0]
	for name, tt := range map[string]struct {
		team any
		want string
	}{
		"a team of the organization": {own, "200"}, "several": {[]string{own, own}, "200"}, "none": {[]string{}, "200"},
		"a team of another one": {theirs, "400 TEAM_NOT_FOUND"}, "one of each": {[]string{own, theirs}, "400 TEAM_NOT_FOUND"},
		"two in one text": {own + "," + theirs, "400 INVALID_TEAM_ID"}, "no team at all": {"none", "400 TEAM_NOT_FOUND"},
		"more than fit": {strings.Split(strings.Repeat(own+" ", 9), " ")[:9], "400 VALIDATION_ERROR"},
	} {
		w.want(tt.want, w.ann.Post("/organization/invite-member", map[string]any{
			"email": strings.ReplaceAll(name, " ", "") + "@example.com", "role": "member", "teamId": tt.team,
		}))
	}
	// One that was let in before is looked at again.
	id := w.invite("bob@example.com", "member")
	if _, err := w.Store().Update(t.Context(), db.Change{Table: w.Table("invitation"), Where: db.Where{db.By("id", id)}, Set: db.Row{"teamId": theirs}}); err != nil {
		t.Fatal(err)
	}
	bob := w.person("bob")
	w.want("400 TEAM_NOT_FOUND", accept(bob, id))
	if got := w.active(bob, "activeOrganizationId"); got != "" || len(w.rows("member")) != 2 {
		t.Errorf("bob is in %q, and there are %d memberships", got, len(w.rows("member")))
	}
}

func TestATeamThatGoesLeavesTheInvitations(t *testing.T) {
	w := founded(t)
	second, third := w.team("Second"), w.team("Third")
	one := w.invite("bob@example.com", "member", map[string]any{"teamId": second})
	two := w.invite("carl@example.com", "member", map[string]any{"teamId": []string{second, third}})
	w.ok(w.ann.Post("/organization/remove-team", map[string]any{"teamId": second}))
	w.want("200", accept(w.person("bob"), one))
	carl := w.person("carl")
	w.want("200", accept(carl, two))
	if got := list(t, w.ok(carl.Get("/organization/list-user-teams")), "id"); len(got) != 1 || got[0] != third {
		t.Errorf("carl is in %v", got)
	}
}

func TestAFullTeamTakesNobodyIn(t *testing.T) {
	one := 1
	w := founded(t, func(o *organization.Options, _ *core.Options) { o.Teams.MaximumMembersPerTeam = &one })
	team := w.team("Second")
	bobs := w.invite("bob@example.com", "member", map[string]any{"teamId": team})
	carls := w.invite("carl@example.com", "member", map[string]any{"teamId": team})
	bob, carl := w.person("bob"), w.person("carl")
	w.want("200", accept(bob, bobs))
	w.want("403 TEAM_MEMBER_LIMIT_REACHED", accept(carl, carls))
	if got := w.active(carl, "activeOrganizationId"); got != "" || len(w.rows("member")) != 2 {
		t.Errorf("carl is in %q, and there are %d memberships", got, len(w.rows("member")))
	}
	_, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: carl.id, Role: "member", OrganizationID: &w.id, TeamID: &team})
	if !errors.Is(err, organization.ErrTooManyTeamMembers) || len(w.rows("member")) != 2 {
		t.Errorf("got %v, and there are %d memberships", err, len(w.rows("member")))
	}
}

func TestWhatAnInvitationSays(t *testing.T) {
	fields := []core.Field{
		{Name: "secret", Type: db.String, Nullable: true, NotReturned: true, Default: func() any { return "hunter2" }},
		{Name: "motto", Type: db.String, Nullable: true, Default: func() any { return "plain" }},
	}
	w := founded(t, func(o *organization.Options, c *core.Options) {
		o.Schema.Organization.AdditionalFields, o.Schema.Member.AdditionalFields, o.Schema.Invitation.AdditionalFields = fields, fields, fields
		c.User.AdditionalFields = fields
	})
	id := w.invite("bob@example.com", "admin")
	w.Settle()
	m := authtest.Last[organization.InvitationEmail](t, w.Outbox)
	if m.ID != id || m.Email != "bob@example.com" || m.Role != "admin" || m.Inviter.User.ID != w.ann.id || m.Organization.ID != w.id {
		t.Errorf("got %+v", m)
	}
	text, err := json.Marshal([]any{m, m.Inviter.Object(), m.Invitation.Object()})
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("got %s, %v", text, err)
	}
	// An application may as well read them without JSON.
	for record, extra := range map[string]map[string]any{
		"user": m.Inviter.User.Extra, "member": m.Inviter.Member.Extra, "organization": m.Organization.Extra, "invitation": m.Invitation.Extra,
	} {
		if want := map[string]any{"motto": "plain"}; !maps.Equal(extra, want) {
			t.Errorf("the fields of the %s are %v, want %v", record, extra, want)
		}
	}
	w.ok(w.ann.Post("/organization/invite-member", map[string]any{"email": "bob@example.com", "role": "admin", "resend": true}))
	w.Settle()
	if n := len(authtest.Sent[organization.InvitationEmail](w.Outbox)); n != 2 {
		t.Errorf("%d messages were sent", n)
	}
}

// No answer has a field that is not returned, whichever record it is of.
func TestFieldsThatAreNotReturned(t *testing.T) {
	secret := core.Field{Name: "secret", Type: db.String, Nullable: true, NotReturned: true, NotInput: true, Default: func() any { return "hunter2" }}
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		s := &o.Schema
		for _, m := range []*core.ModelSchema{&s.Organization, &s.Member, &s.Invitation, &s.Team, &s.OrganizationRole} {
			m.AdditionalFields = []core.Field{secret}
		}
	})
	id, team := w.invite("bob@example.com", "member"), w.team("Second")
	bob := w.person("bob")
	w.verify()
	role := w.ok(w.ann.Post("/organization/create-role", map[string]any{"role": "clerk", "permission": map[string]any{"ac": []string{"read"}}}))
	roleID, _ := role.At(t, "roleData", "id").(string)
	answers := []*authtest.Answer{
		role, bob.Get("/organization/list-user-invitations"), bob.Get("/organization/get-invitation?id=" + id), accept(bob, id),
		w.ann.Get("/organization/get-full-organization"), w.ann.Get("/organization/get-organization"), w.ann.Get("/organization/list"),
		w.ann.Get("/organization/list-members"), w.ann.Get("/organization/get-active-member"), w.ann.Get("/organization/list-invitations"),
		w.ann.Get("/organization/list-teams"), w.ann.Get("/organization/list-user-teams"), w.ann.Get("/organization/list-team-members"),
		w.ann.Get("/organization/list-roles"), w.ann.Get("/organization/get-role?roleName=clerk"),
		w.ann.Post("/organization/update-role", map[string]any{"roleId": roleID, "data": map[string]any{"roleName": "other"}}),
		w.ann.Post("/organization/update", map[string]any{"data": map[string]any{"name": "Acme"}}),
		w.ann.Post("/organization/set-active", map[string]any{"organizationId": w.id}),
		w.ann.Post("/organization/update-team", map[string]any{"teamId": team, "data": map[string]any{"name": "Third"}}),
		w.ann.Post("/organization/add-team-member", map[string]any{"teamId": team, "userId": w.ann.id}),
		w.ann.Post("/organization/set-active-team", map[string]any{"teamId": team}),
		w.ann.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": bob.email}),
		w.ann.Post("/organization/delete", map[string]any{"organizationId": w.id}),
	}
	for i, a := range answers {
		if a.Status != 200 || strings.Contains(a.Body, "hunter2") || strings.Contains(a.Body, "membershipKey") || strings.Contains(a.Body, "memberCount") {
			t.Errorf("answer %d: %d %s", i, a.Status, a.Body)
		}
	}
}

func TestMetadataIsAnObjectOrText(t *testing.T) {
	w := founded(t)
	a := w.ok(w.ann.Post("/organization/update", map[string]any{"data": map[string]any{"metadata": map[string]any{"z": 1, "a": []any{true}}}}))
	if _, ok := a.At(t, "metadata").(*wire.Object); !ok {
		t.Errorf("got %s", a.Body)
	}
	if got := w.ok(w.ann.Get("/organization/get-full-organization")).Text(t, "metadata"); !strings.Contains(got, `"a":[true]`) {
		t.Errorf("got %q", got)
	}
}
