package gatehouse_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// naming tells members that name a record.
var naming = regexp.MustCompile(`(?i)(^|\.)(id|.*Ids?|token|.*slug|identifier|.*IdOrEmail|roleName)$`)

// notNaming are members that look like it and do not name somebody's record.
var notNaming = map[string]string{
	"POST /delete-user token":                      "a secret that was mailed",
	"GET /delete-user/callback token":              "a secret that was mailed",
	"GET /reset-password/:token token":             "a secret that was mailed",
	"POST /reset-password token":                   "a secret that was mailed",
	"GET /verify-email token":                      "a secret that was mailed",
	"POST /unlink-account providerId":              "the name of a provider; the account is the caller's own",
	"POST /organization/create slug":               "a new one",
	"POST /organization/check-slug slug":           "asks whether it is taken; all the answer tells",
	"POST /organization/update data.slug":          "a new one",
	"POST /organization/update-role data.roleName": "a new one",
}

// companions are members that an endpoint wants beside the one that is looked at.
var companions = map[string]string{
	"POST /organization/update-role organizationId": "roleId",
	"POST /organization/delete-role organizationId": "roleId",
	"GET /organization/get-role organizationId":     "roleId",

	"POST /organization/has-permission organizationId": "permissions",
}

// absent are upstream's codes of a 400 for what is not there, or not for the caller.
// They have to be the answer to what nobody has, too.
var absent = []string{
	"ACCOUNT_NOT_FOUND", "MEMBER_NOT_FOUND", "ROLE_NOT_FOUND", "TEAM_NOT_FOUND", "INVITATION_NOT_FOUND", "ORGANIZATION_NOT_FOUND",
	"USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", "USER_IS_NOT_A_MEMBER_OF_THE_TEAM",
}

// answered are what Mallory gets a 200 for.
var answered = map[string]struct {
	why  string
	acts bool // changes what is Mallory's own
}{
	"POST /revoke-session token":       {why: "as upstream, the token of somebody else is as one of nobody"},
	"POST /organization/create userId": {why: "it is not looked at of whoever is signed in, whose the organization is", acts: true},
}

// telling are 400s by which one who may not finds out that there is something.
var telling = map[string]string{
	"POST /organization/cancel-invitation invitationId": "as upstream; members of other organizations know no ids of invitations, which are random",
}

// TestNobodyReachesTheRecordsOfOthers has every endpoint that takes the id of a
// record called with one of Ann's: by whom it is meant for; by Mallory, who has the
// same of her own; and by nobody.
func TestNobodyReachesTheRecordsOfOthers(t *testing.T) {
	swept := 0
	for _, e := range newWorld(t).endpoints() {
		for _, member := range flattened("", e.Inputs) {
			name := nameOf(e) + " " + member
			if !naming.MatchString(member) || notNaming[name] != "" {
				continue
			}
			swept++
			t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) { sweepID(t, e, member) })
		}
	}
	if swept == 0 {
		t.Error("no endpoint takes an id: the sweep does not find them")
	}
}

func sweepID(t *testing.T, e core.Registered, member string) {
	name := nameOf(e) + " " + member
	wanted := []string{member}
	if other := companions[name]; other != "" {
		wanted = append(wanted, other)
	}
	w := newWorld(t)
	if _, known := w.known(e, member); !known {
		t.Fatalf("no record of Ann's is known for it: make one in world, or say in notNaming why it names none")
	}
	if a := w.actor(e).Send(w.request(w.actor(e), e, wanted...)); a.Status >= http.StatusBadRequest {
		t.Fatalf("whoever may gets %d %s: the request is not right", a.Status, a.Body)
	}
	for who, client := range map[string]func(*world) *authtest.Client{
		"Mallory": func(w *world) *authtest.Client { return w.mallory },
		"nobody":  func(w *world) *authtest.Client { return w.Client() },
	} {
		w := newWorld(t)
		c := client(w)
		before := w.snapshot()
		a := c.Send(w.request(c, e, wanted...))
		if problem := w.refused(e, c, a, name, wanted); problem != "" {
			t.Errorf("%s gets %d %s: %s", who, a.Status, a.Body, problem)
		}
		if strings.Contains(a.Body, mark) {
			t.Errorf("%s reads what is Ann's: %s", who, a.Body)
		}
		acts := answered[name].acts && c == w.mallory
		if changed := changes(before, w.snapshot()); len(changed) > 0 && !acts {
			t.Errorf("%s has changed %v", who, changed)
		}
	}
}

// refused says what is wrong with an answer to somebody who may not.
func (w *world) refused(e core.Registered, c *authtest.Client, a *authtest.Answer, name string, wanted []string) string {
	w.t.Helper()
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return ""
	case http.StatusOK:
		if answered[name].why == "" || c != w.mallory {
			return "it is no refusal"
		}
		return ""
	case http.StatusBadRequest:
		if !slices.Contains(absent, a.Text(w.t, "code")) {
			return "it is not one for what is not there"
		}
	default:
		return "it is no refusal"
	}
	// Nobody finds out which records there are.
	member := wanted[0]
	w.values[nameOf(e)+" "+member] = strings.Repeat("x", len(fmt.Sprint(w.values[member])))
	if other := c.Send(w.request(c, e, wanted...)); telling[name] == "" && (other.Status != a.Status || other.Body != a.Body) {
		return fmt.Sprintf("for what nobody has it is %d %s", other.Status, other.Body)
	}
	return ""
}

// actor is who may call an endpoint with Ann's ids.
func (w *world) actor(e core.Registered) *authtest.Client {
	if c := w.actors[nameOf(e)]; c != nil {
		return c
	}
	return w.ann
}
