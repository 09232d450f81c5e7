package core

import "github.com/gatehouse-auth/gatehouse/core/user"

// VerificationEmail is what a sender of verification mail gets. Token and URL
// are secrets of the user.
type VerificationEmail struct {
	User  user.User
	URL   string
	Token string
}

// ResetPasswordEmail is what a sender of reset mail gets. Token and URL are
// secrets of the user.
type ResetPasswordEmail struct {
	User  user.User
	URL   string
	Token string
}

// ChangeEmailConfirmation asks the owner of a verified address whether it may
// be replaced by NewEmail. Token and URL are secrets of the user.
type ChangeEmailConfirmation struct {
	User     user.User
	NewEmail string
	URL      string
	Token    string
}

// DeleteAccountEmail is what a sender of the mail gets that confirms the
// deletion of an account. Token and URL are secrets of the user.
type DeleteAccountEmail struct {
	User  user.User
	URL   string
	Token string
}
