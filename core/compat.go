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
	// IssuerFromRequestHost lets a production server without a base URL sign tokens of
	// the jwt plugin, whose issuer and audience are then the host that the request
	// names. Off, it does not start, unless the plugin's options name both.
	IssuerFromRequestHost bool `opt:"issuerFromRequestHost"`
	// AllowWeakSecret warns about a short or low-entropy secret in production
	// instead of refusing to start. The well-known default secret is refused either way.
	AllowWeakSecret bool `opt:"allowWeakSecret"`
	// ReplaceTOTPInUse lets a user who has an authenticator app set up another one,
	// whose secret counts at once. Off, /two-factor/enable answers 400
	// TOTP_ALREADY_ENABLED, as since 1.7.3.
	ReplaceTOTPInUse bool `opt:"replaceTOTPInUse"`
	// UnlimitedTwoFactorFailures lets a user go on after any number of wrong second
	// factors, sign-in by sign-in. Off, ten in a row lock them out for 15 minutes,
	// as since 1.6.22.
	UnlimitedTwoFactorFailures bool `opt:"unlimitedTwoFactorFailures"`
	// UnknownMemberRoles lets the role of a member of an organization become one that
	// nobody has declared. Off, it is a 400 ROLE_NOT_FOUND, as since 1.6.16.
	UnknownMemberRoles bool `opt:"unknownMemberRoles"`
	// InvitationsWithoutVerifiedEmail lists a user's invitations to organizations, and
	// where ids can be guessed shows and accepts them, also before the address is
	// verified. Off, that is a 403, as since 1.6.11.
	InvitationsWithoutVerifiedEmail bool `opt:"invitationsWithoutVerifiedEmail"`
	// InvitationsVisibleToMembers shows the invitations of an organization to all of
	// its members. Off, those see them who may invite, and those of owners only
	// owners, as since 1.7.25.
	InvitationsVisibleToMembers bool `opt:"invitationsVisibleToMembers"`
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
		IssuerFromRequestHost:               true,
		AllowWeakSecret:                     true,
		ReplaceTOTPInUse:                    true,
		UnlimitedTwoFactorFailures:          true,
		UnknownMemberRoles:                  true,
		InvitationsWithoutVerifiedEmail:     true,
		InvitationsVisibleToMembers:         true,
	}
}
