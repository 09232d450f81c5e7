package jwt_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

// A pair signs until its end, its tokens verify and its key is published until the
// grace period is over, and then neither.
func TestKeysAreReplacedInTime(t *testing.T) {
	a := start(t, jwt.Options{
		JWKS: jwt.Keys{RotationInterval: time.Hour, GracePeriod: new(2 * time.Hour)},
		JWT:  jwt.Tokens{ExpirationTime: "30d"},
	})
	first := a.sign(wire.ObjectOf("sub", "s"))
	kid := header(t, first)["kid"]
	for _, step := range []struct {
		after           time.Duration
		signs, verifies bool
		published       int
	}{
		{time.Hour - time.Millisecond, true, true, 1},
		{time.Millisecond, true, true, 1}, // as upstream: it is over when its end has passed
		{time.Millisecond, false, true, 2},
		{2*time.Hour - 2*time.Millisecond, false, true, 3},
		{time.Millisecond, false, false, 2},
		{time.Hour, false, false, 3},
	} {
		a.Clock.Advance(step.after)
		if signs := header(t, a.sign(wire.ObjectOf("sub", "s")))["kid"] == kid; signs != step.signs {
			t.Errorf("after %s: the first pair signs: %t", a.Clock.Now(), signs)
		}
		if verifies := a.verified(first); verifies != step.verifies {
			t.Errorf("after %s: the first token verifies: %t", a.Clock.Now(), verifies)
		}
		if n := len(a.keys()); n != step.published {
			t.Errorf("after %s: %d keys are published, want %d", a.Clock.Now(), n, step.published)
		}
	}
}

func TestAGracePeriodOfNothing(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{RotationInterval: time.Hour, GracePeriod: new(time.Duration(0))}})
	token := a.sign(wire.ObjectOf("sub", "s", "exp", "2h"))
	if a.Clock.Advance(time.Hour - time.Second); !a.verified(token) {
		t.Error("it does not verify while its key signs")
	}
	if a.Clock.Advance(time.Second); a.verified(token) || len(a.keys()) != 0 {
		t.Error("it verifies though its key is withdrawn")
	}
}

// Of a pair from before, which has no end, 1.6.9 would never let go.
func TestRotationThatIsSwitchedOnReplacesTheOldKey(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{RotationInterval: time.Hour}})
	old := a.sign(wire.ObjectOf("sub", "s", "exp", "9h"))
	a.change(db.Row{"expiresAt": nil})
	a.Clock.Advance(2 * time.Hour)
	if now := a.sign(wire.ObjectOf("sub", "s")); header(t, now)["kid"] == header(t, old)["kid"] {
		t.Error("the old key still signs")
	}
	if !a.verified(old) || len(a.keys()) != 2 {
		t.Error("the old key is withdrawn, which nobody has said")
	}
}

// 1.6.9 takes an old key for one of the new algorithm, and fails.
func TestAnotherAlgorithmMakesAnotherPair(t *testing.T) {
	for _, named := range []bool{true, false} { // rows of 1.6.9 do not name it
		t.Run(fmt.Sprintf("named: %t", named), func(t *testing.T) {
			shared := &sharedDatabase{}
			before := start(t, jwt.Options{}, shared.use)
			old := before.sign(wire.ObjectOf("sub", "s"))
			if !named {
				before.change(db.Row{"alg": nil, "crv": nil})
			}
			before.Clock.Advance(time.Minute)
			after := start(t, jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: jwt.ES256}}}, shared.use)
			after.Clock.Advance(time.Minute)
			now := after.sign(wire.ObjectOf("sub", "s"))
			same(t, "the algorithm", header(t, now)["alg"], "ES256")
			if !after.verified(now) || !after.verified(old) || len(after.keys()) != 2 {
				t.Error("a token does not verify")
			}
			same(t, "the old key", after.keys()[0]["alg"], "EdDSA")
			same(t, "the old server's", header(t, before.sign(wire.ObjectOf("sub", "s")))["kid"], header(t, old)["kid"])
		})
	}
}

func TestRSAKeysOf169AreForTheConfiguredAlgorithm(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{KeyPairConfig: jwt.KeyPair{Alg: jwt.PS256}}})
	a.keys()
	a.change(db.Row{"alg": nil})
	token := a.sign(wire.ObjectOf("sub", "s"))
	same(t, "the algorithm", header(t, token)["alg"], "PS256")
	if !a.verified(token) || len(a.rows()) != 1 {
		t.Error("the key was not used")
	}
}

