package organization_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// Whoever is not in an organization gets nothing of it, and changes nothing, through
// any id of it.
func TestNobodyReachesAnOrganizationOfOthers(t *testing.T) {
	type place struct{ org, team, member, invitation, role, user string }
	calls := map[string]func(c *authtest.Client, p place) *authtest.Answer{
		"update": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update", map[string]any{"organizationId": p.org, "data": map[string]any{"name": "Mine"}})
		},
		"delete": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/delete", map[string]any{"organizationId": p.org})
		},
		"set active": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/set-active", map[string]any{"organizationId": p.org})
		},
		"set active by slug": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/set-active", map[string]any{"organizationSlug": "acme"})
		},
		"read in full": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-full-organization?organizationId=" + p.org)
		},
		"read": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-organization?organizationSlug=acme")
		},
		"list members": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-members?organizationId=" + p.org)
		},
		"read a role": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-active-member-role?organizationId=" + p.org + "&userId=" + p.user)
		},
		"read a role of somebody from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-active-member-role?userId=" + p.user)
		},
		"has permission": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/has-permission", map[string]any{"organizationId": p.org, "permissions": map[string]any{"ac": []string{"read"}}})
		},
		"invite": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/invite-member", map[string]any{"organizationId": p.org, "email": "dora@example.com", "role": "member"})
		},
		"list invitations": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-invitations?organizationId=" + p.org)
		},
		"accept": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/accept-invitation", map[string]any{"invitationId": p.invitation})
		},
		"reject": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/reject-invitation", map[string]any{"invitationId": p.invitation})
		},
		"cancel": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/cancel-invitation", map[string]any{"invitationId": p.invitation})
		},
		"read an invitation": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-invitation?id=" + p.invitation)
		},
		"remove a member": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/remove-member", map[string]any{"organizationId": p.org, "memberIdOrEmail": p.member})
		},
		"remove by address from one's own": func(c *authtest.Client, _ place) *authtest.Answer {
			return c.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": "bob@example.com"})
		},
		"remove a member from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/remove-member", map[string]any{"memberIdOrEmail": p.member})
		},
		"update a member": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update-member-role", map[string]any{"organizationId": p.org, "memberId": p.member, "role": "admin"})
		},
		"update a member from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update-member-role", map[string]any{"memberId": p.member, "role": "admin"})
		},
		"leave": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/leave", map[string]any{"organizationId": p.org})
		},
		"create a team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/create-team", map[string]any{"organizationId": p.org, "name": "Mine"})
		},
		"update a team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update-team", map[string]any{"teamId": p.team, "data": map[string]any{"name": "Mine", "organizationId": p.org}})
		},
		"update a team from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update-team", map[string]any{"teamId": p.team, "data": map[string]any{"name": "Mine"}})
		},
		"remove a team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/remove-team", map[string]any{"organizationId": p.org, "teamId": p.team})
		},
		"remove a team from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/remove-team", map[string]any{"teamId": p.team})
		},
		"list teams": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-teams?organizationId=" + p.org)
		},
		"list teams of somebody": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-user-teams?organizationId=" + p.org + "&userId=" + p.user)
		},
		"list teams of somebody from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-user-teams?userId=" + p.user)
		},
		"list members of a team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-team-members?teamId=" + p.team)
		},
		"set an active team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/set-active-team", map[string]any{"teamId": p.team})
		},
		"add to a team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/add-team-member", map[string]any{"teamId": p.team, "userId": p.user, "organizationId": p.org})
		},
		"add to a team from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/add-team-member", map[string]any{"teamId": p.team, "userId": p.user})
		},
		"remove from a team": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/remove-team-member", map[string]any{"teamId": p.team, "userId": p.user, "organizationId": p.org})
		},
		"create a role": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/create-role", map[string]any{"organizationId": p.org, "role": "mine", "permission": map[string]any{"ac": []string{"read"}}})
		},
		"update a role": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update-role", map[string]any{"organizationId": p.org, "roleId": p.role, "data": map[string]any{"roleName": "mine"}})
		},
		"update a role from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/update-role", map[string]any{"roleId": p.role, "data": map[string]any{"roleName": "mine"}})
		},
		"delete a role": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/delete-role", map[string]any{"organizationId": p.org, "roleId": p.role})
		},
		"delete a role from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Post("/organization/delete-role", map[string]any{"roleId": p.role})
		},
		"read a role of one": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-role?organizationId=" + p.org + "&roleId=" + p.role)
		},
		"read a role from one's own": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/get-role?roleId=" + p.role)
		},
		"list roles": func(c *authtest.Client, p place) *authtest.Answer {
			return c.Get("/organization/list-roles?organizationId=" + p.org)
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			w := founded(t)
			_, bobs := w.member("bob", "member") // whom any owner could remove
			p := place{org: w.id, user: w.ann.id, member: bobs, team: w.team("Second"), invitation: w.invite("carl@example.com", "member")}
			a := w.ok(w.ann.Post("/organization/create-role", map[string]any{"role": "clerk", "permission": map[string]any{"ac": []string{"read"}}}))
			p.role, _ = a.At(t, "roleData", "id").(string)
			mallory := w.person("mallory")
			w.found(mallory, "mallorys")
			before := w.everything(t.Context())
			for who, c := range map[string]*authtest.Client{"Mallory": mallory.Client, "nobody": w.Client()} {
				a := call(c, p)
				if a.Status < 400 || a.Status >= 500 || who == "nobody" && a.Status != http.StatusUnauthorized {
					t.Errorf("%s gets %d %s", who, a.Status, a.Body)
				}
				if strings.Contains(a.Body, w.id) || strings.Contains(a.Body, "ann@example.com") {
					t.Errorf("%s reads %s", who, a.Body)
				}
			}
			if after := w.everything(t.Context()); after != before {
				t.Errorf("something has changed:\n%s\n%s", before, after)
			}
		})
	}
}

