package session

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Config says where sessions are kept.
type Config struct {
	Users *user.Store
	// NewToken makes a fresh session token, and the id of a session that is not
	// in the database where ids are the database's to make.
	NewToken func() string
	// Now is the server's clock.
	Now func() time.Time

	// Secondary keeps the sessions instead of the database. InDatabase keeps
	// them in both: the database then has the last word. With Preserve it has
	// not: there the sessions only stay as a record, also when they have ended.
	Secondary            secondary.Storage
	InDatabase, Preserve bool
	// Away hears why the secondary storage could not be asked, or brought up to
	// date, where the database answers in its place.
	Away func(ctx context.Context, err error)
}

// Store reads and writes sessions.
//
// Inside a database transaction, changes of the secondary storage wait for its
// end: what may not show any more goes just before the commit, the rest comes
// after it. Errors of a storage that is away match db.ErrUnavailable.
type Store struct {
	model *db.Model[Session]
	cfg   Config
	kept  keeper
	shelf *shelf // nil without a secondary storage
}

// keeper is where it is decided whether a session lives.
type keeper interface {
	create(ctx context.Context, row db.Row, owner user.User) (db.Row, error)
	byToken(ctx context.Context, token string) (WithUser, bool, error)
	byTokens(ctx context.Context, tokens []string) ([]WithUser, error)
	active(ctx context.Context, userID string, now time.Time) ([]Session, error)
	update(ctx context.Context, token string, now time.Time, set db.Row) (rec Session, ok bool, err error)
	extend(ctx context.Context, token string, now, expiresAt time.Time) (rec Session, ok bool, err error)
	end(ctx context.Context, token string, which ending) error
	take(ctx context.Context, token string, now time.Time) (ok bool, err error)
	rotate(ctx context.Context, token string, now time.Time, row db.Row, owner user.User) (created db.Row, ok bool, err error)
	// endAll ends the sessions of a user but the one of a token, if that is not "".
	endAll(ctx context.Context, userID, except string) error

	// tokens are those of a user's sessions that may be in the secondary storage,
	// and refresh brings one up to date there and takes a mark away, see announce.
	tokens(ctx context.Context, userID string) ([]string, error)
	refresh(ctx context.Context, token, mark string) error
	// forget ends what the secondary storage has of a user who is about to go.
	forget(ctx context.Context, userID string) error
}

// NewStore returns the store of sessions.
func NewStore(s *db.Store, m *db.Model[Session], cfg Config) *Store {
	out := &Store{model: m, cfg: cfg}
	database := &inDatabase{db: s, model: m, users: cfg.Users}
	if cfg.Secondary == nil {
		out.kept = database
		return out
	}
	out.shelf = &shelf{storage: cfg.Secondary, model: m, users: cfg.Users, now: cfg.Now, away: cfg.Away}
	if cfg.InDatabase && !cfg.Preserve {
		database.copies = &copies{shelf: out.shelf, original: database.find}
		out.kept = database
		return out
	}
	out.kept = &inSecondary{shelf: out.shelf, db: s, newID: cfg.NewToken, record: cfg.InDatabase}
	return out
}

// Table returns the declared table.
func (s *Store) Table() *db.Table { return s.model.Table }

// Output returns the copy of a record that may leave the server: extra fields
// that are not returned are gone.
func (s *Store) Output(rec Session) Session { return s.model.Output(rec) }

// FromJSON reads the form that MarshalJSON writes, as the cookie cache keeps it.
func (s *Store) FromJSON(text string) (Session, error) { return s.model.FromJSON(text) }

// Create writes a session of a user under a new token. The caller sets the
// expiry, the address and the user agent.
func (s *Store) Create(ctx context.Context, rec Session, owner user.User) (Session, error) {
	rec.ID, rec.Token, rec.UserID = "", s.cfg.NewToken(), owner.ID
	row, err := s.kept.create(ctx, s.model.Row(rec), owner)
	if err != nil {
		return Session{}, err
	}
	return s.model.Record(row)
}

// ByToken finds a session and its user, expired or not: in the database with
// one statement. ok is false when either is gone.
func (s *Store) ByToken(ctx context.Context, token string) (found WithUser, ok bool, err error) {
	return s.kept.byToken(ctx, token)
}

