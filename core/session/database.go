package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// inDatabase is the keeper that a session lives by where it has a row. A copy
// in the secondary storage spares a look at the database.
type inDatabase struct {
	db     *db.Store
	model  *db.Model[Session]
	users  *user.Store
	copies *copies // nil without a secondary storage
}

func (k *inDatabase) create(ctx context.Context, row db.Row, owner user.User) (db.Row, error) {
	if k.copies == nil {
		return k.db.Create(ctx, k.model.Table, row)
	}
	var created db.Row
	err := k.within(ctx, listKey(owner.ID), func(ctx context.Context) (err error) {
		created, err = k.db.CreateIn(ctx, k.model.Table, row, func(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
			stored, err := k.db.Adapter().Insert(ctx, t, row)
			if err != nil {
				return nil, err
			}
			rec, err := output(k.model, stored)
			if err != nil {
				return nil, err
			}
			return stored, k.copies.add(ctx, rec, owner)
		})
		return err
	})
	return created, err
}

func (k *inDatabase) byToken(ctx context.Context, token string) (WithUser, bool, error) {
	if found, ok := k.copied(ctx, token); ok {
		return found, true, nil
	}
	return k.find(ctx, token)
}

// copied looks for the copy of a session. The database answers as well while the
// secondary storage is away.
func (k *inDatabase) copied(ctx context.Context, token string) (WithUser, bool) {
	if k.copies == nil {
		return WithUser{}, false
	}
	found, ok, err := k.copies.trusted(ctx, token)
	k.copies.tell(ctx, err)
	return found, ok && err == nil
}

// find reads a session and its user from the database, in one statement.
func (k *inDatabase) find(ctx context.Context, token string) (WithUser, bool, error) {
	found, err := k.findAll(ctx, db.By("token", token), 1)
	if err != nil || len(found) == 0 {
		return WithUser{}, false, err
	}
	return found[0], true, nil
}

