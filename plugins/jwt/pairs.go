package jwt

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// pairs reads and writes the key pairs. It is the only code that touches their table.
type pairs struct {
	auth   *core.Auth
	model  *db.Model[Key]
	custom Adapter
}

// listLimit bounds how many pairs are looked at, the newest first: upstream's limit
// of lists.
const listLimit = 100

// newest lists pairs from the newest on.
func (p *pairs) newest(ctx context.Context, where db.Where, lock bool) ([]Key, error) {
	rows, err := p.auth.Store().Select(ctx, db.Query{
		Table: p.model.Table, Where: where, Order: []db.Order{{Field: "createdAt", Desc: true}}, Limit: listLimit, ForUpdate: lock,
	})
	if err != nil {
		return nil, err
	}
	return p.model.Records(rows)
}

// all is newest for pairs that the application keeps.
func (p *pairs) all(ctx context.Context) ([]Key, error) {
	list, err := p.custom.GetJWKs(ctx)
	if err != nil {
		return nil, err
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b Key) int { return b.CreatedAt.Compare(a.CreatedAt) }), nil
}

// candidates are the pairs that may be for an algorithm, from the newest on. lock
// reads what others have committed until now; it needs a transaction.
func (p *pairs) candidates(ctx context.Context, a Algorithm, lock bool) ([]Key, error) {
	if p.custom.GetJWKs != nil {
		return p.all(ctx)
	}
	return p.newest(ctx, db.Where{{Any: []db.Where{{db.By("alg", string(a))}, {db.By("alg", nil)}}}}, lock)
}

// published are the pairs that were not over at a time, from the newest on. none
// tells that there is no pair at all.
func (p *pairs) published(ctx context.Context, at time.Time) (list []Key, none bool, err error) {
	if p.custom.GetJWKs != nil {
		list, err = p.all(ctx)
		none = len(list) == 0
		return slices.DeleteFunc(list, func(k Key) bool { return k.over(at) }), none, err
	}
	list, err = p.newest(ctx, db.Where{{Any: []db.Where{{db.By("expiresAt", nil)}, {{Field: "expiresAt", Op: db.Gt, Value: at}}}}}, false)
	if err != nil || len(list) > 0 {
		return list, false, err
	}
	n, err := p.auth.Store().Count(ctx, p.model.Table, nil)
	return nil, n == 0, err
}

// byID finds a pair by the kid of a token. The database may compare more loosely
// than is good for a key: what it finds must have that very id.
func (p *pairs) byID(ctx context.Context, id string) (Key, bool, error) {
	var list []Key
	var err error
	if p.custom.GetJWKs != nil {
		list, err = p.all(ctx)
	} else {
		list, err = p.newest(ctx, db.Where{db.By(db.ID, id)}, false)
	}
	if err != nil {
		return Key{}, false, err
	}
	if i := slices.IndexFunc(list, func(k Key) bool { return k.ID == id }); i >= 0 {
		return list[i], true, nil
	}
	return Key{}, false, nil
}

// create keeps a pair and returns it with its id.
func (p *pairs) create(ctx context.Context, k Key) (Key, error) {
	if p.custom.CreateJWK != nil {
		return p.custom.CreateJWK(ctx, k)
	}
	row, err := p.auth.Store().Create(ctx, p.model.Table, p.model.Row(k))
	if err != nil {
		return Key{}, err
	}
	return p.model.Record(row)
}

// over tells whether a pair had stopped signing before a time, or just then.
func (k Key) over(at time.Time) bool { return k.ExpiresAt != nil && !k.ExpiresAt.After(at) }
