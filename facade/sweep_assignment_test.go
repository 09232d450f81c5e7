package gatehouse_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
)

// planted is what a client tries to set besides what an endpoint takes.
var planted = map[string]any{
	"id": "planted-id", "role": "planted-role", "emailVerified": true, "twoFactorEnabled": true,
	"activeOrganizationId": "planted-organization", "activeTeamId": "planted-team", "impersonatedBy": "planted-admin",
	"userId": "planted-user", "organizationId": "planted-organization", "teamId": "planted-team", "inviterId": "planted-user",
	"token": "planted-token", "accountId": "planted-account", "providerId": "planted-provider",
	"createdAt": "1999-12-31T00:00:00.000Z", "updatedAt": "1999-12-31T00:00:00.000Z", "expiresAt": "2999-12-31T00:00:00.000Z",
	"banned": true, "status": "planted-status", "verified": true, "memberCount": 4711, "membershipKey": "planted-key",
	"secret": "planted-secret", "backupCodes": "planted-codes", "failedVerificationCount": -4711, "lockedUntil": "1999-12-31T00:00:00.000Z",
}

// raised are fields that no client raises by itself.
var raised = []string{"emailVerified", "twoFactorEnabled", "verified", "banned"}

// TestNoInputSetsWhatIsNotTheClients sends every endpoint a right request with all
// that is planted beside it, and in each object of it. What the endpoint takes by
// that name is what it is for.
func TestNoInputSetsWhatIsNotTheClients(t *testing.T) {
	swept := 0
	for _, e := range newWorld(t).endpoints() {
		if e.Methods[0] != http.MethodPost {
			continue
		}
		swept++
		t.Run(strings.ReplaceAll(strings.TrimPrefix(e.Path, "/"), "/", "_"), func(t *testing.T) { sweepAssignment(t, e) })
	}
	if swept == 0 {
		t.Error("no endpoint takes a body: the sweep does not find them")
	}
}

// sweepAssignment plants everything at once, and what is refused so one by one: a
// refusal says nothing about the rest.
func sweepAssignment(t *testing.T, e core.Registered) {
	const proven = "emailVerified"
	assign(t, e, map[string]any{proven: planted[proven]})
	rest := maps.Clone(planted)
	delete(rest, proven)
	if assign(t, e, rest) {
		return
	}
	for name, v := range rest {
		assign(t, e, map[string]any{name: v})
	}
}

// assign sends one request and looks at what is stored then. It tells whether the
// request went through.
func assign(t *testing.T, e core.Registered, given map[string]any) bool {
	t.Helper()
	w := newWorld(t)
	if len(given) == 1 && given["emailVerified"] != nil {
		w.unverify() // what was true before says nothing
	}
	before := map[string][]db.Row{}
	body := w.body(e)
	for name, v := range given {
		before[name] = w.stored(name)
		plant(body, e.Inputs, name, v)
	}
	a := w.actor(e).Post(e.Path, body)
	if a.Status >= http.StatusInternalServerError {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for name, v := range given {
		for _, row := range w.stored(name) {
			if raises := slices.Contains(raised, name); raises && row[name] == true && !wasTrue(before[name], row, name) || !raises && isPlanted(row[name], v) {
				t.Errorf("%s is set: %v", name, row)
			}
		}
	}
	return a.Status < http.StatusBadRequest
}

// plant puts a member into a body and the objects in it that do not take it.
func plant(body map[string]any, fields []input.Field, name string, v any) {
	takes := slices.ContainsFunc(fields, func(f input.Field) bool { return f.Name == name })
	if !takes {
		body[name] = v
	}
	for _, f := range fields {
		if inner, ok := body[f.Name].(map[string]any); ok {
			plant(inner, f.Fields, name, v)
		}
	}
}

// stored are the rows of all models that have a field.
func (w *world) stored(field string) (all []db.Row) {
	w.t.Helper()
	w.Settle()
	for _, table := range w.Tables() {
		if !table.Has(field) {
			continue
		}
		rows, err := w.Store().Select(w.t.Context(), db.Query{Table: table})
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

func (w *world) unverify() {
	w.t.Helper()
	_, err := w.Store().Update(w.t.Context(), db.Change{Table: w.Table("user"), Set: db.Row{"emailVerified": false}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// wasTrue tells whether a field of a row was true before.
func wasTrue(before []db.Row, row db.Row, name string) bool {
	return slices.ContainsFunc(before, func(r db.Row) bool { return r[db.ID] == row[db.ID] && r[name] == true })
}

// isPlanted compares a stored value with a given one: dates come as text.
func isPlanted(stored, given any) bool {
	if at, ok := stored.(time.Time); ok {
		return at.Format("2006-01-02T15:04:05.000Z") == given
	}
	if n, ok := given.(int); ok {
		return stored == int64(n) || stored == float64(n)
	}
	return stored == given
}
