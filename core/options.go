package core

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// Options configures a server. The zero value of every field is upstream's
// default. Each field's `opt` tag carries upstream's name of the option; `not`
// marks a boolean that upstream spells the other way round, `sender` a function
// that a configuration file switches on with true, and `code` what data cannot
// express.
type Options struct {
	AppName string `opt:"appName"` // default "Better Auth"

	// BaseURL is the public origin, such as "https://app.example.com"; a path in
	// it replaces BasePath. DynamicBaseURL derives it per request instead.
	// Without both, it is derived from each request's Host header.
	BaseURL        string          `opt:"baseURL"`
	DynamicBaseURL *DynamicBaseURL `opt:"baseURL"`
	BasePath       string          `opt:"basePath"` // default "/api/auth"

	// Secret signs and encrypts. Secrets, when set, are versions of it: the
	// first one is current, the others still decrypt.
	Secret  string           `opt:"secret"`
	Secrets []secret.Version `opt:"secrets"`

	// Database keeps everything. Without one the server is stateless: users and
	// sessions live in the memory of the process, and a session outlives it in
	// its encrypted cookie; see CookieCache.RefreshCache.
	Database db.Adapter `opt:"database,code"`
	// SecondaryStorage keeps sessions, verifications and rate limits instead of
	// the database, or beside it: see the Store… options of each.
	SecondaryStorage secondary.Storage `opt:"secondaryStorage,code"`

	EmailAndPassword  EmailAndPassword  `opt:"emailAndPassword"`
	EmailVerification EmailVerification `opt:"emailVerification"`

	User         UserOptions         `opt:"user"`
	Session      SessionOptions      `opt:"session"`
	Account      AccountOptions      `opt:"account"`
	Verification VerificationOptions `opt:"verification"`

	// TrustedOrigins are origins or patterns that may call and be redirected to,
	// besides the base URL's own. TrustedOriginsFunc adds some per request.
	TrustedOrigins     []string                       `opt:"trustedOrigins"`
	TrustedOriginsFunc func(r *http.Request) []string `opt:"trustedOrigins,code"`

	RateLimit     RateLimit    `opt:"rateLimit"`
	Advanced      Advanced     `opt:"advanced"`
	Experimental  Experimental `opt:"experimental"`
	Logger        Logger       `opt:"logger"`
	OnAPIError    APIErrors    `opt:"onAPIError"`
	DisabledPaths []string     `opt:"disabledPaths"` // answered with 404

	// Hooks run before and after every endpoint, before those of the plugins.
	Hooks         Hooks         `opt:"hooks,code"`
	DatabaseHooks DatabaseHooks `opt:"databaseHooks,code"`
	Plugins       []Plugin      `opt:"plugins,code"`

	// Production switches on rate limits and secure cookies by default and
	// refuses weak secrets. Upstream reads NODE_ENV.
	Production bool `opt:"production"`
	// Compat restores observable defaults of 1.6.9 that Gatehouse has made
	// safer. Each one is a documented weakness.
	Compat Compat `opt:"compat"`

	// MaxBodyBytes bounds a request body; default 1 MiB. Upstream has no bound.
	MaxBodyBytes int64 `opt:"maxBodyBytes"`

	// Clock, Random and Hasher replace the system's clock, randomness and
	// password hashing, for tests.
	Clock  func() time.Time `opt:"clock,code"`
	Random io.Reader        `opt:"random,code"`
	Hasher password.Hasher  `opt:"hasher,code"`
}

// DynamicBaseURL derives the base URL from the host of each request.
type DynamicBaseURL struct {
	AllowedHosts []string `opt:"allowedHosts"` // host patterns such as "*.example.com"; at least one
	Fallback     string   `opt:"fallback"`     // used when no allowed host matches; without it that is a 400
	Protocol     string   `opt:"protocol"`     // "http", "https" or "auto"
}

