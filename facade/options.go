package gatehouse

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// What the options are made of, in the order of Options.
type (
	// Options configures a server.
	Options = core.Options
	// DynamicBaseURL derives the base URL from the host of each request.
	DynamicBaseURL = core.DynamicBaseURL
	// SecretVersion is one secret of a rotation.
	SecretVersion = secret.Version
	// EmailAndPassword configures sign-up and sign-in with a password.
	EmailAndPassword = core.EmailAndPassword
	// PasswordFuncs hash and verify passwords in the application's own way.
	PasswordFuncs = core.PasswordFuncs
	// EmailVerification configures the mail that proves an address.
	EmailVerification = core.EmailVerification
	// VerificationEmail is what a sender of verification mail gets.
	VerificationEmail = core.VerificationEmail
	// UserOptions configures the user model.
	UserOptions = core.UserOptions
	// SessionOptions configures sessions.
	SessionOptions = core.SessionOptions
	// CookieCache keeps the session in a cookie.
	CookieCache = core.CookieCache
	// AccountOptions configures the account model.
	AccountOptions = core.AccountOptions
	// VerificationOptions configures the verification model.
	VerificationOptions = core.VerificationOptions
	// Field is an additional field of a model.
	Field = core.Field
	// RateLimit configures the limiter.
	RateLimit = core.RateLimit
	// CustomRule limits the paths that match.
	CustomRule = ratelimit.CustomRule
	// Rule allows some requests in a window.
	Rule = ratelimit.Rule
	// Advanced holds low-level settings.
	Advanced = core.Advanced
	// IPAddress configures how a client's address is found.
	IPAddress = core.IPAddress
	// CookieRename changes one cookie: its name, its attributes.
	CookieRename = cookies.Rename
	// CookieOverride changes attributes of cookies.
	CookieOverride = cookies.Override
	// CrossSubDomainCookies shares cookies with sibling subdomains.
	CrossSubDomainCookies = core.CrossSubDomainCookies
	// AdvancedDatabase configures ids.
	AdvancedDatabase = core.AdvancedDatabase
	// Logger configures logging.
	Logger = core.Logger
	// APIErrors configures what happens on errors.
	APIErrors = core.APIErrors
	// ErrorPage changes the look of the built-in error page.
	ErrorPage = core.ErrorPage
	// ErrorPageColors are CSS colours.
	ErrorPageColors = core.ErrorPageColors
	// ErrorPageSizes are CSS lengths.
	ErrorPageSizes = core.ErrorPageSizes
	// ErrorPageFonts are CSS font families.
	ErrorPageFonts = core.ErrorPageFonts
	// Hooks run before and after every endpoint.
	Hooks = core.Hooks
	// DatabaseHooks are hooks around the writes of the core models.
	DatabaseHooks = core.DatabaseHooks
	// ModelHooks are callbacks around the writes of one model.
	ModelHooks = db.Hooks
	// Compat restores observable defaults of Better Auth 1.6.9.
	Compat = core.Compat
)

// What functions of the options and plugins meet.
type (
	// Plugin is a feature that is added to a server.
	Plugin = core.Plugin
	// Ctx is one call of an endpoint.
	Ctx = core.Ctx
	// Hook runs before or after endpoints.
	Hook = core.Hook
	// Error is the answer to a request that failed.
	Error = core.Error
)