func TestPrivateKeysAreReadPlainAndEncrypted(t *testing.T) {
	for _, plain := range []bool{true, false} {
		shared := &sharedDatabase{}
		before := start(t, jwt.Options{JWKS: jwt.Keys{DisablePrivateKeyEncryption: plain}}, shared.use)
		old := before.sign(wire.ObjectOf("sub", "s"))
		text, _ := before.rows()[0]["privateKey"].(string)
		if got := strings.HasPrefix(text, "{"); got != plain {
			t.Errorf("stored plain: %t, want %t", got, plain)
		}
		after := start(t, jwt.Options{JWKS: jwt.Keys{DisablePrivateKeyEncryption: !plain}}, shared.use)
		same(t, "the key", header(t, after.sign(wire.ObjectOf("sub", "s")))["kid"], header(t, old)["kid"])
	}
}

// A secret can be replaced: what an earlier one has encrypted is read, and what no
// secret has is an error that tells the operator, and the client nothing.
func TestTheSecretChanges(t *testing.T) {
	const earlier, later = "earlier-Jd8fKs0qLw3eRt6yUi9oPa2s", "later-Vb5nMx7cZq1wEr4tYu8iOp0aSd"
	one := func(value string) func(*core.Options) { return func(o *core.Options) { o.Secret = value } }
	both := func(o *core.Options) {
		o.Secret, o.Secrets = earlier, []secret.Version{{Version: 2, Value: later}}
	}
	shared := &sharedDatabase{}
	kid := header(t, start(t, jwt.Options{}, shared.use, one(earlier)).sign(wire.ObjectOf("sub", "s")))["kid"]
	same(t, "the key", header(t, start(t, jwt.Options{}, shared.use, both).sign(wire.ObjectOf("sub", "s")))["kid"], kid)

	lost := start(t, jwt.Options{}, shared.use, one(later))
	if _, err := lost.SignJWT.Call(t.Context(), jwt.SignInput{Payload: wire.ObjectOf("sub", "s")}); !errors.Is(err, jwt.ErrPrivateKey) || !errors.Is(err, secret.ErrCiphertext) {
		t.Errorf("got %v", err)
	}
	c := lost.Client()
	c.SignUp("bob@example.com", "password123")
	for _, path := range []string{"/token", "/get-session"} {
		if answer := c.Get(path); answer.Status != http.StatusInternalServerError || answer.Body != "" {
			t.Errorf("%s: got %d %s", path, answer.Status, answer.Body)
		}
	}
	log := lost.Log.String()
	if !strings.Contains(log, "the secret has changed") || strings.Contains(log, later) || strings.Contains(log, earlier) {
		t.Errorf("the log does not tell, or tells too much: %s", log)
	}
	if len(lost.rows()) != 1 || len(lost.keys()) != 1 {
		t.Error("a pair was made in silence, or the public key is withdrawn")
	}
}

func TestPrivateKeysThatCannotBeUsed(t *testing.T) {
	other := start(t, jwt.Options{JWKS: jwt.Keys{DisablePrivateKeyEncryption: true}})
	other.keys()
	foreign, _ := other.rows()[0]["privateKey"].(string)
	for name, tt := range map[string]string{
		"one of another pair": foreign,
		"half a key":          `{"crv":"Ed25519","kty":"OKP"`,
		"a public one":        `{"crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kty":"OKP"}`,
		"nothing":             ``,
		"a text":              `"text"`,
		"half a text":         `"`,
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, jwt.Options{})
			a.keys()
			a.change(db.Row{"privateKey": tt})
			_, err := a.SignJWT.Call(t.Context(), jwt.SignInput{Payload: wire.ObjectOf("sub", "s")})
			if !errors.Is(err, jwt.ErrPrivateKey) || strings.Contains(err.Error(), "11qY") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A pair whose halves do not belong together would give its private key away.
func TestAStoredPublicHalfIsNotSignedWith(t *testing.T) {
	a := start(t, jwt.Options{JWKS: jwt.Keys{DisablePrivateKeyEncryption: true}})
	a.keys()
	row := a.rows()[0]
	private, _ := row["privateKey"].(string)
	x, _ := a.keys()[0]["x"].(string)
	a.change(db.Row{"privateKey": strings.Replace(private, x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", 1)})
	if _, err := a.SignJWT.Call(t.Context(), jwt.SignInput{Payload: wire.ObjectOf("sub", "s")}); !errors.Is(err, jwt.ErrPrivateKey) {
		t.Errorf("got %v", err)
	}
}