// everything is what the tables of the plugin and the sessions hold, as text.
func (w *town) everything(ctx context) string {
	w.t.Helper()
	var b strings.Builder
	for _, model := range []string{"organization", "member", "invitation", "team", "teamMember", "organizationRole", "session"} {
		for _, row := range w.rowsIn(ctx, model) {
			delete(row, "updatedAt")
			delete(row, "expiresAt")
			b.WriteString(model + textOf(row) + "\n")
		}
	}
	return b.String()
}

func textOf(row db.Row) string {
	var names []string
	for name := range row {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		if s, ok := row[name].(string); ok {
			b.WriteString(" " + name + "=" + s)
		}
	}
	return b.String()
}

// A member of two organizations sees of each what is in it.
func TestListsHoldWhatIsInTheOrganization(t *testing.T) {
	w := founded(t)
	zoe := w.person("zoe")
	other, _ := w.found(zoe, "zoes")
	bob, _ := w.member("bob", "member")
	w.join(bob, other, "member")
	w.ok(w.ann.Post("/organization/create-role", role("clerk", reading)))
	w.ok(zoe.Post("/organization/create-role", role("helper", reading)))
	second := w.team("Second")
	w.ok(w.ann.Post("/organization/add-team-member", map[string]any{"teamId": second, "userId": bob.id}))
	first := list(t, w.ok(w.ann.Get("/organization/list-user-teams")), "id")[0]
	same := func(what string, got []string, want ...string) {
		t.Helper()
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	of := func(a *authtest.Answer, path ...string) []string {
		t.Helper()
		users := []string{}
		members, _ := w.ok(a).At(t, path...).([]any)
		for _, m := range members {
			o, _ := m.(*wire.Object)
			v, _ := o.Get("userId")
			id, _ := v.(string)
			users = append(users, id)
		}
		return users
	}
	for id, owner := range map[string]*person{w.id: w.ann, other: zoe} {
		same("members", of(bob.Get("/organization/list-members?organizationId="+id), "members"), owner.id, bob.id)
		same("members of all", of(bob.Get("/organization/get-full-organization?organizationId="+id), "members"), owner.id, bob.id)
		same("organizations", list(t, w.ok(owner.Get("/organization/list")), "id"), id)
	}
	same("roles", list(t, w.ok(w.ann.Get("/organization/list-roles")), "role"), "clerk")
	same("members of a team", list(t, w.ok(w.ann.Get("/organization/list-team-members?teamId="+first)), "userId"), w.ann.id)
	same("members of another", list(t, w.ok(bob.Get("/organization/list-team-members?teamId="+second)), "userId"), bob.id)
}

// What stands in the session is a default, and never a membership.
func TestTheSessionIsNoProofOfMembership(t *testing.T) {
	w := founded(t)
	mallory := w.person("mallory")
	team := w.team("Second")
	w.set("session", db.Row{"activeOrganizationId": w.id, "activeTeamId": team})
	for _, path := range []string{
		"/organization/get-full-organization", "/organization/get-organization", "/organization/list-members", "/organization/get-active-member",
		"/organization/get-active-member-role", "/organization/list-invitations", "/organization/list-teams", "/organization/list-team-members", "/organization/list-roles",
	} {
		w.set("session", db.Row{"activeOrganizationId": w.id, "activeTeamId": team})
		if a := mallory.Get(path); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	w.want("403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", mallory.Get("/organization/get-full-organization?organizationId="+w.id))
	if got := w.active(mallory, "activeOrganizationId"); got != "" {
		t.Errorf("the active organization is still %q", got)
	}
}

func TestARevokedSessionChangesNothing(t *testing.T) {
	on := true
	w := founded(t, func(_ *organization.Options, o *core.Options) { o.Session.CookieCache.Enabled = &on })
	w.ok(w.ann.Get("/get-session")) // and now the cookie vouches for it
	if err := w.Sessions().DeleteAll(t.Context(), w.ann.id); err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]map[string]any{
		"/organization/create":             {"name": "More", "slug": "more"},
		"/organization/update":             {"organizationId": w.id, "data": map[string]any{"name": "Mine"}},
		"/organization/delete":             {"organizationId": w.id},
		"/organization/set-active":         {"organizationId": "any"},
		"/organization/invite-member":      {"organizationId": w.id, "email": "dora@example.com", "role": "member"},
		"/organization/cancel-invitation":  {"invitationId": "any"},
		"/organization/accept-invitation":  {"invitationId": "any"},
		"/organization/reject-invitation":  {"invitationId": "any"},
		"/organization/remove-member":      {"organizationId": w.id, "memberIdOrEmail": "any"},
		"/organization/update-member-role": {"organizationId": w.id, "memberId": "any", "role": "member"},
		"/organization/leave":              {"organizationId": w.id},
		"/organization/create-team":        {"organizationId": w.id, "name": "More"},
		"/organization/update-team":        {"teamId": "any", "data": map[string]any{"organizationId": w.id}},
		"/organization/remove-team":        {"organizationId": w.id, "teamId": "any"},
		"/organization/set-active-team":    {"teamId": "any"},
		"/organization/add-team-member":    {"organizationId": w.id, "teamId": "any", "userId": w.ann.id},
		"/organization/remove-team-member": {"organizationId": w.id, "teamId": "any", "userId": w.ann.id},
		"/organization/create-role":        {"organizationId": w.id, "role": "clerk", "permission": reading},
		"/organization/update-role":        {"organizationId": w.id, "roleName": "clerk", "data": map[string]any{}},
		"/organization/delete-role":        {"organizationId": w.id, "roleName": "clerk"},
	} {
		c := w.Client()
		maps.Copy(c.Cookies, w.ann.Cookies)
		if a := c.Post(path, body); a.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
}

// The names are those that every JavaScript object has.
func TestNamesThatObjectsHaveAreNames(t *testing.T) {
	w := founded(t)
	for _, name := range []string{"constructor", "__proto__", "toString", "hasOwnProperty"} {
		_, bobs := w.member("bob-"+strings.Trim(name, "_"), "member")
		w.want("400 ROLE_NOT_FOUND", w.ann.Post("/organization/update-member-role", map[string]any{"memberId": bobs, "role": name}))
		w.want("400 ROLE_NOT_FOUND: "+name, w.ann.Post("/organization/invite-member", map[string]any{"email": "dora@example.com", "role": name}))
		w.want("400 INVALID_RESOURCE", w.ann.Post("/organization/create-role", map[string]any{
			"role": "clerk", "permission": map[string]any{"ac": []string{"read"}, "x" + name: []string{}},
		}))
		a := w.ok(w.ann.Post("/organization/has-permission", map[string]any{"permissions": map[string]any{name: []string{"name"}, "x": []string{}}}))
		if a.At(t, "success") != false {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	bob, bobs := w.member("bob", "member")
	w.set("member", db.Row{"role": "constructor,__proto__"})
	for _, p := range []*person{bob, w.ann} {
		a := w.ok(p.Post("/organization/has-permission", map[string]any{"organizationId": w.id, "permissions": map[string]any{"ac": []string{"read"}}}))
		if a.At(t, "success") != false {
			t.Errorf("a role that there is not allows %s (%s)", a.Body, bobs)
		}
	}
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	for name, role := range map[string]any{
		"the role itself": "owner", "a list of roles": []string{"member", "owner"}, "roles in a text": "member,owner",
		"a text with spaces": "member, owner", "a role with a space": " owner ", "a list with a text of roles": []string{"member , owner"},
	} {
		t.Run(name, func(t *testing.T) {
			w := founded(t)
			bob, bobs := w.member("bob", "admin")
			_, carls := w.member("carl", "member")
			w.member("zoe", "owner") // so that the last one is not what keeps Ann
			for _, member := range []string{bobs, carls} {
				w.want("403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", bob.Post("/organization/update-member-role", map[string]any{
					"organizationId": w.id, "memberId": member, "role": role,
				}))
			}
			w.want("403 YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE", bob.Post("/organization/invite-member", map[string]any{
				"organizationId": w.id, "email": "dora@example.com", "role": role,
			}))
			w.want("403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", bob.Post("/organization/update-member-role", map[string]any{
				"organizationId": w.id, "memberId": w.anns, "role": "member",
			}))
			w.want("400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER", bob.Post("/organization/remove-member", map[string]any{
				"organizationId": w.id, "memberIdOrEmail": w.ann.email,
			}))
		})
	}
}

func TestTextsThatAreTooLong(t *testing.T) {
	w := founded(t)
	_, bobs := w.member("bob", "member")
	team := w.team("Second")
	long := strings.Repeat("x", 256)
	for _, call := range []struct {
		path string
		body map[string]any
		want string
	}{
		{"create", map[string]any{"name": long, "slug": "more"}, "400 VALIDATION_ERROR"},
		{"create", map[string]any{"name": "More", "slug": long}, "400 VALIDATION_ERROR"},
		{"update", map[string]any{"data": map[string]any{"name": long}}, "400 VALIDATION_ERROR"},
		{"update", map[string]any{"data": map[string]any{"slug": long}}, "400 VALIDATION_ERROR"},
		{"invite-member", map[string]any{"email": long + "@example.com", "role": "member"}, "400 VALIDATION_ERROR"},
		{"invite-member", map[string]any{"email": "dora@example.com", "role": strings.Repeat("member,", 40)}, "400 VALIDATION_ERROR"},
		{"invite-member", map[string]any{"email": "no address", "role": "member"}, "400 INVALID_EMAIL"},
		{"update-member-role", map[string]any{"memberId": bobs, "role": strings.Repeat("member,", 40)}, "400 VALIDATION_ERROR"},
		{"create-role", map[string]any{"role": long, "permission": reading}, "400 VALIDATION_ERROR"},
		{"create-role", map[string]any{"role": "clerk", "permission": reading, "additionalFields": 1}, "400 VALIDATION_ERROR"},
		{"update-team", map[string]any{"teamId": team, "data": map[string]any{"createdAt": "2020-01-01T00:00:00.000Z"}}, "400 VALIDATION_ERROR"},
		{"update-team", map[string]any{"teamId": team, "data": map[string]any{"updatedAt": nil}}, "400 VALIDATION_ERROR"},
		{"update-team", map[string]any{"teamId": team, "data": map[string]any{"name": "Third", "id": "other"}}, "200"},
		{"delete", map[string]any{"organizationId": long}, "400 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION"},
	} {
		w.want(call.want, w.ann.Post("/organization/"+call.path, call.body))
	}
	_, err := w.plugin.AddMember.Call(t.Context(), organization.AddMemberInput{UserID: "nobody", Role: "member", OrganizationID: &w.id})
	if err == nil || !strings.HasPrefix(err.Error(), "USER_NOT_FOUND") {
		t.Errorf("got %v", err)
	}
}
