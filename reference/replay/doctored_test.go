package replay_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/reference/replay"
)

// A replay that cannot fail shows nothing: here upstream is made to have
// answered something else, and each time the replay must say where.
func TestADoctoredRecordingFails(t *testing.T) {
	expectComplaints(t, "core/sign-up", "A taken address is refused in every spelling", []doctored{
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
	})
}

func TestADoctoredRecordingOfWhatTheApplicationHearsFails(t *testing.T) {
	call := func(r *replay.Recorded) map[string]any { return r.Steps[1]["calls"].([]any)[0].(map[string]any) }
	expectComplaints(t, "core/sign-up", "The application hears of a taken one", []doctored{
		{
			"another callback",
			func(r *replay.Recorded) { call(r)["call"] = "emailAndPassword.onPasswordReset" },
			[]string{"step 2, POST /sign-up/email: calls[0].call", `got  "emailAndPassword.onExistingUserSignUp"`},
		},
		{
			"another user",
			func(r *replay.Recorded) { at(call(r), "user")["name"] = "Bob" },
			[]string{"step 2, POST /sign-up/email: calls[0].user.name", `want "Bob"`, `got  "Ann"`},
		},
		{
			"no call",
			func(r *replay.Recorded) { delete(r.Steps[1], "calls") },
			[]string{"step 2, POST /sign-up/email: calls", "1 instead of 0"},
		},
	})
}

func TestADoctoredRecordingOfACallFails(t *testing.T) {
	expectComplaints(t, "core/in-process", "A call has the cookies and headers of its client", []doctored{
		{
			"a result",
			func(r *replay.Recorded) { at(at(r.Steps[0], "body"), "user")["name"] = "Bob" },
			[]string{"step 1, CALL signUpEmail: body.user.name", `want "Bob"`, `got  "Ann"`},
		},
		{
			"an error instead of a result",
			func(r *replay.Recorded) { r.Steps[1]["status"] = 401.0 },
			[]string{"step 2, CALL signInEmail: status", "want 401", "got  200"},
		},
		{
			"a cookie",
			func(r *replay.Recorded) { delete(r.Steps[1], "cookies") },
			[]string{"step 2, CALL signInEmail: cookies.better-auth.session_token", "want nothing"},
		},
	})
}

func TestADoctoredRecordingOfTheSecondaryStorageFails(t *testing.T) {
	const session, list = "<session.token:1>", "active-sessions-<user.id:1>"
	changes := func(r *replay.Recorded) map[string]any { return at(r.Steps[0], "storage") }
	expectComplaints(t, "core/secondary-storage", "Sessions live in the storage", []doctored{
		{
			"a value",
			func(r *replay.Recorded) {
				at(at(at(changes(r), session), "value"), "session")["userAgent"] = "another"
			},
			[]string{"step 1, POST /sign-up/email: storage.<session.token:1>.value.session.userAgent", `want "another"`, `got  "scenario"`},
		},
		{
			"a lifetime",
			func(r *replay.Recorded) { at(changes(r), list)["ttl"] = 604799.0 },
			[]string{"storage.active-sessions-<user.id:1>.ttl", "want 604799", "got  604800"},
		},
		{
			"a key",
			func(r *replay.Recorded) {
				changes(r)["sessions-of-<user.id:1>"] = changes(r)[list]
				delete(changes(r), list)
			},
			[]string{"storage.sessions-of-<user.id:1>", "got  nothing", "storage.active-sessions-", "want nothing"},
		},
		{
			"which user it is about",
			func(r *replay.Recorded) {
				changes(r)["active-sessions-<session.token:1>"] = changes(r)[list]
				delete(changes(r), list)
			},
			[]string{"storage.active-sessions-<session.token:1>", "got  nothing"},
		},
		{
			"what is taken away",
			func(r *replay.Recorded) { delete(at(r.Steps[3], "storage"), session) },
			[]string{"step 4, POST /sign-out: storage.", "want nothing", "got  null"},
		},
	})
}

// doctored is a change of a recording, and what the replay must say about it
// besides the scenario.
type doctored struct {
	name   string
	doctor func(r *replay.Recorded)
	want   []string
}

func expectComplaints(t *testing.T, topic, name string, tests []doctored) {
	t.Helper()
	var scenario *replay.Scenario
	for _, s := range scenarios(t) {
		if s.Topic == topic && s.Name == name {
			scenario = s
		}
	}
	if scenario == nil {
		t.Fatalf("%s: %q is gone: take another scenario", topic, name)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// Read anew, for it is changed.
			doctored := recorded(t, scenario, map[string]*replay.Recording{})
			test.doctor(doctored)
			found, err := replay.Run(t.Context(), scenario, doctored, replay.Storages{Database: replay.Memory})
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
	if _, err := replay.Run(t.Context(), s, r, replay.Storages{Database: replay.Memory}); err == nil || !strings.Contains(err.Error(), "record it again") {
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
