package replay_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gatehouse-auth/gatehouse/reference/replay"
)

func TestScenarioFilesThatAreWrong(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"a key that means nothing", "scenario: {}", `"scenario" is not known here`},
		{"no steps", "scenarios: {A: 5}", "expected a list of steps"},
		{"a key beside a request", "scenarios: {A: [{GET /ok: , header: {a: b}}]}", `"header" is not known here`},
		{"two requests in a step", "scenarios: {A: [{GET /ok: , GET /no: }]}", "two requests"},
		{"a step that is nothing", "scenarios: {A: [{wait: 5s}]}", `"wait" is not known here`},
		{"an expectation without its reason", "scenarios: {A: [{GET /ok: , expect: {status: 5}}]}", "go together"},
		{"a fix without its reason", "scenarios: {A: [{GET /ok: , follows: GHSA}]}", "go together"},
		{"a form beside a call", "scenarios: {A: [{CALL setPassword: {}, form: {a: b}}]}", `"form" is not known here`},
		{"a call of something that is no name", "scenarios: {A: [{CALL set/password: {}}]}", `"CALL set/password" is not known here`},
		{"no YAML", "scenarios: [", "yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := replay.Load(fstest.MapFS{
				"defaults.yaml":    {Data: []byte("profile: {}")},
				"core/topics.yaml": {Data: []byte(test.file)},
			})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "topics.yaml") {
				t.Errorf("error %v, want one that names the file and says %s", err, test.want)
			}
		})
	}
}

func TestProfilesAreLaidOverEachOther(t *testing.T) {
	list, err := replay.Load(fstest.MapFS{
		"defaults.yaml": {Data: []byte("profile: {baseURL: http://localhost:3000, session: {expiresIn: 5, updateAge: 1}}")},
		"core/a.yaml": {Data: []byte(`
let: {short: &short {expiresIn: 7}}
profile: {session: {freshAge: 2}}
scenarios:
  plain: [GET /ok]
  changed:
    profile: {baseURL: null, session: {<<: *short, updateAge: null}, compat: {}}
    steps: [GET /ok]
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		`{"baseURL":"http://localhost:3000","session":{"expiresIn":5,"updateAge":1,"freshAge":2},"compat":"1.6.9"}`,
		`{"session":{"expiresIn":7,"freshAge":2},"compat":{}}`,
	} {
		if got := string(list[i].Profile); got != want {
			t.Errorf("%s: profile\n got %s\nwant %s", list[i].Name, got, want)
		}
	}
}

func TestTheListOfDifferences(t *testing.T) {
	const list = `
- {scenario: "core/sign-up: A *", step: step 2, field: "body.*", ours: "text *", reason: r, test: t}
- {scenario: "*", field: status, ours: 418, reason: r, test: t}
- {scenario: "*", field: never, ours: nothing, reason: r, test: t}
`
	known, err := replay.LoadKnowns([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	at := replay.Difference{Topic: "core/sign-up", Scenario: "A sentence", Step: "step 2, POST /sign-up/email"}
	for _, test := range []struct {
		field string
		step  string
		got   any
		want  bool
	}{
		{"body.message", at.Step, "text of any kind", true},
		{"body.message", at.Step, "another text", false},
		{"body.message", at.Step, replay.Absent{}, false},
		{"body.message", "step 3, GET /ok", "text of any kind", false},
		{"headers.body", at.Step, "text of any kind", false},
		{"status", "step 3, GET /ok", 418.0, true},
		{"status", "step 3, GET /ok", 419.0, false},
		{"status", "step 3, GET /ok", "418", false},
	} {
		d := at
		d.Field, d.Step, d.Got = test.field, test.step, test.got
		if got := known.Explain(d); got != test.want {
			t.Errorf("%s at %s is %v: explained %v, want %v", test.field, test.step, test.got, got, test.want)
		}
	}
	if stale := known.Stale(); len(stale) != 1 || !strings.Contains(stale[0], "never") {
		t.Errorf("stale entries %q, want the one that nothing used", stale)
	}
	for _, bad := range []string{
		`- {scenario: "*", field: status, ours: 418, test: t}`,
		`- {scenario: "*", field: status, reason: r, test: t}`,
		`- {scenario: "*", field: status, ours: 418, reason: r, test: t, because: x}`,
	} {
		if _, err := replay.LoadKnowns([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}
