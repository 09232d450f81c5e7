package organization_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func role(name string, permission map[string]any) map[string]any {
	return map[string]any{"role": name, "permission": permission}
}

var reading = map[string]any{"ac": []string{"read"}}

func TestARoleOfAnOrganizationsOwn(t *testing.T) {
	w := founded(t)
	a := w.ok(w.ann.Post("/organization/create-role", role("Clerk", map[string]any{"member": []string{"update"}, "ac": []string{"read"}})))
	if a.At(t, "roleData", "role") != "clerk" || a.At(t, "statements", "member") == nil {
		t.Errorf("got %s", a.Body)
	}
	bob, _ := w.member("bob", "clerk")
	can := func(want bool, action string) {
		t.Helper()
		a := w.ok(bob.Post("/organization/has-permission", map[string]any{"organizationId": w.id, "permissions": map[string]any{"member": []string{action}}}))
		if a.At(t, "success") != want {
			t.Errorf("member:%s: %s", action, a.Body)
		}
	}
	can(true, "update")
	can(false, "delete")
	w.want("400 ROLE_IS_ASSIGNED_TO_MEMBERS", w.ann.Post("/organization/delete-role", map[string]any{"roleName": "clerk"}))
	w.ok(w.ann.Post("/organization/update-role", map[string]any{"roleName": "clerk", "data": map[string]any{"permission": reading}}))
	can(false, "update")
}

func TestNamesThatRolesCannotHave(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.CreatorRole = "boss"
		o.AccessControl.Roles = map[string]statements{"helper": {}, "boss": organization.DefaultStatements()}
	})
	for name, want := range map[string]string{
		"": "400 VALIDATION_ERROR", " ": "400 VALIDATION_ERROR", "a,b": "400 VALIDATION_ERROR", " clerk": "400 VALIDATION_ERROR", "member,boss": "400 VALIDATION_ERROR",
		"helper": "400 ROLE_NAME_IS_ALREADY_TAKEN", "HELPER": "400 ROLE_NAME_IS_ALREADY_TAKEN", "boss": "400 ROLE_NAME_IS_ALREADY_TAKEN", "clerk": "200",
	} {
		w.want(want, w.ann.Post("/organization/create-role", role(name, reading)))
	}
	for _, tt := range [][2]string{
		{"a,b", "400 VALIDATION_ERROR"}, {"Boss", "400 ROLE_NAME_IS_ALREADY_TAKEN"}, {"clerk", "400 ROLE_NAME_IS_ALREADY_TAKEN"}, {"other", "200"},
	} {
		w.want(tt[1], w.ann.Post("/organization/update-role", map[string]any{"roleName": "clerk", "data": map[string]any{"roleName": tt[0]}}))
	}
}

func TestANameBelongsToOneRole(t *testing.T) {
	w := founded(t)
	w.ok(w.ann.Post("/organization/create-role", role("clerk", reading)))
	for _, name := range []string{"clerk", "CLERK"} {
		a := w.ann.Post("/organization/create-role", role(name, map[string]any{"member": []string{"update"}}))
		if a.Status != 400 || a.Body != `{"message":"That role name is already taken","code":"ROLE_NAME_IS_ALREADY_TAKEN"}` {
			t.Errorf("%s: got %d %s", name, a.Status, a.Body)
		}
	}
	if roles := w.rows("organizationRole"); len(roles) != 1 || roles[0]["permission"] != `{"ac":["read"]}` {
		t.Errorf("there are %v", roles)
	}
}

// Other calls take the active organization for an empty one. Those about roles do
// where none is given, as upstream.
func TestAnEmptyOrganizationOfRolesIsNotTheActiveOne(t *testing.T) {
	w := founded(t)
	ask := func(path string, body map[string]any) *authtest.Answer {
		if body == nil {
			return w.ann.Get("/organization/" + path)
		}
		return w.ann.Post("/organization/"+path, body)
	}
	for _, tt := range []struct {
		path string
		body map[string]any // of a POST
		want string
	}{
		{"create-role", role("clerk", reading), "400 YOU_MUST_BE_IN_AN_ORGANIZATION_TO_CREATE_A_ROLE"},
		{"list-roles?", nil, "400 NO_ACTIVE_ORGANIZATION"},
		{"get-role?roleName=clerk&", nil, "400 NO_ACTIVE_ORGANIZATION"},
		{"update-role", map[string]any{"roleName": "clerk", "data": map[string]any{"permission": reading}}, "400 NO_ACTIVE_ORGANIZATION"},
		{"delete-role", map[string]any{"roleName": "clerk"}, "400 NO_ACTIVE_ORGANIZATION"},
	} {
		path, body := tt.path, maps.Clone(tt.body)
		if body == nil {
			path += "organizationId="
		} else {
			body["organizationId"] = ""
		}
		w.want(tt.want, ask(path, body))
		w.want("200", ask(tt.path, tt.body))
	}
}

