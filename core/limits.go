package core

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// The values of rateLimit.storage.
const (
	limitsInMemory    = "memory"
	limitsInDatabase  = "database"
	limitsInSecondary = "secondary-storage"
)

// checkLimitStorage checks where rate limits are kept, and applies the default.
func (a *Auth) checkLimitStorage() error {
	o := &a.opts.RateLimit
	switch {
	case o.Store != nil && o.Storage != "":
		return errors.New("rateLimit.storage: rateLimit.customStorage keeps the counters; set one of the two")
	case o.Storage == limitsInSecondary && a.opts.SecondaryStorage == nil:
		return errors.New("rateLimit.storage: secondary-storage needs the option secondaryStorage")
	case o.Storage == "" && o.Store == nil && a.opts.SecondaryStorage != nil:
		o.Storage = limitsInSecondary
	}
	switch o.Storage {
	case "", limitsInMemory, limitsInDatabase, limitsInSecondary:
		return nil
	}
	return fmt.Errorf("rateLimit.storage: %q is not memory, database or secondary-storage", o.Storage)
}

// addLimitTable declares the table of counters where there is one: behind all
// others, as upstream. Also where the limits are switched off, so that the schema
// does not depend on that.
func (a *Auth) addLimitTable() error {
	o := &a.opts.RateLimit
	if o.Storage != limitsInDatabase {
		return nil
	}
	if err := a.tables.add(ratelimit.NewTable(a.now)); err != nil {
		return fmt.Errorf("rateLimit.storage: %w", err)
	}
	return a.tables.rename("rateLimit", ratelimit.ModelName, o.ModelName, o.Fields)
}

// makeLimiter builds the rate limiter, when the rules of every plugin are known.
func (a *Auth) makeLimiter() error {
	o := &a.opts.RateLimit
	cfg := ratelimit.Config{
		Enabled: a.rateLimitEnabled(), Window: o.Window, Max: o.Max,
		PluginRules: a.pluginRules, Custom: o.CustomRules, Store: o.Store,
		Away: func(ctx context.Context, err error) {
			if count, tell := a.uncounted.note(a.now()); tell {
				a.log.WarnContext(ctx, "the rate limit's storage cannot count: this process does meanwhile, on paths without a rule of their own", "requests", count, "error", err)
			}
		},
	}
	switch o.Storage {
	case limitsInDatabase:
		cfg.Store = ratelimit.NewDatabase(a.store, a.tables.by[ratelimit.ModelName], ratelimit.DatabaseConfig{
			LongestWindow: cfg.LongestWindow(), Background: a.inBackground,
		})
	case limitsInSecondary:
		cfg.Store = ratelimit.InSecondary(a.opts.SecondaryStorage)
	}
	limiter, err := ratelimit.New(cfg)
	a.limiter = limiter
	return err
}

func (a *Auth) rateLimitEnabled() bool {
	if a.opts.RateLimit.Enabled != nil {
		return *a.opts.RateLimit.Enabled
	}
	return a.opts.Production
}

// limit judges and counts the request. Paths of one pattern share a counter, and
// so do those that no endpoint has: made-up paths neither escape a limit nor fill
// the store.
func (a *Auth) limit(r *http.Request, path string) *Response {
	if !a.rateLimitEnabled() {
		return nil
	}
	pattern, address := path, a.clientAddress(r)
	if route, _ := a.router.find(r.Method, path); route != nil {
		pattern = route.path
	} else {
		path, pattern = "/*", "/*"
	}
	if a.ip.Disable {
		address = a.pseudonym(r)
	}
	d, err := a.limiter.Check(r, path, pattern, address, a.now())
	if err != nil {
		return a.encodeError(nil, a.report(r.Context(), ErrUnavailable.WithCause(err)))
	}
	if d.Allowed {
		return nil
	}
	return &Response{
		Status: ratelimit.AnswerStatus,
		Header: http.Header{"Content-Type": {ratelimit.AnswerContentType}, ratelimit.RetryAfterHeader: {d.RetryAfterSeconds()}},
		Body:   []byte(ratelimit.AnswerBody),
	}
}
