package routes_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func noAutoSignIn(o *core.Options) { o.EmailAndPassword.DisableAutoSignIn = true }

func verified(o *core.Options) { o.EmailAndPassword.RequireEmailVerification = true }

func TestDuplicateSignUpIsToldWhereASessionWouldBe(t *testing.T) {
	h := new(tally)
	s := authtest.New(t, h.use)
	s.Client().SignUp(email, password)
	before := h.work()
	for _, again := range []string{email, "ANN@example.com"} {
		a := s.Client().Post("/sign-up/email", body(map[string]any{"email": again}))
		answers(t, a, http.StatusUnprocessableEntity, userExists)
	}
	count(t, s, "user", 1)
	count(t, s, "account", 1)
	if h.work() != before {
		t.Error("a password was hashed for a sign-up that is refused anyway")
	}
}

// Where a sign-up does not sign in, the answer must not tell who is registered.
func TestDuplicateSignUpLooksLikeSuccess(t *testing.T) {
	const signedUp = `{"token":null,"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"` + start + `","updatedAt":"` + start + `","id":"<1>"}}`
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
	}{
		{"when users must verify their address", verified},
		// 1.6.9 answers 422 here; see Compat.RevealDuplicateSignUp.
		{"when nobody is signed in by signing up", noAutoSignIn},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			s := authtest.New(t, h.use, tc.configure)
			first := s.Client().Post("/sign-up/email", body(nil))
			hashed := h.work()
			again := s.Client().Post("/sign-up/email", body(map[string]any{"email": "ANN@example.com"}))
			for _, a := range []*authtest.Answer{first, again} {
				answers(t, &authtest.Answer{Status: a.Status, Body: names{}.in(a.Body)}, http.StatusOK, signedUp)
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			}
			same(t, "headers", first.Header, again.Header)
			if h.work() != 2*hashed {
				t.Errorf("a new user costs %d hashes, a duplicate %d", hashed, h.work()-hashed)
			}
			count(t, s, "user", 1)
			count(t, s, "account", 1)
			count(t, s, "session", 0)
			if got := stored(t, s, "user")[0][db.ID]; strings.Contains(again.Body, got.(string)) {
				t.Error("the answer carries the id of the real user")
			}
		})
	}
}

func TestDuplicateSignUpCanBeRevealedAsIn169(t *testing.T) {
	s := authtest.New(t, noAutoSignIn, func(o *core.Options) { o.Compat.RevealDuplicateSignUp = true })
	if a := s.Client().Post("/sign-up/email", body(nil)); a.Status != http.StatusOK || len(a.Header["Set-Cookie"]) != 0 {
		t.Errorf("got %d %v", a.Status, a.Header)
	}
	answers(t, s.Client().Post("/sign-up/email", body(nil)), http.StatusUnprocessableEntity, userExists)
}

func TestADuplicateHasTheFieldsOfANewUser(t *testing.T) {
	fields := func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{
			{Name: "plan", Type: db.String, Nullable: true, Default: always("free")},
			{Name: "when", Type: db.Date, Nullable: true},
			// 1.6.9 leaves it out of the duplicate's answer, which tells them apart.
			{Name: "optional", Type: db.String, Nullable: true},
			{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true},
		}
	}
	s := authtest.New(t, verified, fields)
	given := map[string]any{"image": "", "when": "2026-01-02", "hidden": "x"}
	first := s.Client().Post("/sign-up/email", body(given))
	again := s.Client().Post("/sign-up/email", body(given))
	const want = `{"token":null,"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":"","createdAt":"` + start + `","updatedAt":"` + start + `","plan":"free","when":"2026-01-02T00:00:00.000Z","optional":null,"id":"<1>"}}`
	for _, a := range []*authtest.Answer{first, again} {
		answers(t, &authtest.Answer{Status: a.Status, Body: names{}.in(a.Body)}, http.StatusOK, want)
	}
}

func TestTheSyntheticUserCanBeCustomised(t *testing.T) {
	var got user.User
	s := authtest.New(t, verified, func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{{Name: "role", Type: db.String, Nullable: true, NotInput: true}, {Name: "plan", Type: db.String, Nullable: true}}
		o.EmailAndPassword.CustomSyntheticUser = func(u user.User) user.User {
			got = u
			u.Extra = map[string]any{"role": "user", "plan": u.Extra["plan"], "undeclared": "x"}
			return u
		}
	})
	s.Client().Post("/sign-up/email", body(nil))
	if got.ID != "" {
		t.Error("a new user is not synthetic")
	}
	a := s.Client().Post("/sign-up/email", body(map[string]any{"plan": "p", "email": "ANN@example.com"}))
	answers(t, &authtest.Answer{Status: a.Status, Body: names{}.in(a.Body)}, http.StatusOK,
		`{"token":null,"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"`+start+`","updatedAt":"`+start+`","role":"user","plan":"p","id":"<1>"}}`)
	if got.Email != email || got.Name != "Ann" || len(got.ID) != 32 || !got.CreatedAt.Equal(authtest.Start) {
		t.Errorf("the function was given %+v", got)
	}
}

