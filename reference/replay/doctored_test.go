package replay_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/reference/replay"
)

// A replay that cannot fail shows nothing: here upstream is made to have
// answered something else, and each time the replay must say where.
func TestADoctoredRecordingFails(t *testing.T) {
	const topic, name = "core/sign-up", "A taken address is refused in every spelling"
	var scenario *replay.Scenario
	for _, s := range scenarios(t) {
		if s.Topic == topic && s.Name == name {
			scenario = s
		}
	}
	if scenario == nil {
		t.Fatalf("%s: %q is gone: take another scenario", topic, name)
	}
	for _, test := range []struct {
		name   string
		doctor func(r *replay.Recorded)
		want   []string // besides the scenario
	}{
		{
			"an error message",
			func(r *replay.Recorded) { at(r.Steps[1], "body")["message"] = "User exists." },
			[]string{"step 2, POST /sign-up/email: body.message", `want "User exists."`, `got  "User already exists. Use another email."`},
		},
		{
			"an error code",
			func(r *replay.Recorded) { delete(at(r.Steps[1], "body"), "code") },
			[]string{"step 2, POST /sign-up/email: body.code", "want nothing", `got  "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"`},
		},
		{
			"a cookie attribute",
			func(r *replay.Recorded) {
				cookie := r.Steps[0]["cookies"].([]any)[0].(map[string]any)
				cookie["attributes"].([]any)[3] = "SameSite=Strict"
			},
			[]string{"step 1, POST /sign-up/email: cookies.better-auth.session_token.attributes", "SameSite=Strict", "SameSite=Lax"},
		},
		{
			"a cookie",
			func(r *replay.Recorded) { delete(r.Steps[0], "cookies") },
			[]string{"step 1, POST /sign-up/email: cookies.better-auth.session_token", "want nothing"},
		},
		{
			"a status",
			func(r *replay.Recorded) { r.Steps[1]["status"] = 400.0 },
			[]string{"step 2, POST /sign-up/email: status", "want 400", "got  422"},
		},
		{
			"a header",
			func(r *replay.Recorded) { at(r.Steps[2], "headers")["x-retry-after"] = "10" },
			[]string{"step 3, POST /sign-up/email: headers.x-retry-after", `want "10"`, "got  nothing"},
		},
		{
			"a type in the body",
			func(r *replay.Recorded) { at(at(r.Steps[0], "body"), "user")["emailVerified"] = "false" },
			[]string{"step 1, POST /sign-up/email: body.user.emailVerified", `want "false"`, "got  false"},
		},
		{
			"a time",
			func(r *replay.Recorded) {
				at(at(r.Steps[0], "body"), "user")["createdAt"] = "2026-03-14T09:26:53.590Z"
			},
			[]string{"step 1, POST /sign-up/email: body.user.createdAt"},
		},
		{
			"a database column",
			func(r *replay.Recorded) { row(r, "account")["providerId"] = "password" },
			[]string{"at the end: rows.account[0].providerId", `want "password"`, `got  "credential"`},
		},
		{
			"the name of a database column",
			func(r *replay.Recorded) {
				session := row(r, "session")
				session["ip"] = session["ipAddress"]
				delete(session, "ipAddress")
			},
			[]string{"at the end: rows.session[0].ip", "at the end: rows.session[0].ipAddress"},
		},
		{
			"a row",
			func(r *replay.Recorded) { delete(r.Rows, "session") },
			[]string{"at the end: rows.session", "want \"0 rows\"", "got  \"1 rows\""},
		},
		{
			"which value stands where",
			func(r *replay.Recorded) { row(r, "session")["userId"] = "<session.id:1>" },
			[]string{"at the end: rows.session[0].userId", "has been"},
		},
		{
			"a message that was sent",
			func(r *replay.Recorded) {
				r.Outbox = []any{map[string]any{"type": "verification-email", "to": "ann@example.com"}}
			},
			[]string{"at the end: outbox", "0 instead of 1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			// Read anew, for it is changed.
			doctored := recorded(t, scenario, map[string]*replay.Recording{})
			test.doctor(doctored)
			found, err := replay.Run(t.Context(), scenario, doctored, replay.Memory)
			if err != nil {
				t.Fatal(err)
			}
			var messages strings.Builder
			for _, d := range found {
				messages.WriteString(d.String() + "\n")
			}
			for _, want := range append(test.want, topic, name) {
				if !strings.Contains(messages.String(), want) {
					t.Errorf("the replay does not say %s; it says:\n%s", want, messages.String())
				}
			}
		})
	}
}

func TestAScenarioThatChangedMustBeRecordedAgain(t *testing.T) {
	s := scenarios(t)[0]
	r := recorded(t, s, map[string]*replay.Recording{})
	r.Steps = r.Steps[1:]
	if _, err := replay.Run(t.Context(), s, r, replay.Memory); err == nil || !strings.Contains(err.Error(), "record it again") {
		t.Errorf("error %v, want one that asks to record it again", err)
	}
}

func at(v map[string]any, key string) map[string]any {
	m, ok := v[key].(map[string]any)
	if !ok {
		panic("the recording has no " + key)
	}
	return m
}

func row(r *replay.Recorded, model string) map[string]any {
	return r.Rows[model].([]any)[0].(map[string]any)
}
