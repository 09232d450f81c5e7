package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// inSecondary is the keeper that a session lives by where the secondary storage
// has it. As upstream, nobody is asked or told in database hooks when it ends.
type inSecondary struct {
	*shelf
	db     *db.Store
	newID  func() string
	record bool // begin and changes of sessions are also written to the database
}

func (k *inSecondary) create(ctx context.Context, row db.Row, owner user.User) (db.Row, error) {
	return k.db.CreateIn(ctx, k.model.Table, row, func(ctx context.Context, t *db.Table, row db.Row) (_ db.Row, err error) {
		if k.record {
			row, err = k.db.Adapter().Insert(ctx, t, row)
		} else if _, has := row[db.ID]; !has {
			row[db.ID] = k.newID()
		}
		if err != nil {
			return nil, err
		}
		rec, err := output(k.model, row)
		if err != nil {
			return nil, err
		}
		return row, db.AfterCommit(ctx, func(ctx context.Context) error { return k.begin(ctx, rec, owner) })
	})
}

// begin writes a new session. One that was ended before it was there ends now,
// and one whose user has changed meanwhile gets the user as it is.
func (k *inSecondary) begin(ctx context.Context, rec Session, owner user.User) error {
	if err := k.put(ctx, rec, owner); err != nil {
		return err
	}
	listed, err := k.listed(ctx, rec.UserID)
	if err != nil {
		return err
	}
	if !slices.Contains(listed, rec.Token) {
		return k.remove(ctx, rec.UserID, []string{rec.Token})
	}
	return k.refresh(ctx, rec.Token, "")
}

func (k *inSecondary) byToken(ctx context.Context, token string) (WithUser, bool, error) {
	got, ok, err := k.get(ctx, token)
	found := got.session
	if err != nil || !ok || len(got.value.Changing) == 0 {
		return found, ok, err
	}
	if found.User, ok, err = k.users.ByID(ctx, found.User.ID); err != nil || !ok {
		return WithUser{}, false, err
	}
	return found, true, nil
}

func (k *inSecondary) byTokens(ctx context.Context, tokens []string) ([]WithUser, error) {
	out := make([]WithUser, 0, len(tokens))
	seen := make(map[string]bool, len(tokens))
	for _, token := range tokens {
		if seen[token] {
			continue
		}
		seen[token] = true
		found, ok, err := k.byToken(ctx, token)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, found)
		}
	}
	return out, nil
}

func (k *inSecondary) active(ctx context.Context, userID string, now time.Time) ([]Session, error) {
	tokens, err := k.listed(ctx, userID)
	if err != nil {
		return nil, err
	}
	found, err := k.byTokens(ctx, tokens)
	if err != nil {
		return nil, err
	}
	out := make([]Session, 0, len(found))
	for _, one := range found {
		if one.Session.UserID == userID && one.Session.ExpiresAt.After(now) {
			out = append(out, one.Session)
		}
	}
	return out, nil
}

func (k *inSecondary) update(ctx context.Context, token string, now time.Time, set db.Row) (rec Session, ok bool, err error) {
	// A transaction of the caller's own may still be rolled back. One that only
	// database hooks need is no reason to wait: what they are told has happened.
	waits := db.InTx(ctx)
	change := db.Change{Table: k.model.Table, Where: live(token, now), Set: set, Returning: true}
	_, err = k.db.UpdateIn(ctx, change, func(ctx context.Context, c db.Change) (db.Result, error) {
		set, err := k.members(c.Set)
		if err != nil {
			return db.Result{}, err
		}
		if waits {
			rec, ok, err = k.changed(ctx, token, now, set)
			if ok && err == nil {
				err = db.AfterCommit(ctx, func(ctx context.Context) error {
					_, _, err := k.changeFields(ctx, token, now, set)
					return err
				})
			}
		} else {
			rec, ok, err = k.changeFields(ctx, token, now, set)
		}
		if err != nil || !ok {
			return db.Result{}, err
		}
		if k.record {
			if _, err := k.db.Adapter().Update(ctx, c); err != nil {
				return db.Result{}, err
			}
		}
		return db.Result{Count: 1, Rows: []db.Row{k.model.Row(rec)}}, nil
	})
	if err != nil {
		return Session{}, false, err
	}
	return rec, ok, nil
}

