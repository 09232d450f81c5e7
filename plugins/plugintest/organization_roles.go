package plugintest

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
)

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
