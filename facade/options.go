package gatehouse

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// What the options are made of, in the order of Options.
type (
	// Options configures a server.
	Options = core.Options
	// DynamicBaseURL derives the base URL from the host of each request.
	DynamicBaseURL = core.DynamicBaseURL
	// SecretVersion is one secret of a rotation.
	SecretVersion = secret.Version
	// SecondaryStorage is a key-value store beside the database or instead of it.
	SecondaryStorage = secondary.Storage
	// EmailAndPassword configures sign-up and sign-in with a password.
	EmailAndPassword = core.EmailAndPassword
	// PasswordFuncs hash and verify passwords in the application's own way.
	PasswordFuncs = core.PasswordFuncs
	// ResetPasswordEmail is what a sender of reset mail gets.
	ResetPasswordEmail = core.ResetPasswordEmail
	// EmailVerification configures the mail that proves an address.
	EmailVerification = core.EmailVerification
	// VerificationEmail is what a sender of verification mail gets.
	VerificationEmail = core.VerificationEmail
	// UserOptions configures the user model.
	UserOptions = core.UserOptions
	// ChangeEmail configures how users change their address.
	ChangeEmail = core.ChangeEmail
	// ChangeEmailConfirmation is what a sender gets that asks the present address.
	ChangeEmailConfirmation = core.ChangeEmailConfirmation
	// DeleteUser configures how users delete themselves.
	DeleteUser = core.DeleteUser
	// DeleteAccountEmail is what a sender gets that confirms a deletion.
	DeleteAccountEmail = core.DeleteAccountEmail
	// SessionOptions configures sessions.
	SessionOptions = core.SessionOptions
	// CookieCache keeps the session in a cookie.
	CookieCache = core.CookieCache
	// RefreshCache configures how a cached session renews itself.
	RefreshCache = core.RefreshCache
	// AccountOptions configures the account model.
	AccountOptions = core.AccountOptions
	// AccountLinking configures which accounts a user may have together.
	AccountLinking = core.AccountLinking
	// VerificationOptions configures the verification model.
	VerificationOptions = core.VerificationOptions
	// StoreIdentifier says how identifiers of verifications are stored.
	StoreIdentifier = core.StoreIdentifier
	// IdentifierStorage is one way to store them.
	IdentifierStorage = verification.Storage
	// IdentifierOverride is how identifiers with a prefix are stored.
	IdentifierOverride = verification.Override
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
	// BackgroundTasks configures work that no request waits for.
	BackgroundTasks = core.BackgroundTasks
	// Experimental holds options of upstream that have no effect here.
	Experimental = core.Experimental
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
	// User is a stored user.
	User = user.User
	// Session is a stored session.
	Session = session.Session
)
