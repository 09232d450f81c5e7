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
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Options configures a server. The zero value of every field is upstream's
// default. Each field's `opt` tag carries upstream's name of the option; `not`
// marks a boolean that upstream spells the other way round, and `code` one that
// data cannot express.
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

	Database db.Adapter `opt:"database,code"`

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

	RateLimit     RateLimit `opt:"rateLimit"`
	Advanced      Advanced  `opt:"advanced"`
	Logger        Logger    `opt:"logger"`
	OnAPIError    APIErrors `opt:"onAPIError"`
	DisabledPaths []string  `opt:"disabledPaths"` // answered with 404

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
	DisableSignUp            bool `opt:"disableSignUp"`
	RequireEmailVerification bool `opt:"requireEmailVerification"` // unverified users get no session
	MinPasswordLength        int  `opt:"minPasswordLength"`        // in UTF-16 units; default 8
	MaxPasswordLength        int  `opt:"maxPasswordLength"`        // in UTF-16 units; default 128
	DisableAutoSignIn        bool `opt:"autoSignIn,not"`

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
	SendVerificationEmail func(ctx context.Context, m VerificationEmail) error `opt:"sendVerificationEmail,sender"`
	SendOnSignUp          *bool                                                `opt:"sendOnSignUp"` // default: RequireEmailVerification
	SendOnSignIn          bool                                                 `opt:"sendOnSignIn"`
	ExpiresIn             time.Duration                                        `opt:"expiresIn"` // default 1 h
}

// VerificationEmail is what a sender of verification mail gets. Token and URL
// are secrets of the user.
type VerificationEmail struct {
	User  user.User
	URL   string
	Token string
}

// UserOptions configures the user model.
type UserOptions struct {
	ModelName        string            `opt:"modelName"` // table name
	Fields           map[string]string `opt:"fields"`    // column name by field
	AdditionalFields []Field           `opt:"additionalFields"`
}

// AccountOptions configures the account model.
type AccountOptions struct {
	ModelName        string            `opt:"modelName"`
	Fields           map[string]string `opt:"fields"`
	AdditionalFields []Field           `opt:"additionalFields"`
}

// VerificationOptions configures the verification model.
type VerificationOptions struct {
	ModelName        string            `opt:"modelName"`
	Fields           map[string]string `opt:"fields"`
	AdditionalFields []Field           `opt:"additionalFields"`
}

// SessionOptions configures sessions.
type SessionOptions struct {
	ModelName        string            `opt:"modelName"`
	Fields           map[string]string `opt:"fields"`
	AdditionalFields []Field           `opt:"additionalFields"`

	ExpiresIn             time.Duration  `opt:"expiresIn"`             // default 7 days
	UpdateAge             *time.Duration `opt:"updateAge"`             // age after which use extends the session; default 1 day
	FreshAge              *time.Duration `opt:"freshAge"`              // age up to which a session is fresh; default 1 day, 0 switches the check off
	DisableSessionRefresh bool           `opt:"disableSessionRefresh"` // never extend
	DeferSessionRefresh   bool           `opt:"deferSessionRefresh"`   // GET only reports needsRefresh, POST writes

	CookieCache CookieCache `opt:"cookieCache"`
}

// CookieCache keeps the session in a cookie, so that most requests need no database.
type CookieCache struct {
	Enabled  bool          `opt:"enabled"`
	MaxAge   time.Duration `opt:"maxAge"`   // default 5 min
	Strategy string        `opt:"strategy"` // "compact" (default), "jwt" or "jwe"
	// Version invalidates caches written under another one; default "1".
	// VersionFunc computes it instead.
	Version     string                                      `opt:"version"`
	VersionFunc func(s session.Session, u user.User) string `opt:"version,code"`
}

// RateLimit configures the limiter.
type RateLimit struct {
	Enabled *bool         `opt:"enabled"` // default: Production
	Window  time.Duration `opt:"window"`  // default 10 s
	Max     int           `opt:"max"`     // requests per window; default 100
	// CustomRules apply by exact path or wildcard, in order; the first match wins.
	CustomRules []ratelimit.CustomRule `opt:"customRules"`
	// Store keeps the counters; default in memory.
	Store ratelimit.Store `opt:"customStorage,code"`
}

// Advanced holds low-level settings.
type Advanced struct {
	IPAddress IPAddress `opt:"ipAddress"`

	UseSecureCookies        *bool                     `opt:"useSecureCookies"` // default: scheme of the base URL, else Production
	CookiePrefix            string                    `opt:"cookiePrefix"`     // default "better-auth"
	Cookies                 map[string]cookies.Rename `opt:"cookies"`          // by short name, such as "session_token"
	DefaultCookieAttributes cookies.Override          `opt:"defaultCookieAttributes"`
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
	SkipTrailingSlashes bool `opt:"skipTrailingSlashes"`

	Database AdvancedDatabase `opt:"database"`
}

// IPAddress configures how a client's address is found.
type IPAddress struct {
	IPAddressHeaders  []string `opt:"ipAddressHeaders"` // default X-Forwarded-For
	TrustedProxies    []string `opt:"trustedProxies"`   // addresses or CIDR ranges whose headers are believed
	DisableIPTracking bool     `opt:"disableIpTracking"`
	IPv6Subnet        int      `opt:"ipv6Subnet"` // 128, 64 (default), 48 or 32
}

// CrossSubDomainCookies shares cookies with sibling subdomains.
type CrossSubDomainCookies struct {
	Enabled bool   `opt:"enabled"`
	Domain  string `opt:"domain"` // default: host of the base URL
}

// AdvancedDatabase configures ids.
type AdvancedDatabase struct {
	// GenerateID is "" for 32 random letters and digits, "uuid" or "serial".
	GenerateID db.IDKind `opt:"generateId"`
	// GenerateIDFunc makes ids itself; an empty one leaves it to the database.
	GenerateIDFunc func(model string) string `opt:"generateId,code"`
}

// Logger configures logging.
type Logger struct {
	Disabled bool   `opt:"disabled"`
	Level    string `opt:"level"` // "debug", "info", "warn" (default) or "error", of the log on stderr
	// Handler takes the records instead. Its own Enabled decides which ones:
	// Level has no effect on it, while upstream filters before a custom logger.
	Handler slog.Handler `opt:"log,code"`
}

// APIErrors configures what happens on errors.
type APIErrors struct {
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

// String hides the options, which hold secrets, from fmt.
func (o Options) String() string { return "core.Options" }

// GoString does so for %#v.
func (o Options) GoString() string { return "core.Options{…}" }

// LogValue does so for slog.
func (o Options) LogValue() slog.Value { return slog.StringValue("core.Options") }