// EmailAndPassword configures sign-up and sign-in with a password.
type EmailAndPassword struct {
	Enabled                  bool `opt:"enabled"`
	DisableSignUp            bool `opt:"disableSignUp"`            // only who has an account signs in
	RequireEmailVerification bool `opt:"requireEmailVerification"` // unverified users get no session
	MinPasswordLength        int  `opt:"minPasswordLength"`        // in UTF-16 units; default 8
	MaxPasswordLength        int  `opt:"maxPasswordLength"`        // in UTF-16 units; default 128
	DisableAutoSignIn        bool `opt:"autoSignIn,not"`           // signing up makes no session

	// SendResetPassword mails the link that resets a password; without it nobody
	// can ask for one.
	SendResetPassword           func(ctx context.Context, m ResetPasswordEmail) error `opt:"sendResetPassword,sender"`
	ResetPasswordTokenExpiresIn time.Duration                                         `opt:"resetPasswordTokenExpiresIn"` // default 1 h
	// OnPasswordReset runs in the request, when the new password is stored.
	OnPasswordReset func(ctx context.Context, u user.User) error `opt:"onPasswordReset,code"`
	// RevokeSessionsOnPasswordReset ends all of the user's sessions with the reset.
	RevokeSessionsOnPasswordReset bool `opt:"revokeSessionsOnPasswordReset"`

	// Password replaces hashing. Both functions are needed.
	Password PasswordFuncs `opt:"password,code"`

	// OnExistingUserSignUp is told in the background when a sign-up meets a
	// taken address while the answer hides that.
	OnExistingUserSignUp func(ctx context.Context, u user.User) error `opt:"onExistingUserSignUp,code"`
	// CustomSyntheticUser builds the user of that answer, so that fields which
	// plugins add look real.
	CustomSyntheticUser func(synthetic user.User) user.User `opt:"customSyntheticUser,code"`
}

// PasswordFuncs hash and verify passwords in the application's own way.
type PasswordFuncs struct {
	Hash   func(ctx context.Context, password string) (string, error)               `opt:"hash"`
	Verify func(ctx context.Context, hash, password string) (matches bool, _ error) `opt:"verify"`
}

// EmailVerification configures the mail that proves an address.
type EmailVerification struct {
	// SendVerificationEmail mails the link; without it no address is verified.
	SendVerificationEmail func(ctx context.Context, m VerificationEmail) error `opt:"sendVerificationEmail,sender"`
	SendOnSignUp          *bool                                                `opt:"sendOnSignUp"` // default: RequireEmailVerification
	SendOnSignIn          bool                                                 `opt:"sendOnSignIn"` // again, when RequireEmailVerification refuses
	ExpiresIn             time.Duration                                        `opt:"expiresIn"`    // of every mailed link about an address; default 1 h
	// AutoSignInAfterVerification signs in whoever opens the link first.
	AutoSignInAfterVerification bool `opt:"autoSignInAfterVerification"`
	// BeforeEmailVerification and AfterEmailVerification run in the request; an
	// error of the first keeps the address unverified.
	BeforeEmailVerification func(ctx context.Context, u user.User) error `opt:"beforeEmailVerification,code"`
	AfterEmailVerification  func(ctx context.Context, u user.User) error `opt:"afterEmailVerification,code"`
}

// UserOptions configures the user model.
type UserOptions struct {
	ModelName        string            `opt:"modelName"`        // table name; default "user"
	Fields           map[string]string `opt:"fields"`           // column name by field
	AdditionalFields []Field           `opt:"additionalFields"` // in the order of columns and answers

	ChangeEmail ChangeEmail `opt:"changeEmail"`
	DeleteUser  DeleteUser  `opt:"deleteUser"`
}

// ChangeEmail configures how users change their address.
type ChangeEmail struct {
	Enabled bool `opt:"enabled"`
	// SendChangeEmailConfirmation asks the present address first, when it is
	// verified. Without it only the new address is asked.
	SendChangeEmailConfirmation func(ctx context.Context, m ChangeEmailConfirmation) error `opt:"sendChangeEmailConfirmation,sender"`
	// UpdateEmailWithoutVerification changes an unverified address at once.
	UpdateEmailWithoutVerification bool `opt:"updateEmailWithoutVerification"`
}

