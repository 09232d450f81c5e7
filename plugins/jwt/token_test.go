package jwt_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

func TestATokenNeedsASession(t *testing.T) {
	a := start(t, jwt.Options{})
	answer := a.Client().Get("/token")
	if answer.Status != http.StatusUnauthorized || answer.Text(t, "code") != "UNAUTHORIZED" || len(a.rows()) != 0 {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
}

func TestATokenSaysWhatTheOptionsSay(t *testing.T) {
	for _, tt := range []struct {
		name     string
		tokens   jwt.Tokens
		iss, aud any
		exp      float64 // after now, or at all
	}{
		{"nothing", jwt.Tokens{}, origin, origin, 900},
		{"an issuer", jwt.Tokens{Issuer: "https://issuer.example"}, "https://issuer.example", origin, 900},
		{"an audience", jwt.Tokens{Audience: "https://api.example"}, origin, "https://api.example", 900},
		{"a list of one audience", jwt.Tokens{Audiences: []string{"a"}}, origin, []string{"a"}, 900},
		{"several audiences", jwt.Tokens{Audiences: []string{"a", "b"}}, origin, []string{"a", "b"}, 900},
		{"a time span", jwt.Tokens{ExpirationTime: "2 hours"}, origin, origin, 7200},
		{"a time", jwt.Tokens{ExpiresAt: 1800000000}, origin, origin, 1800000000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := start(t, jwt.Options{JWT: tt.tokens})
			token := a.token(a.signedIn())
			if !a.verified(token) {
				t.Error("it is not read")
			}
			if tt.exp < 1e9 {
				tt.exp += seconds(a.Now())
			}
			got := claims(t, token)
			same(t, "the token", []any{got["iss"], got["aud"], got["exp"], got["iat"]}, []any{tt.iss, tt.aud, tt.exp, seconds(a.Now())})
		})
	}
}

// As upstream, a token that was made at another time ends when it would have then.
func TestALifetimeBeginsWithTheClaim(t *testing.T) {
	a := start(t, jwt.Options{})
	for iat, want := range map[string]float64{"1700000000": 1700000900, "0": 900, "null": seconds(a.Now()) + 900} {
		same(t, iat, claims(t, a.sign(object(t, `{"sub":"s","iat":`+iat+`}`)))["exp"], want)
	}
}

func TestTokensAreNotCached(t *testing.T) {
	a := start(t, jwt.Options{})
	c := a.signedIn()
	for _, path := range []string{"/token", "/get-session"} {
		if got := c.Get(path).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
	}
}

func TestFieldsThatAreNotReturnedAreNotInATokenEither(t *testing.T) {
	fields := func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{
			{Name: "nick", Type: db.String, Nullable: true},
			{Name: "note", Type: db.String, NotReturned: true, NotInput: true, Default: func() any { return "classified" }},
		}
		o.Session.AdditionalFields = []core.Field{
			{Name: "trace", Type: db.String, NotReturned: true, NotInput: true, Default: func() any { return "classified" }},
		}
	}
	// The application's own payload is made from what answers may show.
	everything := jwt.Tokens{DefinePayload: func(_ context.Context, s session.WithUser) (map[string]any, error) {
		return map[string]any{"user": s.User.Extra, "session": s.Session.Extra}, nil
	}}
	for _, tokens := range []jwt.Tokens{{}, everything} {
		a := start(t, jwt.Options{JWT: tokens}, fields)
		c := a.signedIn()
		for _, token := range []string{a.token(c), c.Get("/get-session").Header.Get("Set-Auth-Jwt")} {
			text, err := wire.Marshal(claims(t, token))
			if err != nil || strings.Contains(string(text), "classified") || !strings.Contains(string(text), `"nick":null`) {
				t.Errorf("the claims are %s (%v)", text, err)
			}
		}
	}
}

