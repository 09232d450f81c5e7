package routes_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// lookalikes are requests that differ in the address they name, and whose
// answers must not tell whether somebody has it.
type lookalikes struct {
	name      string
	path      string
	configure []func(*core.Options)
	asker     string // who is signed in; "" is a stranger
	body      func(address string) map[string]any
	status    int
	// known are the addresses that must look like nemo's; everybody's when nil.
	known []string
	// differ are the members of the answer whose values must differ.
	differ []string
	// what the background sends to whom: @ is the address
	toNobody, toKnown string
	// Where nothing has been done about it, tells is why the answers are not
	// alike, and takes why only the work for them is not.
	tells, takes string
}

const (
	proofMail   = "verification to @"
	warningMail = "warning to @"
	resetMail   = "reset to @"
)

func addressRoutes() []lookalikes {
	signUp := func(address string) map[string]any { return body(map[string]any{"email": address}) }
	signIn := func(address string) map[string]any {
		return credentials(map[string]any{"email": address, "password": "wrong-password"})
	}
	shout := func(of func(string) map[string]any) func(string) map[string]any {
		return func(address string) map[string]any { return of(strings.ToUpper(address)) }
	}
	toNew := func(address string) map[string]any {
		return map[string]any{"newEmail": address, "callbackURL": "/settings"}
	}
	askTo := func(address string) map[string]any {
		return map[string]any{"email": address, "callbackURL": "/welcome", "redirectTo": "/reset"}
	}
	// The user of a sign-up has the address, and an id that is random.
	asks := []string{"body.user.email", "body.user.id"}
	withNick := func(address string) map[string]any { return body(map[string]any{"email": address, "nick": sven}) }
	withFields := func(address string) map[string]any {
		return body(map[string]any{"email": address, "plan": "pro", "hidden": "h", "when": "2026-01-02"})
	}
	type options = []func(*core.Options)
	return []lookalikes{
		{name: "sign-in with a wrong password", path: "/sign-in/email", body: signIn, status: 401},
		{name: "sign-in with a wrong password, in capitals", path: "/sign-in/email", body: shout(signIn), status: 401},
		{name: "sign-in with a wrong password where addresses are proven first", path: "/sign-in/email", configure: options{verified, mailOnSignIn}, body: signIn, status: 401},
		{name: "sign-in with a password that is too long", path: "/sign-in/email", status: 400, body: func(address string) map[string]any {
			return credentials(map[string]any{"email": address, "password": strings.Repeat("a", 129)})
		}},
		{name: "sign-in with a password that is too long, as in 1.6.9", path: "/sign-in/email", status: 401, configure: options{hashLong}, body: func(address string) map[string]any {
			return credentials(map[string]any{"email": address, "password": strings.Repeat("a", 129)})
		}},

		{name: "sign-up where addresses are proven first", path: "/sign-up/email", configure: options{verified}, body: signUp, status: 200, differ: asks, toNobody: proofMail, toKnown: warningMail},
		{name: "sign-up where addresses are proven first, in capitals", path: "/sign-up/email", configure: options{verified}, body: shout(signUp), status: 200, differ: asks, toNobody: proofMail, toKnown: warningMail},
		{name: "sign-up where addresses are proven first, without a warning", path: "/sign-up/email", configure: options{verified, warnNobody}, body: signUp, status: 200, differ: asks, toNobody: proofMail},
		{name: "sign-up where addresses are proven first, without mail", path: "/sign-up/email", configure: options{verified, noMailOnSignUp}, body: signUp, status: 200, differ: asks, toKnown: warningMail},
		{name: "sign-up where addresses are proven first, without a sender", path: "/sign-up/email", configure: options{verified, mute}, body: signUp, status: 200, differ: asks, toKnown: warningMail},
		{name: "sign-up that signs nobody in", path: "/sign-up/email", configure: options{noAutoSignIn}, body: signUp, status: 200, differ: asks, toKnown: warningMail},
		{name: "sign-up that signs nobody in, with mail", path: "/sign-up/email", configure: options{noAutoSignIn, mailOnSignUp}, body: signUp, status: 200, differ: asks, toNobody: proofMail, toKnown: warningMail},
		{name: "sign-up that signs nobody in, with UUIDs", path: "/sign-up/email", configure: options{noAutoSignIn, uuids}, body: signUp, status: 200, differ: asks, toKnown: warningMail},
		{
			name: "sign-up that signs nobody in, with serials", path: "/sign-up/email", configure: options{noAutoSignIn, serials}, body: signUp, status: 200, differ: asks, toKnown: warningMail,
			takes: "the id that the database would give is looked up",
		},
		{
			name: "sign-up that signs nobody in, with hooks", path: "/sign-up/email", configure: options{noAutoSignIn, hooksOnUsers}, body: signUp, status: 200, differ: asks, toKnown: warningMail,
			takes: "hooks run for a new user only, and each in a savepoint",
		},
		{name: "sign-up that signs nobody in, with fields of the application", path: "/sign-up/email", configure: options{noAutoSignIn, fieldsOfUsers}, body: withFields, status: 200, differ: asks, toKnown: warningMail},
		{
			name: "sign-up that signs nobody in, with fields of verifications", path: "/sign-up/email", configure: options{noAutoSignIn, fieldsOfVerifications}, body: signUp, status: 200, differ: asks, toKnown: warningMail,
			takes: "only the application could fill the fields of the record that is written instead",
		},
		{
			name: "sign-up that signs nobody in, with a field that is taken", path: "/sign-up/email", configure: options{noAutoSignIn, uniqueNick}, body: withNick, status: 422,
			takes: "a unique field is compared when a user is written, and else looked up",
		},
		{
			name: "sign-up that signs nobody in, with a hook that refuses", path: "/sign-up/email", configure: options{noAutoSignIn, refusingHook}, body: signUp, status: 400, toKnown: warningMail,
			tells: "hooks are asked about new users only",
		},
		{name: "sign-up with a short password", path: "/sign-up/email", configure: options{verified}, status: 400, body: func(address string) map[string]any {
			return body(map[string]any{"email": address, "password": "x"})
		}},

		{name: "request for a reset", path: "/request-password-reset", body: askTo, status: 200, toKnown: resetMail},
		{name: "request for a reset, in capitals", path: "/request-password-reset", body: shout(askTo), status: 200, toKnown: resetMail},

		{name: "request for a verification by somebody who has yet to prove the address", path: "/send-verification-email", body: askTo, status: 200, known: unverified, toKnown: proofMail},
		{name: "request for a verification by somebody who has proven the address", path: "/send-verification-email", body: askTo, status: 200, known: []string{vera}},
		{name: "request for a verification, in capitals", path: "/send-verification-email", body: shout(askTo), status: 200, known: unverified, toKnown: proofMail},
		{name: "request for the verification of somebody else", path: "/send-verification-email", asker: sven, body: askTo, status: 400},

		{name: "change of address that asks the new one", path: "/change-email", asker: sven, body: toNew, status: 200, toNobody: proofMail},
		{name: "change of address that asks the new one, in capitals", path: "/change-email", asker: sven, body: shout(toNew), status: 200, toNobody: proofMail},
		{name: "change of a verified address that asks the new one", path: "/change-email", asker: svea, configure: options{askNobodyFirst}, body: toNew, status: 200, toNobody: proofMail},
		{name: "change of address that asks the old one", path: "/change-email", asker: svea, body: toNew, status: 200, toNobody: "confirmation to " + svea},
		{
			name: "change of address at once", path: "/change-email", asker: sven, configure: options{atOnce}, body: toNew, status: 200, toNobody: proofMail,
			takes: "the user is changed, which the session shows anyway",
		},
		{
			name: "change of address at once, with a cache of the session", path: "/change-email", asker: sven, configure: options{atOnce, cacheSessions}, body: toNew, status: 200, toNobody: proofMail,
			takes: "the user is changed, which the session shows anyway",
		},
		{name: "change of address that cannot be asked for", path: "/change-email", asker: sven, configure: options{mute}, body: toNew, status: 400},
		{name: "change of address that is switched off", path: "/change-email", asker: sven, configure: options{unchangeable}, body: toNew, status: 400},
	}
}

