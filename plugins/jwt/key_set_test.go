package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

func TestOnlyPublicMembersArePublished(t *testing.T) {
	members := map[jwt.Algorithm][]string{
		jwt.EdDSA: {"alg", "crv", "kid", "kty", "x"},
		jwt.ES256: {"alg", "crv", "kid", "kty", "x", "y"},
		jwt.ES512: {"alg", "crv", "kid", "kty", "x", "y"},
		jwt.PS256: {"alg", "e", "kid", "kty", "n"},
		jwt.RS256: {"alg", "e", "kid", "kty", "n"},
	}
	for _, alg := range jwt.Algorithms() {
		t.Run(string(alg), func(t *testing.T) {
			a := start(t, jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: alg}, DisablePrivateKeyEncryption: true}})
			for range 2 {
				keys := a.keys()
				if len(keys) != 1 {
					t.Fatalf("%d keys", len(keys))
				}
				var names []string
				for name := range keys[0] {
					names = append(names, name)
				}
				slices.Sort(names)
				same(t, "a key", names, members[alg])
				same(t, "its algorithm", keys[0]["alg"], string(alg))
				same(t, "its id", keys[0]["kid"], a.rows()[0][db.ID])
			}
		})
	}
}

func TestThePathOfTheKeysCanBeAnotherOne(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{JWKSPath: "/.well-known/jwks.json"}})
	for path, want := range map[string]int{"/.well-known/jwks.json": http.StatusOK, "/jwks": http.StatusNotFound} {
		if got := a.Client().Get(path).Status; got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
}

// Whatever stands in the column: the members of a private key, of a secret, or nothing.
func TestRowsThatHoldNoPublicKeyAreNotPublished(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{DisablePrivateKeyEncryption: true}})
	a.keys()
	good := a.rows()[0]
	for i, public := range []string{
		good["privateKey"].(string), //nolint:forcetypeassert // a text of ours
		`{"kty":"oct","k":"c2VjcmV0"}`, `{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}`, `{"kty":"RSA"}`, `[]`, `null`, ``, `{`,
	} {
		a.keep(db.Row{"publicKey": public, "privateKey": "x", "createdAt": a.Now().Add(time.Duration(i-100) * time.Second)})
	}
	a.keep(db.Row{"publicKey": good["publicKey"], "privateKey": "x", "createdAt": a.Now().Add(-time.Hour), "alg": "RS256"})
	answer := a.Client().Get("/jwks")
	if n := strings.Count(answer.Body, `"kid"`); n != 1 || strings.Contains(answer.Body, `"d"`) || strings.Contains(answer.Body, `"k"`) {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
	if !strings.Contains(a.Log.String(), "a key is not published") {
		t.Error("the log does not tell")
	}
	if !a.verified(a.sign(wire.ObjectOf("sub", "s"))) {
		t.Error("the good key is of no use any more")
	}
}

func TestMembersThatDoNotBelongToAKeyAreNotPublished(t *testing.T) {
	a := start(t, jwt.Options{})
	a.keys()
	public, _ := a.rows()[0]["publicKey"].(string)
	a.change(db.Row{"publicKey": strings.Replace(public, "{", `{"alg":"none","kid":"another","note":"classified",`, 1)})
	for _, key := range a.keys() {
		same(t, "a key", key, map[string]any{"alg": "EdDSA", "crv": "Ed25519", "kid": a.rows()[0][db.ID], "kty": "OKP", "x": key["x"]})
	}
}

