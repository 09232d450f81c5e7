package main

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestCallsAndSavedLinksAreEvidence(t *testing.T) {
	facts, err := LoadFacts(os.DirFS("testdata/tree/reference/facts"))
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	e, err := LoadEvidence(fstest.MapFS{
		"scenarios/core/a.yaml": file(`
scenarios:
  A link and a call:
    calls: [fields.email]
    steps:
      - POST /sign-in: {email: ann@example.com}
        save: {link: mail.url}
      - GET ${link}:
      - CALL setPassword: {body: {password: password456}}
      - CALL users:
`),
		"recordings/core/a.json": file(`{"scenarios": {"A link and a call": {"steps": [
			{"step": "POST /sign-in", "status": 200},
			{"step": "GET ${link}", "to": "http://localhost:3000/api/auth/users?limit=1", "status": 200},
			{"step": "CALL setPassword", "status": 200, "body": {"status": true}},
			{"step": "CALL users", "status": 400, "body": {"code": "WRONG"}}
		]}}}`),
		"recordings/coverage.json": file(`{"options": {"fields.email": "core/a: A link and a call"}}`),
	}, facts)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		item Item
		want bool
	}{
		{"the endpoint that a link leads to", Item{Kind: Endpoint, Name: "GET /users"}, true},
		{"its query", Item{Kind: Input, Name: "GET /users query.limit"}, true},
		{"an endpoint that is in process only", Item{Kind: Endpoint, Name: "(in process) setPassword"}, true},
		{"its success", Item{Kind: Answer, Name: "POST (in process) setPassword success"}, true},
		{"what it is given", Item{Kind: Input, Name: "(in process) setPassword body.password"}, true},
		{"an option that a scenario sets by calls", Item{Kind: Option, Name: "fields.email"}, true},
		{"an error in process of an endpoint that has HTTP", Item{Kind: ErrorCode, Name: "WRONG"}, false},
	} {
		if got := len(e.Of(Core, c.item)) > 0; got != c.want {
			t.Errorf("%s: shown %t, want %t; there is %v", c.name, got, c.want, e.shown)
		}
	}
}
