package jwt

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// lockName is held by whoever makes a pair.
const lockName = "jwks"

// signer signs with one stored pair.
type signer struct {
	id, public, private string // of the row that it was made from
	jose.Signer
}

// sign makes the token of claims.
func (s *signer) sign(claims *wire.Object) (string, error) {
	text, err := wire.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := s.Sign(text)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// signer is that of the pair which signs now. The one that signed last is kept: to
// decrypt and read a key takes longer than to sign with it.
func (p *Plugin) signer(ctx context.Context) (*signer, error) {
	k, ok, err := p.current(ctx, false)
	if err == nil && !ok {
		k, err = p.renew(ctx)
	}
	if err != nil {
		return nil, err
	}
	if s := p.last.Load(); s != nil && s.id == k.ID && s.public == k.PublicKey && s.private == k.PrivateKey {
		return s, nil
	}
	s, err := p.open(k)
	if err != nil {
		return nil, fmt.Errorf("jwks row %s: %w", k.ID, err)
	}
	p.last.Store(s)
	return s, nil
}

// current is the newest pair of the configured algorithm, unless it is due to be
// replaced, or there is none.
func (p *Plugin) current(ctx context.Context, lock bool) (Key, bool, error) {
	list, err := p.pairs.candidates(ctx, p.algorithm, lock)
	if err != nil {
		return Key{}, false, err
	}
	now := p.auth.Now()
	for _, k := range list {
		if _, alg, err := k.publicKey(p.algorithm); err != nil || alg != p.algorithm {
			continue
		}
		due := k.ExpiresAt != nil && k.ExpiresAt.Before(now)
		if interval := p.opts.JWKS.RotationInterval; k.ExpiresAt == nil && interval > 0 {
			due = k.CreatedAt.Add(interval).Before(now) // from before rotation was switched on
		}
		return k, !due, nil
	}
	return Key{}, false, nil
}

// renew makes the next pair. Of all who want one at once, on all servers of one
// database, one makes it and the others get it.
func (p *Plugin) renew(ctx context.Context) (k Key, err error) {
	err = p.auth.Store().Tx(ctx, func(ctx context.Context) error {
		if err := p.auth.Store().Lock(ctx, lockName); err != nil {
			return err
		}
		var ok bool
		if k, ok, err = p.current(ctx, true); err != nil || ok {
			return err
		}
		k, err = p.make()
		if err == nil {
			k, err = p.pairs.create(ctx, k)
		}
		return err
	})
	return k, err
}

// make generates a pair in the form of its row.
func (p *Plugin) make() (Key, error) {
	public, private, curve, err := generate(p.opts.JWKS.KeyPairConfig)
	if err != nil {
		return Key{}, fmt.Errorf("generate a key pair: %w", err)
	}
	alg := string(p.algorithm)
	k := Key{CreatedAt: db.Millis(p.auth.Now()), Alg: &alg}
	if curve != "" {
		k.Crv = &curve
	}
	if interval := p.opts.JWKS.RotationInterval; interval > 0 {
		end := k.CreatedAt.Add(interval)
		k.ExpiresAt = &end
	}
	text, err := wire.Marshal(public)
	if err != nil {
		return Key{}, err
	}
	k.PublicKey = string(text)
	if text, err = wire.Marshal(private); err != nil {
		return Key{}, err
	}
	if !p.opts.JWKS.DisablePrivateKeyEncryption {
		sealed, err := p.auth.Keys().Encrypt(string(text))
		if err != nil {
			return Key{}, err
		}
		if text, err = wire.Marshal(sealed); err != nil {
			return Key{}, err
		}
	}
	k.PrivateKey = string(text)
	return k, nil
}

// open makes the signer of a pair. Whether its private key is encrypted shows in the
// row, so that rows from before the option was changed stay good.
func (p *Plugin) open(k Key) (*signer, error) {
	public, alg, err := k.publicKey(p.algorithm)
	if err != nil {
		return nil, err
	}
	text := k.PrivateKey
	if strings.HasPrefix(text, `"`) {
		var sealed string
		if err := json.Unmarshal([]byte(text), &sealed); err != nil {
			return nil, fmt.Errorf("%w: it is not a JSON text", ErrPrivateKey)
		}
		if text, err = p.auth.Keys().Decrypt(sealed); err != nil {
			return nil, fmt.Errorf("%w, most likely because the secret has changed since it was encrypted: "+
				"keep the earlier one in secrets, or delete the row, after which its tokens no longer verify: %w", ErrPrivateKey, err)
		}
	}
	key, err := privateKey(text, public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrivateKey, err)
	}
	s, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: key, KeyID: k.ID},
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrivateKey, err)
	}
	return &signer{k.ID, k.PublicKey, k.PrivateKey, s}, nil
}