func TestKeysThatOthersPublish(t *testing.T) {
	signed := ""
	o := jwt.Options{JWKS: jwt.Keys{RemoteURL: "https://keys.example/jwks.json", KeyPairConfig: jwt.KeyPair{Alg: jwt.RS256}}}
	o.JWT.Sign = func(_ context.Context, claims *wire.Object) (string, error) {
		text, err := wire.Marshal(claims)
		signed = string(text)
		return "signed-elsewhere", err
	}
	a := start(t, o)
	if answer := a.Client().Get("/jwks"); answer.Status != http.StatusNotFound || answer.Body != "" {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
	c := a.signedIn()
	if got := a.token(c); got != "signed-elsewhere" || !strings.Contains(signed, `"email":"ann@example.com"`) || !strings.Contains(signed, `"iss":"`+origin+`"`) {
		t.Errorf("got %s of %s", got, signed)
	}
	if got := c.Get("/get-session").Header.Get("Set-Auth-Jwt"); got != "signed-elsewhere" {
		t.Errorf("the header is %q", got)
	}
	if rows := a.rows(); len(rows) != 0 {
		t.Errorf("%d pairs are stored", len(rows))
	}
}

// The application keeps the pairs, and nothing goes to the database.
func TestKeysThatTheApplicationKeeps(t *testing.T) {
	var kept []jwt.Key
	failure := error(nil)
	o := jwt.Options{JWKS: jwt.Keys{RotationInterval: time.Hour}}
	o.Adapter = jwt.Adapter{
		GetJWKs: func(context.Context) ([]jwt.Key, error) { return slices.Clone(kept), failure },
		CreateJWK: func(_ context.Context, k jwt.Key) (jwt.Key, error) {
			k.ID = "key-" + string(rune('a'+len(kept)))
			kept = append(kept, k)
			return k, failure
		},
	}
	a := start(t, o)
	c := a.signedIn()
	for _, want := range []string{"key-a", "key-b"} {
		token := a.token(c)
		same(t, "the key", header(t, token)["kid"], want)
		if !a.verified(token) {
			t.Errorf("the token of %s is not read", want)
		}
		a.Clock.Advance(2 * time.Hour)
	}
	same(t, "the published keys", []any{a.keys()[0]["kid"], a.keys()[1]["kid"]}, []string{"key-a", "key-b"})
	if rows := a.rows(); len(rows) != 0 || len(kept) != 2 {
		t.Errorf("%d pairs are in the database, %d with the application", len(rows), len(kept))
	}
	failure = errors.New("the application's store is away")
	if answer := c.Get("/token"); answer.Status != http.StatusInternalServerError || answer.Body != "" {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
}

func TestTheTableCanHaveOtherNames(t *testing.T) {
	a := start(t, jwt.Options{Schema: jwt.Schema{JWKS: core.TableNames{ModelName: "signing_keys", Fields: map[string]string{"privateKey": "private_key"}}}})
	table := a.Table(jwt.ModelName)
	if table.Name != "signing_keys" || table.Field("privateKey").Column != "private_key" || len(a.keys()) != 1 {
		t.Errorf("the table is %q", table.Name)
	}
}

func TestAPairKeepsItsPrivateKeyToItself(t *testing.T) {
	k := jwt.Key{ID: "kid", PrivateKey: "classified"}
	text, err := wire.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(text), fmt.Sprintf("%v %+v %#v %s", k, k, k, []jwt.Key{k}), k.LogValue().String()} {
		if strings.Contains(shown, "classified") {
			t.Errorf("it shows %s", shown)
		}
	}
}

func TestThePrivateKeyIsNowhereButInItsRow(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{DisablePrivateKeyEncryption: true}})
	c := a.signedIn()
	var seen strings.Builder
	for _, path := range []string{"/token", "/get-session", "/jwks", "/list-sessions"} {
		answer := c.Get(path)
		fmt.Fprintln(&seen, answer.Status, answer.Header, answer.Body)
	}
	text, _ := a.rows()[0]["privateKey"].(string)
	d, _ := object(t, text).Get("d")
	secret, _ := d.(string)
	a.change(db.Row{"privateKey": text[:len(text)-1]}) // no longer a key
	answer := c.Get("/token")
	fmt.Fprintln(&seen, answer.Status, answer.Header, answer.Body, a.Log)
	if answer.Status != http.StatusInternalServerError || len(secret) != 43 || strings.Contains(seen.String(), secret) {
		t.Errorf("the private key is told, or the last answer is %d", answer.Status)
	}
}