func (k *inSecondary) extend(ctx context.Context, token string, now, expiresAt time.Time) (Session, bool, error) {
	return k.update(ctx, token, now, extension(now, expiresAt))
}

// members are the values of a change as they are read.
func (k *inSecondary) members(set db.Row) (*wire.Object, error) {
	row := maps.Clone(set)
	if err := db.Output(k.model.Table, row); err != nil {
		return nil, err
	}
	o := wire.NewObject()
	for _, f := range k.model.Table.Fields {
		if _, changed := set[f.Name]; !changed {
			continue
		}
		if _, counts := row[f.Name].(db.Increment); counts {
			return nil, fmt.Errorf("session.%s: the secondary storage cannot count", f.Name)
		}
		o.Set(f.Name, row[f.Name])
	}
	return o, nil
}

// changed is a session as it would be after a change.
func (k *inSecondary) changed(ctx context.Context, token string, now time.Time, set *wire.Object) (Session, bool, error) {
	got, ok, err := k.get(ctx, token)
	if err != nil || !ok || !got.session.Session.ExpiresAt.After(now) {
		return Session{}, false, err
	}
	_, rec, err := k.with(got.value, set)
	return rec, err == nil, err
}

// changeFields changes a session that has not ended.
func (k *inSecondary) changeFields(ctx context.Context, token string, now time.Time, set *wire.Object) (rec Session, ok bool, err error) {
	if set.Has("expiresAt") {
		// The list first: see enlist.
		if rec, ok, err = k.changed(ctx, token, now, set); err != nil || !ok {
			return Session{}, false, err
		}
		if err := k.enlist(ctx, rec); err != nil {
			return Session{}, false, err
		}
	}
	ok, err = k.change(ctx, token, func(v value, found WithUser) (value, time.Time, bool, error) {
		if !found.Session.ExpiresAt.After(now) {
			return value{}, time.Time{}, false, nil
		}
		var err error
		v, rec, err = k.with(v, set)
		return v, rec.ExpiresAt, err == nil, err
	})
	return rec, ok, err
}

// with sets members of a stored session. Those that only another server knows stay.
func (k *inSecondary) with(v value, set *wire.Object) (value, Session, error) {
	decoded, err := wire.Decode(v.Session, wire.Limits{})
	if err != nil {
		return value{}, Session{}, err
	}
	o, _ := decoded.(*wire.Object) // it was one before
	for name, member := range set.All() {
		o.Set(name, member)
	}
	if v.Session, err = wire.Marshal(o); err != nil {
		return value{}, Session{}, err
	}
	rec, err := k.model.FromJSON(string(v.Session))
	return v, rec, err
}

func (k *inSecondary) end(ctx context.Context, token string, which ending) error {
	return db.AfterCommit(ctx, func(ctx context.Context) error { return k.takeOut(ctx, token, which) })
}

func (k *inSecondary) endAll(ctx context.Context, userID, except string) error {
	end := func(ctx context.Context) error { return k.endListed(ctx, userID, except) }
	if !db.InTx(ctx) {
		return db.AfterCommit(ctx, end)
	}
	// Nothing is committed that the sessions must not outlive, such as a new
	// password, before they are over. Once more afterwards, for one that began
	// meanwhile.
	if err := db.BeforeCommit(ctx, end); err != nil {
		return err
	}
	return db.AfterCommit(ctx, end)
}

func (k *inSecondary) forget(ctx context.Context, userID string) error {
	return k.endAll(ctx, userID, "")
}

func (k *inSecondary) tokens(ctx context.Context, userID string) ([]string, error) {
	return k.listedSince(ctx, userID, k.lately())
}

// refresh writes the user as it is into one session and takes a mark away. The
// user is read after the session, so that of several at once the last one to
// write has seen the newest.
func (k *inSecondary) refresh(ctx context.Context, token, mark string) error {
	_, err := k.change(ctx, token, func(v value, found WithUser) (value, time.Time, bool, error) {
		owner, ok, err := k.users.ByID(ctx, found.User.ID)
		if err != nil {
			return value{}, time.Time{}, false, err
		}
		if !ok {
			return value{}, time.Time{}, true, nil // ends with its user
		}
		v.Changing = k.unmarked(v.Changing, mark)
		v.User, err = k.users.RowJSON(owner)
		return v, found.Session.ExpiresAt, err == nil, err
	})
	return err
}
