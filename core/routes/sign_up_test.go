package routes_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

const (
	plainUser   = `"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"` + start + `","updatedAt":"` + start + `","id":"<2>"}`
	plainSignUp = `{"token":"<1>",` + plainUser + `}`
)

func TestSignUpStoresAUserAnAccountAndASession(t *testing.T) {
	s := authtest.New(t, new(tally).use)
	c, n := s.Client(), names{}
	c.Header.Set("User-Agent", "UA/1")
	a := c.Post("/sign-up/email", body(nil))
	a.Body = n.in(a.Body)
	answers(t, a, http.StatusOK, plainSignUp)
	same(t, "cookies", []string{
		"better-auth.session_token=<1>.signed; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
	}, cookieLines(s, n, a))
	same(t, "users", []string{
		`{"id":"<2>","name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"` + start + `","updatedAt":"` + start + `"}`,
	}, rows(t, s, n, "user"))
	same(t, "accounts", []string{
		`{"id":"<3>","accountId":"<2>","providerId":"credential","userId":"<2>","accessToken":null,"refreshToken":null,"idToken":null,"accessTokenExpiresAt":null,"refreshTokenExpiresAt":null,"scope":null,"password":"hash of password123","createdAt":"` + start + `","updatedAt":"` + start + `"}`,
	}, rows(t, s, n, "account"))
	// Upstream has an address only from a header; Gatehouse falls back to the
	// peer of the connection.
	same(t, "sessions", []string{
		`{"id":"<4>","expiresAt":"2026-03-21T09:26:53.589Z","token":"<1>","createdAt":"` + start + `","updatedAt":"` + start + `","ipAddress":"192.0.2.1","userAgent":"UA/1","userId":"<2>"}`,
	}, rows(t, s, n, "session"))
}

func TestSignUpTakesWhatUpstreamTakes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change map[string]any
		want   string // of the user's members, in order, up to the dates
	}{
		{"the address is kept in lower case", map[string]any{"email": "ANN@Example.COM"}, `{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,`},
		{"an image is kept", map[string]any{"image": "http://x/y.png"}, `{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":"http://x/y.png",`},
		{"an empty image stays empty", map[string]any{"image": ""}, `{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":"",`},
		{"an empty name is a name", map[string]any{"name": ""}, `{"name":"","email":"ann@example.com","emailVerified":false,"image":null,`},
		{
			"members that are no fields, or not the client's to set, are dropped",
			map[string]any{
				"id": "x", "emailVerified": true, "createdAt": "2020-01-01", "updatedAt": "2020-01-01", "role": "admin", "banned": true,
				"twoFactorEnabled": false, "isAnonymous": true, "stripeCustomerId": "c", "userId": "x", "constructor": "x", "toString": "y",
			},
			`{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t)
			n := names{}
			a := s.Client().Post("/sign-up/email", body(tc.change))
			want := `{"token":"<1>","user":` + tc.want + `"createdAt":"` + start + `","updatedAt":"` + start + `","id":"<2>"}}`
			answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, want)
			same(t, "users", []string{`{"id":"<2>",` + tc.want[1:] + `"createdAt":"` + start + `","updatedAt":"` + start + `"}`}, rows(t, s, n, "user"))
		})
	}
}

// A sign-up cannot reach the prototype of anything, here or on a JavaScript
// server that shares the database.
func TestSignUpIgnoresPrototypes(t *testing.T) {
	s := authtest.New(t)
	n := names{}
	a := s.Client().Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123","__proto__":{"emailVerified":true,"image":"x"}}`)
	answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, plainSignUp)
}

func TestSignUpTakesForms(t *testing.T) {
	s := authtest.New(t)
	c, n := s.Client(), names{}
	r := c.Request(http.MethodPost, "/sign-up/email", "name=Ann&email=ann%40example.com&password=password123")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := c.Send(r)
	answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, plainSignUp)
}

func TestSignUpThatIsNotToBeRemembered(t *testing.T) {
	s := authtest.New(t)
	n := names{}
	a := s.Client().Post("/sign-up/email", body(map[string]any{"rememberMe": false}))
	answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK, plainSignUp)
	same(t, "cookies", []string{
		"better-auth.session_token=<1>.signed; Path=/; HttpOnly; SameSite=Lax",
		"better-auth.dont_remember=true.signed; Path=/; HttpOnly; SameSite=Lax",
	}, cookieLines(s, n, a))
	if got := rows(t, s, n, "session")[0]; !strings.Contains(got, `"expiresAt":"2026-03-15T09:26:53.589Z"`) {
		t.Errorf("the session does not last a day: %s", got)
	}
}