func mailOnSignIn(o *core.Options)   { o.EmailVerification.SendOnSignIn = true }
func noMailOnSignUp(o *core.Options) { o.EmailVerification.SendOnSignUp = new(false) }
func hashLong(o *core.Options)       { o.Compat.HashLongPasswords = true }
func warnNobody(o *core.Options)     { o.EmailAndPassword.OnExistingUserSignUp = nil }
func askNobodyFirst(o *core.Options) { o.User.ChangeEmail.SendChangeEmailConfirmation = nil }
func unchangeable(o *core.Options)   { o.User.ChangeEmail.Enabled = false }
func uuids(o *core.Options)          { o.Advanced.Database.GenerateID = db.IDUUID }
func serials(o *core.Options)        { o.Advanced.Database.GenerateID = db.IDSerial }

func cacheSessions(o *core.Options) { o.Session.CookieCache.Enabled = new(true) }

func fieldsOfVerifications(o *core.Options) {
	o.Verification.AdditionalFields = []core.Field{{Name: "note", Type: db.String, Nullable: true}}
}

func fieldsOfUsers(o *core.Options) {
	o.User.AdditionalFields = []core.Field{
		{Name: "plan", Type: db.String, Nullable: true},
		{Name: "level", Type: db.Number, Nullable: true, Default: always(1)},
		{Name: "role", Type: db.String, Nullable: true, NotInput: true, Default: always("user")},
		{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true},
		{Name: "when", Type: db.Date, Nullable: true},
		{Name: "absent", Type: db.Boolean, Nullable: true},
	}
}

func uniqueNick(o *core.Options) {
	o.User.AdditionalFields = []core.Field{{Name: "nick", Type: db.String, Nullable: true, Unique: true}}
}

func refusingHook(o *core.Options) {
	o.DatabaseHooks.User.BeforeCreate = func(_ context.Context, row db.Row) (db.Row, error) {
		if row["name"] == "Ann" { // who signs up; everybody else is there
			return nil, db.ErrStopped
		}
		return nil, nil
	}
}

