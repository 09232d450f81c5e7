package plugintest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

// JWT are the races for key pairs of the jwt plugin: each one is published, and a
// pair too many stays so.
func JWT(*racetest.Application) []racetest.Race {
	pairs := func(o jwt.Options) func(*core.Options) {
		return func(c *core.Options) { c.Plugins = append(c.Plugins, jwt.New(o)) }
	}
	// To make such a pair takes so long that the others come meanwhile.
	slow := jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: jwt.RS256}}
	rotating := slow
	rotating.RotationInterval = time.Hour
	return []racetest.Race{
		{Name: "the first tokens make one key pair", Configure: pairs(jwt.Options{JWKS: slow}), Run: firstPair},
		{Name: "a key pair that is due is replaced once", Configure: pairs(jwt.Options{JWKS: rotating}), Run: nextPair},
	}
}

// firstPair asks for tokens and for the keys where there is no pair.
func firstPair(r *racetest.Round) {
	c := r.Client()
	c.SignUp(r.Email(), "password123")
	withoutPairs(r)
	answers := r.Together(tokenRequests(c))
	r.WantTally(map[int]int{http.StatusOK: racetest.Racers}, answers)
	wantPair(r, c, answers, 1)
}

// nextPair asks for tokens when the one pair has just ended.
func nextPair(r *racetest.Round) {
	c := r.Client()
	c.SignUp(r.Email(), "password123")
	withoutPairs(r)
	c.Get("/token")
	_, err := r.Server.Store().Update(r.T.Context(), db.Change{
		Table: r.Table(jwt.ModelName),
		Set:   db.Row{"createdAt": r.Server.Now().Add(-2 * time.Hour), "expiresAt": r.Server.Now().Add(-time.Hour)},
	})
	if err != nil {
		r.T.Fatal(err)
	}
	answers := r.Together(tokenRequests(c))
	r.WantTally(map[int]int{http.StatusOK: racetest.Racers}, answers)
	wantPair(r, c, answers, 2)
}

func withoutPairs(r *racetest.Round) {
	r.T.Helper()
	if _, err := r.Server.Store().Delete(r.T.Context(), db.Removal{Table: r.Table(jwt.ModelName)}); err != nil {
		r.T.Fatal(err)
	}
}

// tokenRequests ask for the keys now and then, too.
func tokenRequests(c *authtest.Client) []*http.Request {
	paths := []string{"/token", "/get-session", "/token", "/jwks", "/token"}
	requests := make([]*http.Request, racetest.Racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodGet, paths[i%len(paths)], nil)
	}
	return requests
}

// wantPair wants all tokens to be of one pair, of as many as there should be, and it
// to be published.
func wantPair(r *racetest.Round, c *authtest.Client, answers []*authtest.Answer, pairs int) {
	r.T.Helper()
	n, err := r.Server.Store().Count(r.T.Context(), r.Table(jwt.ModelName), nil)
	if err != nil || n != int64(pairs) {
		r.T.Errorf("%d key pairs are stored, want %d (%v)", n, pairs, err)
	}
	ids := map[string]int{}
	for _, a := range answers {
		token := a.Header.Get("Set-Auth-Jwt")
		if token == "" && a.At(r.T, "keys") == nil {
			token = a.Text(r.T, "token")
		}
		if token != "" {
			ids[keyOf(r, token)]++
		}
	}
	published := c.Get("/jwks").Body
	for id := range ids {
		if len(ids) != 1 || !strings.Contains(published, `"kid":"`+id+`"`) {
			r.T.Errorf("tokens are of the keys %v, published is %s", ids, published)
			break
		}
	}
}

// keyOf is the id of the key that a token names.
func keyOf(r *racetest.Round, token string) string {
	r.T.Helper()
	head, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(head)
	var header struct{ Kid string }
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	if err != nil {
		r.T.Fatalf("%q: %v", token, err)
	}
	return header.Kid
}
