package core

// Compat restores single observable defaults of Better Auth 1.6.9 that
// Gatehouse has made safer. docs/parity lists each with its reason.
type Compat struct {
	// RevealDuplicateSignUp answers a duplicate sign-up with 422 also when
	// autoSignIn is off. Off, the answer is that of a new user, as since 1.6.10.
	RevealDuplicateSignUp bool `opt:"revealDuplicateSignUp"`
	// SkipCookielessOriginCheck lets requests without cookies sign in and up
	// from any origin. Off, a given Origin must be trusted, as since 1.6.16.
	SkipCookielessOriginCheck bool `opt:"skipCookielessOriginCheck"`
	// ListSessionsWithStaleSession lets a session that is no longer fresh list
	// the session tokens. Off, it is refused, as since 1.6.15.
	ListSessionsWithStaleSession bool `opt:"listSessionsWithStaleSession"`
	// LeftmostForwardedAddress believes the first address of X-Forwarded-For,
	// which any client can write. Off, the rule of 1.6.21 applies.
	LeftmostForwardedAddress bool `opt:"leftmostForwardedAddress"`
	// TrustProxyHeadersWithDynamicBaseURL believes X-Forwarded-Host and -Proto
	// when the base URL is dynamic. Off, TrustedProxyHeaders decides, as since 1.7.0.
	TrustProxyHeadersWithDynamicBaseURL bool `opt:"trustProxyHeadersWithDynamicBaseURL"`
	// MailLinksFromRequestHost lets a production server without a base URL send
	// mail, whose links then lead to the host that the request names. Off, it does
	// not start.
	MailLinksFromRequestHost bool `opt:"mailLinksFromRequestHost"`
	// HashLongPasswords hashes a given password also when it is over the maximum
	// length, and then finds it wrong. Off, it is a 400 before any work, as since
	// 1.7.6.
	HashLongPasswords bool `opt:"hashLongPasswords"`
	// AllowWeakSecret warns about a short or low-entropy secret in production
	// instead of refusing to start. The well-known default secret is refused either way.
	AllowWeakSecret bool `opt:"allowWeakSecret"`
}

// Compat169 is every switch of Compat at once: the observable defaults of 1.6.9.
func Compat169() Compat {
	return Compat{
		RevealDuplicateSignUp:               true,
		SkipCookielessOriginCheck:           true,
		ListSessionsWithStaleSession:        true,
		LeftmostForwardedAddress:            true,
		TrustProxyHeadersWithDynamicBaseURL: true,
		MailLinksFromRequestHost:            true,
		HashLongPasswords:                   true,
		AllowWeakSecret:                     true,
	}
}