// A user who may write a field that is called like a claim must not say when the
// token ends, or whom it is from or for.
func TestAUserDoesNotWriteTheClaimsOfAToken(t *testing.T) {
	names := []string{"iss", "aud", "exp", "nbf", "iat", "jti", "sub"}
	a := start(t, jwt.Options{}, func(o *core.Options) {
		for _, name := range names {
			o.User.AdditionalFields = append(o.User.AdditionalFields, core.Field{Name: name, Type: db.String, Nullable: true})
		}
	})
	body := map[string]any{"name": "Ann", "email": "ann@example.com", "password": "password123"}
	for _, name := range names {
		body[name] = "9999999999"
	}
	c := a.Client()
	if answer := c.Post("/sign-up/email", body); answer.Status != http.StatusOK {
		t.Fatalf("got %d %s", answer.Status, answer.Body)
	}
	got := claims(t, a.token(c))
	same(t, "the claims", []any{got["iss"], got["aud"], got["exp"], got["nbf"], got["iat"], got["jti"]},
		[]any{origin, origin, seconds(a.Now()) + 900, nil, seconds(a.Now()), nil})
	if got["sub"] != got["id"] || got["id"] == nil {
		t.Errorf("it is about %v", got["sub"])
	}
}

// As upstream, the application may say everything but sub in its payload.
func TestTheApplicationDefinesThePayload(t *testing.T) {
	a := start(t, jwt.Options{JWT: jwt.Tokens{
		DefinePayload: func(_ context.Context, s session.WithUser) (map[string]any, error) {
			return map[string]any{"mail": s.User.Email, "sub": "nobody", "iss": "me", "aud": []string{"you"}, "exp": 1900000000, "iat": 1700000000, "jti": "1"}, nil
		},
		GetSubject: func(_ context.Context, s session.WithUser) (string, error) { return "user:" + s.User.Email, nil },
	}})
	same(t, "the claims", claims(t, a.token(a.signedIn())), map[string]any{
		"mail": "ann@example.com", "sub": "user:ann@example.com", "iss": "me", "aud": []string{"you"}, "exp": 1900000000, "iat": 1700000000, "jti": "1",
	})
}

func TestFunctionsOfTheApplicationThatFail(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]jwt.Options{
		"definePayload": {JWT: jwt.Tokens{DefinePayload: func(context.Context, session.WithUser) (map[string]any, error) { return nil, broken }}},
		"getSubject":    {JWT: jwt.Tokens{GetSubject: func(context.Context, session.WithUser) (string, error) { return "", broken }}},
		"sign": {
			JWKS: jwt.Keys{RemoteURL: "https://keys.example", KeyPairConfig: jwt.KeyPair{Alg: jwt.ES256}},
			JWT:  jwt.Tokens{Sign: func(context.Context, *wire.Object) (string, error) { return "", broken }},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, tt)
			c := a.signedIn()
			for _, path := range []string{"/token", "/get-session"} {
				if answer := c.Get(path); answer.Status != http.StatusInternalServerError || answer.Body != "" {
					t.Errorf("%s: got %d %s", path, answer.Status, answer.Body)
				}
			}
			if !strings.Contains(a.Log.String(), name+": broken") {
				t.Errorf("the log does not tell: %s", a.Log)
			}
		})
	}
}

func TestASessionComesWithATokenInAHeader(t *testing.T) {
	a := start(t, jwt.Options{})
	c := a.signedIn()
	answer := c.Get("/get-session")
	if got := answer.Header.Get("Access-Control-Expose-Headers"); got != "set-auth-jwt" {
		t.Errorf("scripts of other origins may read %q", got)
	}
	same(t, "the subject", claims(t, answer.Header.Get("Set-Auth-Jwt"))["sub"], answer.At(t, "user", "id"))
	off := start(t, jwt.Options{DisableSettingJWTHeader: true})
	if got := off.signedIn().Get("/get-session").Header.Get("Set-Auth-Jwt"); got != "" {
		t.Errorf("switched off, it is %q", got)
	}
}