// The owner of the address is told, with the stored address, after the answer.
func TestTheOwnerHearsOfADuplicate(t *testing.T) {
	release := make(chan struct{})
	told := make(chan user.User, 1)
	s := authtest.New(t, verified, func(o *core.Options) {
		o.EmailAndPassword.OnExistingUserSignUp = func(ctx context.Context, u user.User) error {
			<-release // a slow sender must not slow the answer down
			told <- u
			return ctx.Err()
		}
	})
	s.Client().Post("/sign-up/email", body(nil))
	if a := s.Client().Post("/sign-up/email", body(map[string]any{"email": "ANN@example.com"})); a.Status != http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	close(release)
	s.Settle()
	select {
	case u := <-told:
		if u.Email != email || u.ID != stored(t, s, "user")[0][db.ID] {
			t.Errorf("told about %+v", u)
		}
	default:
		t.Error("the owner was not told")
	}
	if mails := authtest.Sent[core.VerificationEmail](s.Outbox); len(mails) != 1 {
		t.Errorf("%d verification mails were sent, want the first user's only", len(mails))
	}
}

// A unique field that the application added is no duplicate of a user: a
// success would be a lie.
func TestATakenUniqueFieldIsAFailure(t *testing.T) {
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
	}{
		{"where duplicates are told", func(*core.Options) {}},
		{"where duplicates look like success", verified},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, tc.configure, func(o *core.Options) {
				o.User.AdditionalFields = []core.Field{{Name: "nick", Type: db.String, Nullable: true, Unique: true}}
			})
			s.Client().Post("/sign-up/email", body(map[string]any{"nick": "x"}))
			a := s.Client().Post("/sign-up/email", body(map[string]any{"nick": "x", "email": "bob@example.com"}))
			answers(t, a, http.StatusUnprocessableEntity, `{"message":"Failed to create user","code":"FAILED_TO_CREATE_USER"}`)
			count(t, s, "user", 1)
		})
	}
}

// An after hook that fails has nothing to do with the address being taken: the
// user exists by then.
func TestAnAfterHookThatFailsIsNoDuplicate(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User.AfterCreate = func(context.Context, db.Row) error {
			return &db.UniqueError{Model: "profile", Field: "owner"}
		}
	})
	answers(t, s.Client().Post("/sign-up/email", body(nil)), http.StatusInternalServerError, "")
	count(t, s, "user", 1)
	count(t, s, "account", 1)
}

// Nobody can tell from an answer whether an address is registered: same status,
// same headers, same members.
func TestAnswersDoNotTellWhoIsRegistered(t *testing.T) {
	for _, tc := range []struct {
		name      string
		path      string
		configure func(*core.Options)
		body      func(address string) map[string]any
	}{
		{"sign-up with verification", "/sign-up/email", verified, func(a string) map[string]any { return body(map[string]any{"email": a}) }},
		{"sign-up without a session", "/sign-up/email", noAutoSignIn, func(a string) map[string]any { return body(map[string]any{"email": a}) }},
		{"sign-up with a short password", "/sign-up/email", verified, func(a string) map[string]any { return body(map[string]any{"email": a, "password": "x"}) }},
		{"sign-in with a wrong password", "/sign-in/email", func(*core.Options) {}, func(a string) map[string]any {
			return credentials(map[string]any{"email": a, "password": "wrong-password"})
		}},
		{"sign-in with a wrong password and an unverified address", "/sign-in/email", verified, func(a string) map[string]any {
			return credentials(map[string]any{"email": a, "password": "wrong-password"})
		}},
		{"sign-in with a long password", "/sign-in/email", func(*core.Options) {}, func(a string) map[string]any {
			return credentials(map[string]any{"email": a, "password": strings.Repeat("a", 129)})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, tc.configure)
			s.Client().Post("/sign-up/email", body(nil))
			s.Clock.Advance(time.Hour)
			known, unknown := s.Client().Post(tc.path, tc.body(email)), s.Client().Post(tc.path, tc.body("eve@example.com"))
			if known.Status != unknown.Status {
				t.Errorf("status %d for a known address, %d for an unknown one", known.Status, unknown.Status)
			}
			same(t, "header names", headerNames(unknown.Header), headerNames(known.Header))
			mask := func(a *authtest.Answer) string {
				return strings.ReplaceAll(names{}.in(a.Body), "eve@example.com", email)
			}
			same(t, "body", mask(unknown), mask(known))
		})
	}
}