func hooksOnUsers(o *core.Options) {
	o.DatabaseHooks.User.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, nil }
}

// impression is what a request shows of itself, to whoever made it and to
// whoever has a stopwatch: one line for each thing. Of the members in differ it
// keeps what their values look like.
func impression(t *testing.T, a *authtest.Answer, work, differ []string) []string {
	t.Helper()
	lines := []string{fmt.Sprint("status ", a.Status)}
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		if name != "Set-Cookie" {
			lines = append(lines, fmt.Sprint(name, ": ", a.Header[name]))
		}
	}
	for _, cookie := range withoutValues(a) {
		lines = append(lines, "cookie "+cookie)
	}
	if a.Body != "" {
		lines = append(lines, describe("body", a.JSON(t), differ)...)
	}
	return append(lines, "work: "+strings.Join(work, ", "))
}

func describe(path string, v any, differ []string) []string {
	switch v := v.(type) {
	case *wire.Object:
		lines := []string{path + " is an object"}
		for name, member := range v.All() {
			lines = append(lines, describe(path+"."+name, member, differ)...)
		}
		return lines
	case []any:
		lines := []string{path + " is a list"}
		for i, item := range v {
			lines = append(lines, describe(fmt.Sprintf("%s.%d", path, i), item, differ)...)
		}
		return lines
	case string:
		if slices.Contains(differ, path) {
			return []string{fmt.Sprintf("%s is %s of %d", path, kindOf(v), len(v))}
		}
	}
	return []string{fmt.Sprintf("%s is %T %v", path, v, v)}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// kindOf tells what a random text looks like.
func kindOf(text string) string {
	switch {
	case strings.Contains(text, "@"):
		return "an address"
	case uuid.MatchString(text):
		return "a UUID"
	case strings.Trim(text, "0123456789") == "":
		return "a number"
	case random.MatchString(text):
		return "letters and digits"
	}
	return text
}

func TestAnswersDoNotTellWhoHasAnAddress(t *testing.T) {
	for _, storage := range storages {
		for _, tc := range addressRoutes() {
			t.Run(storage.name+"/"+tc.name, func(t *testing.T) {
				want := tc.ask(t, storage.use, nemo, tc.toNobody)
				if !strings.Contains(want, fmt.Sprint("without a fault: status ", tc.status)) {
					t.Fatalf("the answer for nobody is\n%s", want)
				}
				for _, address := range tc.people() {
					got := tc.ask(t, storage.use, address, tc.toKnown)
					switch {
					case tc.tells+tc.takes != "" && want == got:
						t.Errorf("%s looks like nobody, although the table says that %s%s", address, tc.tells, tc.takes)
					case tc.takes != "":
						same(t, "nobody against "+address, withoutWork(want), withoutWork(got))
					case tc.tells == "":
						same(t, "nobody against "+address, want, got)
					}
				}
			})
		}
	}
}

// withoutWork leaves what the answer without a fault showed.
func withoutWork(impressions string) string {
	var left strings.Builder
	for line := range strings.Lines(impressions) {
		if strings.HasPrefix(line, "without a fault: ") && !strings.Contains(line, ": work: ") {
			left.WriteString(line)
		}
	}
	return left.String()
}

func (tc *lookalikes) people() []string {
	if tc.known == nil {
		return everybody
	}
	return tc.known
}

// ask makes the request while the first step at the storages fails, then the
// second, and so on, and at last without a fault, each time in a town as it was.
func (tc *lookalikes) ask(t *testing.T, storage func(*core.Options), address, message string) string {
	t.Helper()
	var all []string
	for _, fault := range []error{errBroken, db.ErrUnavailable} {
		for k, failed := 1, true; failed; k++ {
			l := &ledger{}
			w := newTown(t, l, storage, append(tc.configure, l.holdBack)...)
			l.open(k, fault)
			a := w.as(tc.asker).Post(tc.path, tc.body(address))
			when := "without a fault: "
			if failed = l.failed(); failed {
				when = fmt.Sprintf("%s at step %d: ", fault, k)
			}
			for _, line := range impression(t, a, l.page(), tc.differ) {
				all = append(all, when+line)
			}
			l.open(0, nil)
			l.release(t.Context())
			if !failed {
				same(t, "messages about "+address, strings.Replace(message, " @", " "+address, 1), strings.Join(w.sent(), ", "))
			}
		}
	}
	return strings.Join(all, "\n")
}

// Whoever adds a route has to say what it shows.
func TestEveryRouteThatTakesAnAddressIsAsked(t *testing.T) {
	asked := map[string]bool{}
	for _, tc := range addressRoutes() {
		asked[tc.path] = true
	}
	for _, e := range authtest.New(t).Endpoints() {
		for _, in := range e.Inputs {
			if strings.Contains(strings.ToLower(in.Name), "email") && !asked[e.Path] {
				t.Errorf("%s takes %s, and is not in the table", e.Path, in.Name)
			}
		}
	}
}