// 1.6.9 signs tokens for sessions that have ended.
func TestNoTokenWithoutASession(t *testing.T) {
	on := true
	for _, cached := range []bool{false, true} {
		for name, end := range map[string]func(a *app){
			"has ended":    func(a *app) { a.Clock.Advance(8 * 24 * time.Hour) },
			"was revoked":  func(a *app) { a.deleteAll("session") },
			"has no user":  func(a *app) { a.deleteAll("session"); a.deleteAll("user") },
			"was never so": func(*app) {},
		} {
			a := start(t, jwt.Options{}, func(o *core.Options) {
				if cached {
					o.Session.CookieCache.Enabled = &on
				}
			})
			c := a.signedIn()
			if name == "was never so" {
				c = a.Client()
			}
			end(a)
			a.Clock.Advance(6 * time.Minute) // past the cache
			answer := c.Get("/get-session")
			if answer.Body != "null" || answer.Header.Get("Set-Auth-Jwt") != "" || answer.Header.Get("Access-Control-Expose-Headers") != "" {
				t.Errorf("a session that %s: got %d %s with %q", name, answer.Status, answer.Body, answer.Header.Get("Set-Auth-Jwt"))
			}
			if answer := c.Get("/token"); answer.Status != http.StatusUnauthorized {
				t.Errorf("a session that %s: got %d %s", name, answer.Status, answer.Body)
			}
		}
	}
}

// deleteAll deletes all rows of a model.
func (a *app) deleteAll(model string) {
	a.t.Helper()
	if _, err := a.Store().Delete(a.t.Context(), db.Removal{Table: a.Table(model)}); err != nil {
		a.t.Fatal(err)
	}
}

func TestATokenIsNoSession(t *testing.T) {
	a := start(t, jwt.Options{})
	token := a.token(a.signedIn())
	for name, value := range map[string]string{"as it is": token, "signed": a.Keys().Sign(token)} {
		c := a.Client()
		c.Cookies["better-auth.session_token"] = value
		if answer := c.Get("/token"); answer.Status != http.StatusUnauthorized {
			t.Errorf("%s: got %d %s", name, answer.Status, answer.Body)
		}
	}
}

func TestACallWithoutABaseURLHasNoIssuer(t *testing.T) {
	a := start(t, jwt.Options{}, func(o *core.Options) { o.BaseURL = "" })
	if _, err := a.SignJWT.Call(t.Context(), jwt.SignInput{Payload: wire.ObjectOf("sub", "s")}); !errors.Is(err, jwt.ErrNoIssuer) {
		t.Errorf("signing: %v", err)
	}
	if _, err := a.VerifyJWT.Call(t.Context(), jwt.VerifyInput{Token: a.token(a.signedIn())}); !errors.Is(err, jwt.ErrNoIssuer) {
		t.Errorf("verifying: %v", err)
	}
	own := object(t, `{"sub":"s","iss":"me","aud":"you"}`)
	out, err := a.SignJWT.Call(t.Context(), jwt.SignInput{Payload: own})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the issuer", claims(t, out.Token)["iss"], "me")
}

func TestClaimsThatCannotBeSigned(t *testing.T) {
	a := start(t, jwt.Options{})
	for _, payload := range []string{
		`{"sub":1}`, `{"iss":1}`, `{"aud":1}`, `{"aud":["a",1]}`, `{"jti":{}}`, `{"exp":true}`, `{"exp":"soon"}`, `{"nbf":[]}`, `{"iat":{}}`,
		`{"exp":1e300}`, `{"iat":-1e300}`, `{"deep":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	} {
		v, err := wire.Decode([]byte(payload), wire.Limits{Depth: 100})
		if err != nil {
			t.Fatal(err)
		}
		claims, _ := v.(*wire.Object)
		if out, err := a.SignJWT.Call(t.Context(), jwt.SignInput{Payload: claims}); err == nil {
			t.Errorf("%s: got %s", payload, out.Token)
		}
	}
}

func TestOptionsOfACallThatAreRefused(t *testing.T) {
	a := start(t, jwt.Options{})
	for _, options := range []string{
		`{"jwks":{"disablePrivateKeyEncryption":true}}`, `{"jwt":1}`, `{"jwt":{"sign":"x"}}`, `{"jwt":{"issuer":1}}`,
		`{"jwt":{"audience":1}}`, `{"jwt":{"audience":["a",1]}}`, `{"jwt":{"expirationTime":true}}`, `{"jwt":{"expirationTime":"soon"}}`, `{"jwt":{"expirationTime":-1}}`,
	} {
		in := jwt.SignInput{Payload: wire.ObjectOf("sub", "s"), OverrideOptions: object(t, options)}
		if out, err := a.SignJWT.Call(t.Context(), in); err == nil {
			t.Errorf("%s: got %s", options, out.Token)
		}
	}
}