// DeleteUser configures how users delete themselves.
type DeleteUser struct {
	Enabled bool `opt:"enabled"`
	// SendDeleteAccountVerification mails a link that deletes. Without it a
	// password or a fresh session is enough.
	SendDeleteAccountVerification func(ctx context.Context, m DeleteAccountEmail) error `opt:"sendDeleteAccountVerification,sender"`
	// BeforeDelete and AfterDelete run in the request; an error of the first
	// keeps the user.
	BeforeDelete         func(ctx context.Context, u user.User) error `opt:"beforeDelete,code"`
	AfterDelete          func(ctx context.Context, u user.User) error `opt:"afterDelete,code"`
	DeleteTokenExpiresIn time.Duration                                `opt:"deleteTokenExpiresIn"` // default 1 day
}

// AccountOptions configures the account model.
type AccountOptions struct {
	// As in UserOptions.
	ModelName        string            `opt:"modelName"`
	Fields           map[string]string `opt:"fields"`
	AdditionalFields []Field           `opt:"additionalFields"`

	AccountLinking AccountLinking `opt:"accountLinking"`
}

// AccountLinking configures which accounts a user may have together.
type AccountLinking struct {
	// AllowUnlinkingAll lets a user give up the last way to sign in.
	AllowUnlinkingAll bool `opt:"allowUnlinkingAll"`
	// TrustedProviders are ids of providers whose word on an address is taken.
	// TrustedProvidersFunc adds some per request; r is nil in a call without one.
	TrustedProviders     []string                       `opt:"trustedProviders"`
	TrustedProvidersFunc func(r *http.Request) []string `opt:"trustedProviders,code"`
}

// VerificationOptions configures the verification model.
type VerificationOptions struct {
	// As in UserOptions.
	ModelName        string            `opt:"modelName"`
	Fields           map[string]string `opt:"fields"`
	AdditionalFields []Field           `opt:"additionalFields"`

	// DisableCleanup leaves expired records in the database.
	DisableCleanup bool `opt:"disableCleanup"`
	// StoreIdentifier hashes identifiers, so that whoever reads the storage
	// cannot redeem what is on its way.
	StoreIdentifier StoreIdentifier `opt:"storeIdentifier"`
	// StoreInDatabase keeps verifications in the database also where there is a
	// secondary storage.
	StoreInDatabase bool `opt:"storeInDatabase"`
}

// StoreIdentifier says how identifiers of verifications are stored.
type StoreIdentifier struct {
	Default verification.Storage `opt:"default"`
	// Overrides are by prefix of the identifier, in order; the first match wins.
	Overrides []verification.Override `opt:"overrides"`
}

// SessionOptions configures sessions.
type SessionOptions struct {
	// As in UserOptions.
	ModelName        string            `opt:"modelName"`
	Fields           map[string]string `opt:"fields"`
	AdditionalFields []Field           `opt:"additionalFields"`

	ExpiresIn             time.Duration  `opt:"expiresIn"`             // default 7 days
	UpdateAge             *time.Duration `opt:"updateAge"`             // age after which use extends the session; default 1 day
	FreshAge              *time.Duration `opt:"freshAge"`              // age up to which a session is fresh; default 1 day, 0 switches the check off
	DisableSessionRefresh bool           `opt:"disableSessionRefresh"` // never extend
	DeferSessionRefresh   bool           `opt:"deferSessionRefresh"`   // GET only reports needsRefresh, POST writes

	// StoreSessionInDatabase keeps sessions in the database also where there is
	// a secondary storage. PreserveSessionInDatabase then leaves them there when
	// they end, as a record: they are no longer valid.
	StoreSessionInDatabase    bool `opt:"storeSessionInDatabase"`
	PreserveSessionInDatabase bool `opt:"preserveSessionInDatabase"`

	CookieCache CookieCache `opt:"cookieCache"`
}