// With an owner's name that is not declared, a role of that name would be an owner.
func TestTheRoleOfCreatorsIsNotMade(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.AccessControl.Roles = map[string]statements{"boss": organization.DefaultStatements()}
	})
	w.set("member", db.Row{"role": "boss"})
	w.want("400 ROLE_NAME_IS_ALREADY_TAKEN", w.ann.Post("/organization/create-role", role("owner", reading)))
}

func TestARoleGrantsWhatItsMakerHas(t *testing.T) {
	w := founded(t)
	bob, _ := w.member("bob", "admin")
	as := func(body map[string]any) map[string]any { body["organizationId"] = w.id; return body }
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE", bob.Post("/organization/create-role", as(role("clerk", map[string]any{"organization": []string{"delete"}}))))
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE", bob.Post("/organization/create-role", as(role("clerk", map[string]any{"organization": []string{"unknown"}}))))
	w.want("400 INVALID_RESOURCE", bob.Post("/organization/create-role", as(role("clerk", map[string]any{"project": []string{"create"}}))))
	w.want("200", bob.Post("/organization/create-role", as(role("clerk", map[string]any{"organization": []string{"update"}}))))
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE", bob.Post("/organization/update-role", as(map[string]any{
		"roleName": "clerk", "data": map[string]any{"permission": map[string]any{"organization": []string{"update", "delete"}}},
	})))
	carl, _ := w.member("carl", "member")
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE", carl.Post("/organization/create-role", as(role("other", reading))))
}

// Whoever has a name in their roles gets what a role of that name allows.
func TestARoleIsRenamedByThoseWhoMayWhatItAllows(t *testing.T) {
	w := founded(t)
	w.ok(w.ann.Post("/organization/create-role", role("keeper", map[string]any{"ac": []string{"read", "update"}})))
	w.ok(w.ann.Post("/organization/create-role", role("guest", reading)))
	w.ok(w.ann.Post("/organization/create-role", role("liquidator", map[string]any{"organization": []string{"delete"}})))
	bob, _ := w.member("bob", "keeper,guest")
	rename := func(p *person, from, to string, more map[string]any) *authtest.Answer {
		data := map[string]any{"roleName": to}
		maps.Copy(data, more)
		return p.Post("/organization/update-role", map[string]any{"organizationId": w.id, "roleName": from, "data": data})
	}
	w.want("200", rename(bob, "guest", "visitor", nil)) // Bob has "guest" still, which is nothing now
	a := rename(bob, "liquidator", "guest", nil)
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE", a)
	if got := fmt.Sprint(a.At(t, "missingPermissions")); got != "[organization:delete]" {
		t.Errorf("missing are %s", got)
	}
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE", rename(bob, "liquidator", "guest", map[string]any{"permission": map[string]any{"organization": []string{"delete"}}}))
	w.want("403 YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION", bob.Post("/organization/delete", map[string]any{"organizationId": w.id}))
	w.want("200", rename(bob, "liquidator", "guest", map[string]any{"permission": reading}))
	w.want("200", rename(w.ann, "guest", "other", nil))
}