func TestSignUpRefusesPasswords(t *testing.T) {
	smiles := func(n int) string { return strings.Repeat("\U0001F600", n) }
	for _, tc := range []struct {
		name     string
		min, max int
		password string
		refusal  string
	}{
		{"seven characters are too short", 0, 0, "1234567", tooShort},
		{"eight characters are enough", 0, 0, "12345678", ""},
		{"three smileys are six units and too short", 0, 0, smiles(3), tooShort},
		{"four smileys are eight units and enough", 0, 0, smiles(4), ""},
		{"a space is too short", 0, 0, " ", tooShort},
		{"128 characters are allowed", 0, 0, strings.Repeat("a", 128), ""},
		{"129 characters are too long", 0, 0, strings.Repeat("a", 129), tooLong},
		{"64 smileys are 128 units and allowed", 0, 0, smiles(64), ""},
		{"64 smileys and a letter are too long", 0, 0, smiles(64) + "a", tooLong},
		{"a ligature that grows under NFKC counts as it was typed", 0, 0, strings.Repeat("\uFDFA", 128), ""},
		{"below a configured minimum", 4, 6, "123", tooShort},
		{"at a configured minimum", 4, 6, "1234", ""},
		{"at a configured maximum", 4, 6, "123456", ""},
		{"above a configured maximum", 4, 6, "1234567", tooLong},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			s := authtest.New(t, h.use, func(o *core.Options) {
				o.EmailAndPassword.MinPasswordLength, o.EmailAndPassword.MaxPasswordLength = tc.min, tc.max
			})
			a := s.Client().Post("/sign-up/email", body(map[string]any{"password": tc.password}))
			if tc.refusal == "" {
				if a.Status != http.StatusOK {
					t.Errorf("got %d %s", a.Status, a.Body)
				}
				return
			}
			answers(t, a, http.StatusBadRequest, tc.refusal)
			if h.work() != 0 {
				t.Error("a refused password was hashed")
			}
			count(t, s, "user", 0)
		})
	}
}

func TestSignUpRefusesInput(t *testing.T) {
	s := authtest.New(t)
	for _, tc := range []struct{ name, body, message string }{
		{"nothing", `{}`, `[body.name] Invalid input: expected string, received undefined; [body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received undefined`},
		{"an array", `[]`, `[body] Invalid input: expected object, received array; [body] Invalid input: expected record, received array`},
		{"null", `null`, `[body] Invalid input: expected object, received null; [body] Invalid input: expected record, received null`},
		{"text", `"x"`, `[body] Invalid input: expected object, received string; [body] Invalid input: expected record, received string`},
		{"a number", `5`, `[body] Invalid input: expected object, received number; [body] Invalid input: expected record, received number`},
		{"a boolean", `true`, `[body] Invalid input: expected object, received boolean; [body] Invalid input: expected record, received boolean`},
		{"numbers for text", `{"name":1,"email":2,"password":3}`, `[body.name] Invalid input: expected string, received number; [body.email] Invalid input: expected string, received number; [body.password] Invalid input: expected string, received number`},
		{"null for text", `{"name":null,"email":null,"password":null}`, `[body.name] Invalid input: expected string, received null; [body.email] Invalid input: expected string, received null; [body.password] Invalid input: expected string, received null`},
		{"no name", `{"email":"a@b.co","password":"password123"}`, `[body.name] Invalid input: expected string, received undefined`},
		{"an address that is none", `{"name":"A","email":"x","password":"password123"}`, `[body.email] Invalid email address`},
		{"an address with a space behind it", `{"name":"A","email":"a@b.co ","password":"password123"}`, `[body.email] Invalid email address`},
		{"an address outside of ASCII", `{"name":"A","email":"İnan@example.com","password":"password123"}`, `[body.email] Invalid email address`},
		{"an empty address and password", `{"name":"A","email":"","password":""}`, `[body.email] Invalid email address; [body.password] Too small: expected string to have >=1 characters`},
		{"a list of passwords", `{"name":"A","email":"a@b.co","password":["password123"]}`, `[body.password] Invalid input: expected string, received array`},
		{"a number for an image", `{"name":"A","email":"a@b.co","password":"password123","image":5}`, `[body.image] Invalid input: expected string, received number`},
		{"null for an image", `{"name":"A","email":"a@b.co","password":"password123","image":null}`, `[body.image] Invalid input: expected string, received null`},
		{"text for rememberMe", `{"name":"A","email":"a@b.co","password":"password123","rememberMe":"no"}`, `[body.rememberMe] Invalid input: expected boolean, received string`},
		{"null for rememberMe", `{"name":"A","email":"a@b.co","password":"password123","rememberMe":null}`, `[body.rememberMe] Invalid input: expected boolean, received null`},
		// 1.6.9 falls over it with an empty 500.
		{"a number for callbackURL", `{"name":"A","email":"a@b.co","password":"password123","callbackURL":5}`, `[body.callbackURL] Invalid input: expected string, received number`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := s.Client().Post("/sign-up/email", tc.body)
			answers(t, a, http.StatusBadRequest, `{"message":"`+tc.message+`","code":"VALIDATION_ERROR"}`)
		})
	}
	count(t, s, "user", 0)
}

func TestSignUpThatIsSwitchedOff(t *testing.T) {
	const disabled = `{"message":"Email and password sign up is not enabled","code":"EMAIL_PASSWORD_SIGN_UP_DISABLED"}`
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
	}{
		{"with passwords", func(o *core.Options) { o.EmailAndPassword.Enabled = false }},
		{"alone", func(o *core.Options) { o.EmailAndPassword.DisableSignUp = true }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, tc.configure)
			answers(t, s.Client().Post("/sign-up/email", body(nil)), http.StatusBadRequest, disabled)
			answers(t, s.Client().Post("/sign-up/email", body(map[string]any{"password": "x"})), http.StatusBadRequest, disabled)
			count(t, s, "user", 0)
		})
	}
}
