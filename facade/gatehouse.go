// Package gatehouse is the front door of Gatehouse: Better Auth's server side
// in Go. It composes the core and its routes, and decides nothing itself.
//
//	auth, err := gatehouse.New(gatehouse.Options{
//		BaseURL:          "https://app.example.com",
//		Secret:           os.Getenv("BETTER_AUTH_SECRET"),
//		Database:         database,
//		EmailAndPassword: gatehouse.EmailAndPassword{Enabled: true},
//	})
//	mux.Handle("/api/auth/", auth)
package gatehouse

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

type (
	// Options configures a server.
	Options = core.Options
	// EmailAndPassword configures sign-up and sign-in with a password.
	EmailAndPassword = core.EmailAndPassword
	// EmailVerification configures the mail that proves an address.
	EmailVerification = core.EmailVerification
	// VerificationEmail is what a sender of verification mail gets.
	VerificationEmail = core.VerificationEmail
	// DynamicBaseURL derives the base URL from the host of each request.
	DynamicBaseURL = core.DynamicBaseURL
	// UserOptions configures the user model.
	UserOptions = core.UserOptions
	// SessionOptions configures sessions.
	SessionOptions = core.SessionOptions
	// CookieCache keeps the session in a cookie.
	CookieCache = core.CookieCache
	// RateLimit configures the limiter.
	RateLimit = core.RateLimit
	// Advanced holds low-level settings.
	Advanced = core.Advanced
	// Logger configures logging.
	Logger = core.Logger
	// Compat restores observable defaults of Better Auth 1.6.9.
	Compat = core.Compat
	// Field is an additional field of a model.
	Field = core.Field
	// Plugin is a feature that is added to a server.
	Plugin = core.Plugin
	// Ctx is one call of an endpoint.
	Ctx = core.Ctx
	// Hook runs before or after endpoints.
	Hook = core.Hook
	// Error is the answer to a request that failed.
	Error = core.Error
)

// Auth is a running server: an http.Handler with the core endpoints, which
// Core also offers in process.
type Auth struct {
	*core.Auth
	Core *routes.Plugin
}

// New checks the options and returns a server with the core endpoints and the
// plugins of the options. Everything that is wrong with the configuration comes
// back at once.
func New(opts Options) (*Auth, error) {
	r := routes.New()
	opts.Plugins = append([]Plugin{r}, opts.Plugins...)
	a, err := core.New(opts)
	if err != nil {
		return nil, err
	}
	return &Auth{Auth: a, Core: r}, nil
}
