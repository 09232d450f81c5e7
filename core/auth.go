// Package core is the contract that every feature of Gatehouse is written
// against, and the runtime that carries it: options, plugins, typed endpoints,
// hooks, the way of a request, database hooks and errors.
//
// Package core has no routes of its own: core/routes is a plugin like any
// other, which facade and authtest put first.
package core

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

const defaultMaxBody = 1 << 20

// Auth is a running server: an http.Handler that is safe for concurrent use.
type Auth struct {
	opts   Options
	log    *slog.Logger
	now    func() time.Time
	random io.Reader
	closed atomic.Bool

	proxyHint sync.Once
	shed      shedding
	uncopied  shedding // calls of the secondary storage in whose place the database answered
	uncounted shedding // requests that the rate limit's storage could not count

	keys     *secret.Keys
	hasher   password.Hasher
	resolver *origin.Resolver
	trusted  *origin.Matcher
	specs    *cookies.Set
	limiter  *ratelimit.Limiter
	ip       ratelimit.IPConfig
	maxBody  int64

	tables   tableSet
	store    *db.Store
	users    *user.Store
	sessions *session.Store
	accounts *account.Store

	verifications *verification.Store

	router        router
	before, after []namedHook
	middleware    []pathMiddleware
	onRequest     []OnRequest
	onResponse    []OnResponse
	pluginRules   []ratelimit.PathRule
	pluginCookies map[string]cookies.Override
	errorCodes    map[string][]*Error
	dbHooks       map[string][]db.Hooks

	background      *background
	sessionSettings sessionSettings
	stateless       bool
}

// New checks the options, sets up the plugins in order and returns the server.
// Everything that is wrong with the configuration comes back at once, each
// error with the name of the option.
func New(opts Options) (*Auth, error) {
	a := &Auth{
		opts: opts, now: opts.Clock, random: opts.Random, maxBody: opts.MaxBodyBytes, hasher: opts.Hasher,
		pluginCookies: map[string]cookies.Override{}, errorCodes: map[string][]*Error{}, dbHooks: map[string][]db.Hooks{},
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.random == nil {
		a.random = rand.Reader
	}
	if a.maxBody == 0 {
		a.maxBody = defaultMaxBody
	}
	if a.opts.AppName == "" {
		a.opts.AppName = "Better Auth"
	}
	errs := []error{a.setLogger(), a.checkOptions(), a.setSecret(), a.setOrigins(), a.setCookies(), a.setHasher()}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	a.background = newBackground(a.log, a.opts.Advanced.BackgroundTasks.Handler)
	if err := errors.Join(a.setUp()...); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return a, nil
}

// setUp declares the tables, runs the plugins' Setup and builds what depends on both.
func (a *Auth) setUp() []error {
	models, errs := a.declareTables()
	if errs != nil {
		return errs
	}
	a.addUserHooks()
	ids := map[string]bool{}
	for i, p := range a.opts.Plugins {
		if p == nil {
			errs = append(errs, fmt.Errorf("plugins: entry %d is nil", i))
			continue
		}
		if ids[p.ID()] {
			errs = append(errs, fmt.Errorf("plugins: %q is there twice", p.ID()))
		}
		ids[p.ID()] = true
		s := &Setup{auth: a, plugin: p}
		s.fail(p.Setup(s))
		errs = append(errs, s.errs...)
	}
	errs = append(errs, a.addFields()...)
	errs = append(errs, a.addLimitTable())
	errs = append(errs, a.tables.check(a.opts.Advanced.Database.GenerateID)...)
	return append(errs, a.makeStores(models), a.makeLimiter())
}

func (a *Auth) addUserHooks() {
	if h := a.opts.Hooks.Before; h != nil {
		a.before = append(a.before, namedHook{Hook{Run: h}, "user"})
	}
	if h := a.opts.Hooks.After; h != nil {
		a.after = append(a.after, namedHook{Hook{Run: h}, "user"})
	}
	for model, h := range map[string]db.Hooks{
		user.ModelName: a.opts.DatabaseHooks.User, session.ModelName: a.opts.DatabaseHooks.Session,
		account.ModelName: a.opts.DatabaseHooks.Account, verification.ModelName: a.opts.DatabaseHooks.Verification,
	} {
		if !h.Empty() {
			h.Source = "user"
			a.dbHooks[model] = append(a.dbHooks[model], h)
		}
	}
}

// Close refuses new requests and waits until the background work is done or
// the context ends. The database is the caller's to close.
func (a *Auth) Close(ctx context.Context) error {
	a.closed.Store(true)
	return a.background.close(ctx)
}

// Idle waits until no background work is queued or running.
func (a *Auth) Idle(ctx context.Context) error { return a.background.wait(ctx) }

// Options returns the options, for reading.
func (a *Auth) Options() *Options { return &a.opts }

// Tables lists the declared tables in order of declaration.
func (a *Auth) Tables() []*db.Table { return a.tables.list }

// Table returns the declared table of a model, or nil.
func (a *Auth) Table(model string) *db.Table { return a.tables.by[model] }

// Store is the database with its hooks.
func (a *Auth) Store() *db.Store { return a.store }

// Users is the store of users.
func (a *Auth) Users() *user.Store { return a.users }

// Sessions is the store of sessions.
func (a *Auth) Sessions() *session.Store { return a.sessions }

// Accounts is the store of accounts.
func (a *Auth) Accounts() *account.Store { return a.accounts }

// Verifications is the store of verifications.
func (a *Auth) Verifications() *verification.Store { return a.verifications }

// Keys signs and encrypts with the server's secret.
func (a *Auth) Keys() *secret.Keys { return a.keys }

// Now is the server's clock, for models and handlers.
func (a *Auth) Now() time.Time { return a.now() }

// Log is the server's logger.
func (a *Auth) Log() *slog.Logger { return a.log }

// Migrator returns the database's migration planner, if it has one.
func (a *Auth) Migrator() (db.Migrator, bool) {
	m, ok := a.opts.Database.(db.Migrator)
	return m, ok
}
