package core

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// makeStores builds the stores, when every table and database hook is known.
func (a *Auth) makeStores(models declaredModels) error {
	o := &a.opts
	a.store = db.NewStore(o.Database, a.newRowID, a.dbHooks)
	a.users = user.NewStore(a.store, models.user).WithListLimit(o.Advanced.Database.DefaultFindManyLimit)
	a.accounts = account.NewStore(a.store, models.account)
	a.sessions = session.NewStore(a.store, models.session, session.Config{
		Users: a.users, NewToken: func() string { return a.RandomID(tokenLength) }, Now: a.now,
		Secondary: o.SecondaryStorage, InDatabase: o.Session.StoreSessionInDatabase, Preserve: o.Session.PreserveSessionInDatabase,
		Away: func(ctx context.Context, err error) {
			if count, tell := a.uncopied.note(a.now()); tell {
				a.log.WarnContext(ctx, "the secondary storage is away: the database answers for sessions", "times", count, "error", err)
			}
		},
	})
	if o.SecondaryStorage != nil {
		a.users.Follow(a.sessions)
	}
	cfg := verification.Config{
		Default: o.Verification.StoreIdentifier.Default, Overrides: o.Verification.StoreIdentifier.Overrides,
		Secondary: o.SecondaryStorage, InDatabase: o.Verification.StoreInDatabase, Now: a.now,
	}
	if !o.Verification.DisableCleanup {
		cfg.Background = a.inBackground
	}
	a.verifications = verification.NewStore(a.store, models.verification, cfg)
	return nil
}