func TestARoleIsOneOfItsOrganization(t *testing.T) {
	w := founded(t)
	mallory, all := w.person("mallory"), map[string]any{"organization": []string{"update", "delete"}}
	w.found(mallory, "mallorys")
	w.ok(mallory.Post("/organization/create-role", role("clerk", all)))
	w.want("400 ROLE_NOT_FOUND: clerk", w.ann.Post("/organization/invite-member", map[string]any{"email": "dora@example.com", "role": "clerk"}))
	w.ok(w.ann.Post("/organization/create-role", role("clerk", reading)))
	bob, _ := w.member("bob", "clerk")
	for asked, want := range map[string]bool{"organization:delete": false, "ac:read": true} {
		resource, action, _ := strings.Cut(asked, ":")
		a := w.ok(bob.Post("/organization/has-permission", map[string]any{
			"organizationId": w.id, "permissions": map[string]any{resource: []string{action}},
		}))
		if a.At(t, "success") != want {
			t.Errorf("%s: %s", asked, a.Body)
		}
	}
	// Who has Mallory's, or is invited with it, does not keep Ann's.
	w.ok(mallory.Post("/organization/invite-member", map[string]any{"email": "dora@example.com", "role": "clerk"}))
	w.ok(bob.Post("/organization/leave", map[string]any{"organizationId": w.id}))
	w.want("200", w.ann.Post("/organization/delete-role", map[string]any{"roleName": "clerk"}))
}

// One that the application declares later, under a name that an organization has, or
// 1.6.9 let it have, goes on allowing what it is declared to.
func TestADeclaredRoleAllowsWhatOneOfItsNameDoesBeside(t *testing.T) {
	w := founded(t)
	bob, _ := w.member("bob", "member")
	_, err := w.Store().Create(t.Context(), w.Table("organizationRole"), db.Row{
		"organizationId": w.id, "role": "member", "permission": `{"invitation":["create"]}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]bool{"ac:read": true, "invitation:create": true, "invitation:cancel": false} {
		resource, action, _ := strings.Cut(asked, ":")
		a := w.ok(bob.Post("/organization/has-permission", map[string]any{
			"organizationId": w.id, "permissions": map[string]any{resource: []string{action}},
		}))
		if a.At(t, "success") != want {
			t.Errorf("%s: %s", asked, a.Body)
		}
	}
}

func TestARoleThatSomebodyIsInvitedWithStays(t *testing.T) {
	for _, end := range []string{"accept", "reject", "cancel", "expire"} {
		w := founded(t)
		w.ok(w.ann.Post("/organization/create-role", role("clerk", reading)))
		bob, id := w.person("bob"), w.invite("bob@example.com", "member,clerk")
		w.want("400 ROLE_IS_ASSIGNED_TO_MEMBERS", w.ann.Post("/organization/delete-role", map[string]any{"roleName": "clerk"}))
		want := "200"
		switch p := bob; end {
		case "expire":
			w.Clock.Advance(49 * time.Hour)
		case "accept":
			want = "400 ROLE_IS_ASSIGNED_TO_MEMBERS"
			fallthrough
		default:
			if end == "cancel" {
				p = w.ann
			}
			w.ok(p.Post("/organization/"+end+"-invitation", map[string]any{"invitationId": id}))
		}
		w.want(want, w.ann.Post("/organization/delete-role", map[string]any{"roleName": "clerk"}))
	}
}

func TestPermissionsThatAreNoneAllowNothing(t *testing.T) {
	for _, permission := range []string{"", "null", "[]", `{"ac":"read"}`, `{"ac":[1]}`, `{"ac":["read"]`, `"ac"`} {
		w := founded(t)
		w.ok(w.ann.Post("/organization/create-role", role("clerk", reading)))
		bob, _ := w.member("bob", "clerk")
		w.set("organizationRole", db.Row{"permission": permission})
		a := bob.Post("/organization/has-permission", map[string]any{"organizationId": w.id, "permissions": reading})
		if a.Status != 500 || a.Body != "" {
			t.Errorf("%s: %d %s", permission, a.Status, a.Body)
		}
		// Of those who have other roles it is no business.
		w.want("200", w.ann.Post("/organization/has-permission", map[string]any{"permissions": reading}))
	}
}

func TestRolesOfAnOrganizationsOwnCanBeOff(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) { o.DynamicAccessControl.Enabled = false })
	w.want("404", w.ann.Post("/organization/create-role", role("clerk", reading)))
	w = founded(t, func(o *organization.Options, _ *core.Options) { o.AccessControl.Statements = nil })
	w.want("501 MISSING_AC_INSTANCE", w.ann.Post("/organization/create-role", role("clerk", reading)))
}
