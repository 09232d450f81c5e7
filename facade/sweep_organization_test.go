package gatehouse_test

import (
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// seedOrganizations gives Ann and Mallory an organization each, with a team, a role,
// a member and an invitation, and makes it their active one. Carl is Ann's member,
// and Dora has Ann's invitation.
func (w *world) seedOrganizations() {
	w.seedOrganization(w.mallory, "mallory")
	o, team, member := w.seedOrganization(w.ann, mark)
	invitation := w.row("invitation", "email", "dora@"+mark+".example.com")[db.ID]
	role := w.row("organizationRole", "role", mark+"-role")[db.ID]
	permission := map[string]any{"member": []string{"create"}}
	w.give(map[string]any{
		"organizationId": id(o), "organizationSlug": mark + "-slug", "slug": "new-slug",
		"teamId": id(team), "memberId": member[db.ID], "memberIdOrEmail": member[db.ID], "userId": member["userId"],
		"invitationId": invitation, "GET /organization/get-invitation id": invitation,
		"roleId": role, "roleName": mark + "-role", "role": "member",
		"permission": permission, "permissions": permission,
		"POST /organization/create-role role":    "new-role",
		"POST /organization/update-role data":    map[string]any{"permission": permission},
		"POST /organization/update data":         map[string]any{"name": "New"},
		"POST /organization/update-team data":    map[string]any{"name": "New"},
		"POST /organization/invite-member email": "new@example.com",
	})
	w.actors["POST /organization/leave"] = w.carl
	for _, e := range []string{"POST /organization/accept-invitation", "POST /organization/reject-invitation", "GET /organization/get-invitation"} {
		w.actors[e] = w.dora
	}
}

func (w *world) seedOrganization(owner *authtest.Client, name string) (o, team *wire.Object, member db.Row) {
	w.t.Helper()
	o = w.post(owner, "/organization/create", map[string]any{"name": name, "slug": name + "-slug"})
	team = w.post(owner, "/organization/create-team", map[string]any{"name": name + " team"})
	w.post(owner, "/organization/create-role", map[string]any{"role": name + "-role", "permission": map[string]any{"member": []string{"create"}}})
	carl, dora := w.invite(owner, "carl@"+name+".example.com"), w.invite(owner, "dora@"+name+".example.com")
	w.post(carl, "/organization/accept-invitation", map[string]any{
		"invitationId": w.row("invitation", "email", "carl@"+name+".example.com")[db.ID],
	})
	user := w.row("user", "email", "carl@"+name+".example.com")[db.ID]
	for _, u := range []any{user, w.row("user", "email", name+"@example.com")[db.ID]} {
		w.post(owner, "/organization/add-team-member", map[string]any{"teamId": id(team), "userId": u})
	}
	w.carl, w.dora = carl, dora
	return o, team, w.row("member", "userId", user)
}

// invite signs somebody up whom an owner invites.
func (w *world) invite(owner *authtest.Client, email string) *authtest.Client {
	w.t.Helper()
	c := w.Client()
	user, _ := c.SignUp(email, password).At(w.t, "user", "id").(string)
	if _, _, err := w.Users().Update(w.t.Context(), user, db.Row{"emailVerified": true}); err != nil {
		w.t.Fatal(err)
	}
	w.post(owner, "/organization/invite-member", map[string]any{"email": email, "role": "member"})
	return c
}

func (w *world) post(c *authtest.Client, path string, body map[string]any) *wire.Object {
	w.t.Helper()
	a := c.Post(path, body)
	if a.Status != http.StatusOK {
		w.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	if !strings.HasPrefix(a.Body, "{") {
		return nil
	}
	return a.Object(w.t)
}

func id(o *wire.Object) string {
	v, _ := o.Get(db.ID)
	text, _ := v.(string)
	return text
}