func (k *inDatabase) findAll(ctx context.Context, which db.Cond, limit int) ([]WithUser, error) {
	rows, err := k.db.Select(ctx, db.Query{
		Table: k.model.Table, Where: db.Where{which}, Limit: limit,
		Joins: []db.Join{{Table: k.users.Table(), Local: "userId", Foreign: db.ID}},
	})
	if err != nil {
		return nil, err
	}
	found := make([]WithUser, 0, len(rows))
	for _, row := range rows {
		owner, _ := row[user.ModelName].(db.Row)
		if owner == nil {
			continue
		}
		var one WithUser
		if one.User, err = k.users.Record(owner); err != nil {
			return nil, err
		}
		if one.Session, err = k.model.Record(row); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

func (k *inDatabase) byTokens(ctx context.Context, tokens []string) ([]WithUser, error) {
	all := make(map[string]WithUser, len(tokens))
	var missing []any
	for _, token := range tokens {
		if found, ok := k.copied(ctx, token); ok {
			all[token] = found
			continue
		}
		missing = append(missing, token)
	}
	if len(missing) > 0 {
		found, err := k.findAll(ctx, db.Cond{Field: "token", Op: db.In, Value: missing}, 0)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			all[one.Session.Token] = one
		}
	}
	out := make([]WithUser, 0, len(all))
	for _, token := range tokens {
		if one, ok := all[token]; ok {
			out = append(out, one)
			delete(all, token)
		}
	}
	return out, nil
}

func (k *inDatabase) active(ctx context.Context, userID string, now time.Time) ([]Session, error) {
	q := db.Query{Table: k.model.Table, Where: db.Where{
		db.By("userId", userID), {Field: "expiresAt", Op: db.Gt, Value: db.Millis(now)},
	}}
	if k.copies != nil {
		// As upstream, which takes the list of the secondary storage.
		q.Order = []db.Order{{Field: "expiresAt"}, {Field: "createdAt"}}
	}
	rows, err := k.db.Select(ctx, q)
	if err != nil {
		return nil, err
	}
	return k.model.Records(rows)
}

// within runs fn in a transaction. A storage that hangs is met before there is one:
// others may have to wait for it.
func (k *inDatabase) within(ctx context.Context, key string, fn func(context.Context) error) error {
	if !db.InTx(ctx) {
		if err := k.copies.reach(ctx, key); err != nil {
			return err
		}
	}
	return k.db.Within(ctx, fn)
}

func (k *inDatabase) update(ctx context.Context, token string, now time.Time, set db.Row) (rec Session, ok bool, err error) {
	if k.copies == nil {
		return k.change(ctx, token, now, set)
	}
	err = k.within(ctx, token, func(ctx context.Context) (err error) {
		if rec, ok, err = k.change(ctx, token, now, set); err != nil || !ok {
			return err
		}
		return k.copies.update(ctx, rec)
	})
	if err != nil {
		return Session{}, false, err
	}
	return rec, ok, nil
}

func (k *inDatabase) extend(ctx context.Context, token string, now, expiresAt time.Time) (rec Session, ok bool, err error) {
	if rec, ok, err = k.change(ctx, token, now, extension(now, expiresAt)); err == nil && ok && k.copies != nil {
		err = k.copies.extend(ctx, rec)
	}
	return rec, ok, err
}

func (k *inDatabase) change(ctx context.Context, token string, now time.Time, set db.Row) (rec Session, ok bool, err error) {
	res, err := k.db.Update(ctx, db.Change{Table: k.model.Table, Where: live(token, now), Set: set, Returning: true})
	if err != nil || len(res.Rows) == 0 {
		return Session{}, false, err
	}
	rec, err = k.model.Record(res.Rows[0])
	return rec, err == nil, err
}

func live(token string, now time.Time) db.Where {
	return db.Where{db.By("token", token), {Field: "expiresAt", Op: db.Gt, Value: db.Millis(now)}}
}

func (k *inDatabase) end(ctx context.Context, token string, which ending) error {
	expires := !which.expiredAt.IsZero()
	if k.copies == nil || expires {
		_, stopped, err := k.delete(ctx, which.where(token))
		if err != nil || stopped || k.copies == nil {
			return err
		}
		return k.copies.expire(ctx, token, which)
	}
	return k.within(ctx, token, func(ctx context.Context) error {
		gone, stopped, err := k.delete(ctx, which.where(token))
		if err != nil || stopped {
			return err
		}
		return k.copies.end(ctx, token, which, gone)
	})
}

func (k *inDatabase) endAll(ctx context.Context, userID, except string) error {
	w := db.Where{db.By("userId", userID)}
	if except != "" {
		w = append(w, db.Cond{Field: "token", Op: db.Ne, Value: except})
	}
	if k.copies == nil {
		_, _, err := k.deleteAll(ctx, w)
		return err
	}
	// Before the rows go, so that no copy of a session that begins afterwards is
	// among them. What is no longer listed is found by its row.
	listed, err := k.copies.listed(ctx, userID)
	if err != nil {
		return err
	}
	listed = slices.DeleteFunc(listed, func(token string) bool { return token == except })
	return k.db.Within(ctx, func(ctx context.Context) error {
		rows, stopped, err := k.deleteAll(ctx, w)
		if err != nil || stopped {
			return err
		}
		gone := make([]string, len(rows))
		for i, rec := range rows {
			gone[i] = rec.Token
		}
		return k.copies.endAll(ctx, userID, listed, gone)
	})
}

// deleteAll is delete for every row that matches. A session that is rotated
// meanwhile makes the first statement wait for its old row, and the new one is none
// that this statement sees: another does.
func (k *inDatabase) deleteAll(ctx context.Context, w db.Where) (gone []Session, stopped bool, err error) {
	for range mostRotations {
		n, some, stopped, err := k.deleteSome(ctx, w)
		gone = append(gone, some...)
		if err != nil || stopped || n == 0 {
			return gone, stopped, err
		}
	}
	return gone, false, nil
}

// mostRotations bounds the statements of deleteAll: each finds only what was rotated
// while the one before waited.
const mostRotations = 10

// delete removes rows and returns them if there may be copies. stopped tells
// that the application keeps the sessions, where upstream answers success.
func (k *inDatabase) delete(ctx context.Context, w db.Where) (gone []Session, stopped bool, err error) {
	_, gone, stopped, err = k.deleteSome(ctx, w)
	return gone, stopped, err
}

func (k *inDatabase) deleteSome(ctx context.Context, w db.Where) (n int64, gone []Session, stopped bool, err error) {
	res, err := k.db.Delete(ctx, db.Removal{Table: k.model.Table, Where: w, Returning: k.copies != nil})
	if errors.Is(err, db.ErrStopped) {
		return 0, nil, true, nil
	}
	if err != nil || k.copies == nil {
		return res.Count, nil, false, err
	}
	gone, err = k.model.Records(res.Rows)
	return res.Count, gone, false, err
}

// tokens are those of a user's sessions that may have a copy: what is listed, and
// what is no longer listed and has a row.
func (k *inDatabase) tokens(ctx context.Context, userID string) ([]string, error) {
	since := k.copies.lately()
	tokens, err := k.copies.listedSince(ctx, userID, since)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(tokens))
	for _, token := range tokens {
		seen[token] = true
	}
	rows, err := k.db.Select(ctx, db.Query{Table: k.model.Table, Where: db.Where{
		db.By("userId", userID), {Field: "expiresAt", Op: db.Gt, Value: db.Millis(since)},
	}})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if token, _ := row["token"].(string); !seen[token] {
			tokens = append(tokens, token)
		}
	}
	return tokens, nil
}

func (k *inDatabase) refresh(ctx context.Context, token, mark string) error {
	_, err := k.copies.sync(ctx, token, mark)
	return err
}

func (k *inDatabase) forget(ctx context.Context, userID string) error {
	tokens, err := k.tokens(ctx, userID)
	if err != nil {
		return err
	}
	return k.copies.forget(ctx, userID, tokens)
}
