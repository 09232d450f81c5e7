package core_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

type anyInput struct {
	Rest *wire.Object `json:",rest"`
}

// The expected answers are those of requireResourceOwnership in 1.6.9.
func TestARecordMustBelongToTheUser(t *testing.T) {
	const missing = `{"message":"Missing required parameter: id"}`
	nf := core.NewError(http.StatusNotFound, "NF", "nf")
	for _, tc := range []struct {
		name      string
		ownership core.Ownership
		id        any // "own" and "other" stand for sessions; nil is left out
		status    int
		body      string
	}{
		{"the user's own", core.Ownership{Body: "id"}, "own", 200, ""},
		{"somebody else's", core.Ownership{Body: "id"}, "other", 403, ""},
		{"nobody's", core.Ownership{Body: "id"}, "nobody", 404, ""},
		{"none", core.Ownership{Body: "id"}, nil, 400, missing},
		{"an empty id", core.Ownership{Body: "id"}, "", 400, missing},
		{"false", core.Ownership{Body: "id"}, false, 400, missing},
		{"a number", core.Ownership{Body: "id"}, 5, 404, ""},
		{"an object", core.Ownership{Body: "id"}, map[string]any{"a": 1}, 404, ""},
		{"somebody else's, in the application's words", core.Ownership{Body: "id", Forbidden: nf, NotFound: nf}, "other", 404, `{"message":"nf","code":"NF"}`},
		{"nobody's, in the application's words", core.Ownership{Body: "id", Forbidden: nf, NotFound: nf}, "nobody", 404, `{"message":"nf","code":"NF"}`},
		{"the user's own, in the query", core.Ownership{Query: "id"}, "own", 200, ""},
		{"somebody else's, in the query", core.Ownership{Query: "id"}, "other", 403, ""},
		{"none in the query", core.Ownership{Query: "id"}, nil, 400, missing},
		{"by another field", core.Ownership{Body: "id", Owner: "token"}, "own", 403, ""},
		{"by a field that is not there", core.Ownership{Body: "id", Owner: "missing"}, "own", 403, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var owned db.Row
			tc.ownership.Model = "session"
			s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
				core.Route(s, core.Endpoint[anyInput, echoOutput]{
					Method: http.MethodPost, Path: "/own", OperationID: "own",
					Use: []core.Middleware{core.RequireSession, core.RequireOwner(tc.ownership)},
					Handle: func(c *core.Ctx, _ anyInput) (*echoOutput, error) {
						owned = c.Owned()
						return &echoOutput{}, nil
					},
				})
			}}))
			ann, bob := s.Client(), s.Client()
			ids := map[any]string{
				"own":   sessionID(t, s, ann.SignUp("ann@example.com", "password123")),
				"other": sessionID(t, s, bob.SignUp("bob@example.com", "password123")),
			}
			body, query := map[string]any{}, ""
			id := tc.id
			if text, ok := id.(string); ok && ids[text] != "" {
				id = ids[text]
			}
			if tc.ownership.Query != "" {
				if id != nil {
					query = "?id=" + url.QueryEscape(id.(string))
				}
			} else if id != nil {
				body["id"] = id
			}
			a := ann.Post("/own"+query, body)
			if a.Status != tc.status || tc.status != 200 && a.Body != tc.body {
				t.Errorf("got %d %s, want %d %s", a.Status, a.Body, tc.status, tc.body)
			}
			if allowed := owned["id"] == ids["own"] && owned != nil; allowed != (tc.status == 200) {
				t.Errorf("the endpoint got %v", owned)
			}
			if a := s.Client().Post("/own", map[string]any{"id": ids["own"]}); a.Status != http.StatusUnauthorized {
				t.Errorf("without a session: %d %s", a.Status, a.Body)
			}
		})
	}
}

func TestOwnershipWithoutASession(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[anyInput, echoOutput]{
			Method: http.MethodPost, Path: "/own", OperationID: "own",
			Use:    []core.Middleware{core.RequireOwner(core.Ownership{Model: "session", Body: "id"})},
			Handle: func(*core.Ctx, anyInput) (*echoOutput, error) { return &echoOutput{}, nil },
		})
	}}))
	c := s.Client()
	id := sessionID(t, s, c.SignUp("ann@example.com", "password123"))
	if a := c.Post("/own", map[string]any{"id": id}); a.Status != http.StatusUnauthorized || a.Body != "" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func sessionID(t *testing.T, s *authtest.Server, signUp *authtest.Answer) string {
	t.Helper()
	found, ok, err := s.Sessions().ByToken(t.Context(), signUp.Text(t, "token"))
	if err != nil || !ok {
		t.Fatalf("no session: %v", err)
	}
	return found.Session.ID
}