// ByTokens finds sessions and their users, expired or not, in the order of the
// tokens. Those that are gone are left out.
func (s *Store) ByTokens(ctx context.Context, tokens []string) ([]WithUser, error) {
	return s.kept.byTokens(ctx, tokens)
}

// Active lists the sessions of a user that have not expired at now.
func (s *Store) Active(ctx context.Context, userID string, now time.Time) ([]Session, error) {
	return s.kept.active(ctx, userID, now)
}

// Update changes fields of a session that still exists and has not expired, and
// returns it as it is then. ok is false when it is gone. Inside a transaction
// it can still go until the commit, where the secondary storage decides.
func (s *Store) Update(ctx context.Context, token string, set db.Row) (rec Session, ok bool, err error) {
	for _, name := range []string{"token", "userId"} {
		if _, has := set[name]; has {
			return Session{}, false, fmt.Errorf("the %s of a session cannot be changed", name)
		}
	}
	return s.kept.update(ctx, token, s.cfg.Now(), set)
}

// Extend moves the expiry of a session that still exists and has not expired
// at now. ok is false when it is gone.
func (s *Store) Extend(ctx context.Context, token string, now, expiresAt time.Time) (rec Session, ok bool, err error) {
	return s.kept.extend(ctx, token, now, expiresAt)
}

func extension(now, expiresAt time.Time) db.Row {
	return db.Row{"expiresAt": db.Millis(expiresAt), "updatedAt": db.Millis(now)}
}

// Delete ends the session of a token, if it is there.
func (s *Store) Delete(ctx context.Context, token string) error {
	return s.kept.end(ctx, token, ending{})
}

// DeleteExpired removes the session of a token if it has expired at now, so
// that a refresh that happens meanwhile survives.
func (s *Store) DeleteExpired(ctx context.Context, token string, now time.Time) error {
	return s.kept.end(ctx, token, ending{expiredAt: db.Millis(now)})
}

// DeleteOwn ends the session of a token if it belongs to the user.
func (s *Store) DeleteOwn(ctx context.Context, token, userID string) error {
	return s.kept.end(ctx, token, ending{userID: userID, own: true})
}

// DeleteAll ends every session of a user.
func (s *Store) DeleteAll(ctx context.Context, userID string) error {
	return s.kept.endAll(ctx, userID, "")
}

// DeleteOthers ends every session of a user but the one of the token.
func (s *Store) DeleteOthers(ctx context.Context, userID, token string) error {
	return s.kept.endAll(ctx, userID, token)
}

// Reach implements [user.Follower].
func (s *Store) Reach(ctx context.Context, userID string) error {
	if s.shelf == nil {
		return nil
	}
	return s.shelf.reach(ctx, listKey(userID))
}

// ForgetUser implements [user.Follower]: the secondary storage forgets the user's
// sessions with the transaction of ctx, which it has to be called in.
func (s *Store) ForgetUser(ctx context.Context, userID string) error {
	if s.shelf == nil {
		return nil
	}
	return s.kept.forget(ctx, userID)
}

// RefreshUser implements [user.Follower]: it brings what the secondary storage keeps
// of a user with each session up to date. A user that is gone takes the sessions
// along. In a transaction it happens with the commit; nothing is committed without
// the storage.
func (s *Store) RefreshUser(ctx context.Context, userID string) error {
	if s.shelf == nil {
		return nil
	}
	tokens := func(ctx context.Context) ([]string, error) { return s.kept.tokens(ctx, userID) }
	if db.InTx(ctx) {
		return s.shelf.announce(ctx, tokens, s.kept.refresh)
	}
	list, err := tokens(ctx)
	for i := 0; err == nil && i < len(list); i++ {
		err = s.kept.refresh(ctx, list[i], "")
	}
	return err
}

// ending says which session of a token shall end.
type ending struct {
	own    bool
	userID string // whose it must be, when own
	// expiredAt, when set, is when it must have expired.
	expiredAt time.Time
}

func (e ending) where(token string) db.Where {
	w := db.Where{db.By("token", token)}
	if e.own {
		w = append(w, db.By("userId", e.userID))
	}
	if !e.expiredAt.IsZero() {
		w = append(w, db.Cond{Field: "expiresAt", Op: db.Lte, Value: e.expiredAt})
	}
	return w
}

func (e ending) fits(rec Session) bool {
	return (!e.own || rec.UserID == e.userID) && (e.expiredAt.IsZero() || !rec.ExpiresAt.After(e.expiredAt))
}