// CookieCache keeps the session in a cookie, so that most requests need no database.
type CookieCache struct {
	Enabled  *bool         `opt:"enabled"`  // default: only without a database
	MaxAge   time.Duration `opt:"maxAge"`   // default 5 min; without a database the session's ExpiresIn
	Strategy string        `opt:"strategy"` // "compact" (default), "jwt" or "jwe" (default without a database)
	// Version invalidates caches written under another one; default "1".
	// VersionFunc computes it instead.
	Version     string                                      `opt:"version"`
	VersionFunc func(s session.Session, u user.User) string `opt:"version,code"`
	// RefreshCache renews the cookie from itself, without a database. It is for
	// servers that have none, and ignored elsewhere.
	RefreshCache RefreshCache `opt:"refreshCache"`
}

// RefreshCache configures how a cached session renews itself.
type RefreshCache struct {
	Enabled *bool `opt:"enabled"` // default: only without a database
	// UpdateAge is how long before its end a cache is renewed; default a fifth
	// of the cache's MaxAge.
	UpdateAge *time.Duration `opt:"updateAge"`
}

// RateLimit configures the limiter.
type RateLimit struct {
	Enabled *bool         `opt:"enabled"` // default: Production
	Window  time.Duration `opt:"window"`  // default 10 s
	Max     int           `opt:"max"`     // requests per window; default 100
	// CustomRules apply by exact path or wildcard, in order; the first match wins.
	CustomRules []ratelimit.CustomRule `opt:"customRules"`
	// Storage is where the counters are: "memory", "database" or
	// "secondary-storage". The default is the secondary storage if there is one,
	// else memory.
	Storage   string            `opt:"storage"`
	ModelName string            `opt:"modelName"` // table name
	Fields    map[string]string `opt:"fields"`    // column name by field
	// Store keeps the counters instead. While it fails, paths with a rule of their
	// own are refused; the requests to others are counted in the process.
	Store ratelimit.Store `opt:"customStorage,code"`
}

// Advanced holds low-level settings.
type Advanced struct {
	IPAddress IPAddress `opt:"ipAddress"`

	UseSecureCookies        *bool                     `opt:"useSecureCookies"`        // default: scheme of the base URL, else Production
	CookiePrefix            string                    `opt:"cookiePrefix"`            // default "better-auth"
	Cookies                 map[string]cookies.Rename `opt:"cookies"`                 // by short name, such as "session_token"
	DefaultCookieAttributes cookies.Override          `opt:"defaultCookieAttributes"` // of every cookie; Cookies wins
	CrossSubDomainCookies   CrossSubDomainCookies     `opt:"crossSubDomainCookies"`

	// DisableCSRFCheck switches off the origin and fetch-metadata checks.
	DisableCSRFCheck *bool `opt:"disableCSRFCheck"`
	// DisableOriginCheck switches off the validation of callback URLs, and with
	// it the CSRF check unless DisableCSRFCheck is set. DisableOriginCheckPaths
	// does so for path prefixes only.
	DisableOriginCheck      bool     `opt:"disableOriginCheck"`
	DisableOriginCheckPaths []string `opt:"disableOriginCheck"`

	// TrustedProxyHeaders believes X-Forwarded-Host and X-Forwarded-Proto.
	TrustedProxyHeaders bool `opt:"trustedProxyHeaders"`
	// SkipTrailingSlashes lets a path end with a slash; otherwise that is a 404.
	SkipTrailingSlashes bool `opt:"skipTrailingSlashes"`

	BackgroundTasks BackgroundTasks  `opt:"backgroundTasks"`
	Database        AdvancedDatabase `opt:"database"`
}

// BackgroundTasks configures work that no request waits for.
type BackgroundTasks struct {
	// Handler runs a task instead of the server's own bounded runner: it calls
	// task once, in whatever goroutine, and returns at once. Auth.Close and
	// Auth.Idle wait for what it was given; task is safe from panics and logs
	// its error itself.
	Handler func(name string, task func(ctx context.Context)) `opt:"handler,code"`
}

// IPAddress configures how a client's address is found.
type IPAddress struct {
	IPAddressHeaders  []string `opt:"ipAddressHeaders"`  // default X-Forwarded-For
	TrustedProxies    []string `opt:"trustedProxies"`    // addresses or CIDR ranges whose headers are believed
	DisableIPTracking bool     `opt:"disableIpTracking"` // keeps no address: limits count by a pseudonym
	IPv6Subnet        int      `opt:"ipv6Subnet"`        // 128, 64 (default), 48 or 32
}

