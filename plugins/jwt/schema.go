package jwt

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// ModelName is upstream's name of the model.
const ModelName = "jwks"

// Key is one key pair as it is stored. It never goes into an answer.
type Key struct {
	ID        string `db:"id"`        // the kid of its tokens
	PublicKey string `db:"publicKey"` // a JWK
	// PrivateKey is a JWK, or the JSON text of one that the server's secret has
	// encrypted.
	PrivateKey string     `db:"privateKey" json:"-"`
	CreatedAt  time.Time  `db:"createdAt"`
	ExpiresAt  *time.Time `db:"expiresAt"` // when it stops signing; nil is never
	// Alg and Crv are null in rows of 1.6.9: the public key tells.
	Alg   *string        `db:"alg"`
	Crv   *string        `db:"crv"`
	Extra map[string]any `db:",extra" json:"-"`
}

// Format writes the id alone, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "jwt.Key(%s)", k.ID) }

// LogValue keeps the private key out of logs.
func (k Key) LogValue() slog.Value { return slog.StringValue("jwt.Key(" + k.ID + ")") }

// Adapter keeps the key pairs elsewhere than in the database. What is not set goes
// to the database.
type Adapter struct {
	// GetJWKs returns all pairs.
	GetJWKs func(ctx context.Context) ([]Key, error) `opt:"getJwks"`
	// CreateJWK keeps a pair and returns it with its id. Of all servers on one
	// database, one at a time calls it.
	CreateJWK func(ctx context.Context, k Key) (Key, error) `opt:"createJwk"`
}

func (p *Plugin) declareTable(s *core.Setup) error {
	model, err := db.NewModel[Key](ModelName, p.auth.Now)
	if err != nil {
		return err
	}
	s.Table(model.Table)
	s.Schema(ModelName, p.opts.Schema.JWKS.Schema())
	p.pairs = &pairs{p.auth, model, p.opts.Adapter}
	return nil
}
