package jwt_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

const origin = "http://localhost:3000"

// app is a server with the plugin.
type app struct {
	*authtest.Server
	*jwt.Plugin

	t testing.TB
}

func start(t testing.TB, o jwt.Options, configure ...func(*core.Options)) *app {
	t.Helper()
	p := jwt.New(o)
	s := authtest.New(t, append(configure, func(c *core.Options) { c.Plugins = append(c.Plugins, p) })...)
	return &app{s, p, t}
}

// signedIn is a client of Ann's.
func (a *app) signedIn() *authtest.Client {
	c := a.Client()
	c.SignUp("ann@example.com", "password123")
	return c
}

// token asks for one.
func (a *app) token(c *authtest.Client) string {
	a.t.Helper()
	answer := c.Get("/token")
	if answer.Status != http.StatusOK {
		a.t.Fatalf("got %d %s", answer.Status, answer.Body)
	}
	return answer.Text(a.t, "token")
}

// keys are the published ones.
func (a *app) keys() []map[string]any {
	a.t.Helper()
	answer := a.Client().Get("/jwks")
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(answer.Body), &set); err != nil || answer.Status != http.StatusOK {
		a.t.Fatalf("got %d %s", answer.Status, answer.Body)
	}
	return set.Keys
}

// rows are the stored pairs.
func (a *app) rows() []db.Row {
	a.t.Helper()
	rows, err := a.Store().Select(a.t.Context(), db.Query{Table: a.Table(jwt.ModelName), Order: []db.Order{{Field: "createdAt"}}})
	if err != nil {
		a.t.Fatal(err)
	}
	return rows
}

// change sets fields of all stored pairs.
func (a *app) change(set db.Row) {
	a.t.Helper()
	if _, err := a.Store().Update(a.t.Context(), db.Change{Table: a.Table(jwt.ModelName), Set: set}); err != nil {
		a.t.Fatal(err)
	}
}

// keep stores a pair.
func (a *app) keep(row db.Row) {
	a.t.Helper()
	if _, err := a.Store().Create(a.t.Context(), a.Table(jwt.ModelName), row); err != nil {
		a.t.Fatal(err)
	}
}

// sign signs claims in process.
func (a *app) sign(claims *wire.Object) string {
	a.t.Helper()
	out, err := a.SignJWT.Call(a.t.Context(), jwt.SignInput{Payload: claims})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Token
}

// verified tells whether a token is read.
func (a *app) verified(token string) bool {
	a.t.Helper()
	out, err := a.VerifyJWT.Call(a.t.Context(), jwt.VerifyInput{Token: token})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Payload != nil
}

func object(t *testing.T, text string) *wire.Object {
	t.Helper()
	v, err := wire.Decode([]byte(text), wire.Limits{})
	o, ok := v.(*wire.Object)
	if err != nil || !ok {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}

// part decodes one part of a token: 0 is the header, 1 the claims.
func part(t *testing.T, token string, i int) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q has no three parts", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[i])
	var v map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	return v
}

func header(t *testing.T, token string) map[string]any { t.Helper(); return part(t, token, 0) }
func claims(t *testing.T, token string) map[string]any { t.Helper(); return part(t, token, 1) }

// seconds is a time as a claim has it.
func seconds(at time.Time) float64 { return float64(at.Unix()) }

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := wire.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := wire.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s is %s, want %s", what, g, w)
	}
}