// CrossSubDomainCookies shares cookies with sibling subdomains.
type CrossSubDomainCookies struct {
	Enabled bool   `opt:"enabled"`
	Domain  string `opt:"domain"` // default: host of the base URL
	// AdditionalCookies are full names of other cookies that answers set and
	// that shall be shared too.
	AdditionalCookies []string `opt:"additionalCookies"`
}

// AdvancedDatabase configures ids.
type AdvancedDatabase struct {
	// GenerateID is "" for 32 random letters and digits, "uuid" or "serial".
	GenerateID db.IDKind `opt:"generateId"`
	// GenerateIDFunc makes ids itself; an empty one leaves it to the database.
	GenerateIDFunc func(model string) string `opt:"generateId,code"`
	// DefaultFindManyLimit bounds the lists that answers hold; default 100.
	DefaultFindManyLimit int `opt:"defaultFindManyLimit"`
}

// Experimental holds options of upstream that have no effect here.
type Experimental struct {
	// Joins: sessions and users are always read in one statement.
	Joins bool `opt:"joins"`
}

// Logger configures logging.
type Logger struct {
	Disabled bool   `opt:"disabled"` // nothing is logged
	Level    string `opt:"level"`    // "debug", "info", "warn" (default) or "error", of the log on stderr
	// Handler takes the records instead. Its own Enabled decides which ones:
	// Level has no effect on it, while upstream filters before a custom logger.
	Handler slog.Handler `opt:"log,code"`
	// DisableColors has no effect: the log has no colours.
	DisableColors bool `opt:"disableColors"`
}

// APIErrors configures what happens on errors.
type APIErrors struct {
	// Throw hands errors to whoever mounts the server instead of answering them:
	// see Auth.ServeHTTP.
	Throw bool `opt:"throw"`
	// OnError is told of every error that becomes an answer, with its cause.
	OnError   func(ctx context.Context, err error) `opt:"onError,code"`
	ErrorURL  string                               `opt:"errorURL"` // where browser flows are sent; default {baseURL}/error
	ErrorPage *ErrorPage                           `opt:"customizeDefaultErrorPage"`
}

// Hooks are the application's own request hooks.
type Hooks struct {
	Before func(c *Ctx) error
	After  func(c *Ctx) error
}

// DatabaseHooks are the application's own database hooks, by model.
type DatabaseHooks struct {
	User, Session, Account, Verification db.Hooks
}

// Field is an additional field of a model; see db.Field for the members.
type Field = db.Field

// ModelSchema is the option `schema.<model>` of a plugin for a table of its own:
// see Setup.Schema. For a table of another feature, Fields alone renames the
// columns that the plugin adds.
type ModelSchema struct {
	ModelName        string            `opt:"modelName"` // the table's name
	Fields           map[string]string `opt:"fields"`    // column names by field
	AdditionalFields []Field           `opt:"additionalFields"`
}

// FieldNames is the option `schema.<model>` of a plugin that adds fields to a
// table of another feature: see Setup.Schema.
type FieldNames struct {
	Fields map[string]string `opt:"fields"` // column names by field
}

// Schema makes it one for Setup.Schema.
func (n FieldNames) Schema() ModelSchema { return ModelSchema{Fields: n.Fields} }

// TableNames is the option `schema.<model>` of a plugin whose table takes no
// further fields.
type TableNames struct {
	ModelName string            `opt:"modelName"` // the table's name
	Fields    map[string]string `opt:"fields"`    // column names by field
}

// Schema makes it one for Setup.Schema.
func (n TableNames) Schema() ModelSchema {
	return ModelSchema{ModelName: n.ModelName, Fields: n.Fields}
}

// String hides the options, which hold secrets, from fmt.
func (o Options) String() string { return "core.Options" }

// GoString does so for %#v.
func (o Options) GoString() string { return "core.Options{…}" }

// LogValue does so for slog.
func (o Options) LogValue() slog.Value { return slog.StringValue("core.Options") }
