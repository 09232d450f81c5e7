package routestest

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

type object = map[string]any

// failures has a request for every route that needs the database.
func failures() []failureCase {
	return []failureCase{
		{name: "sign-up", again: http.StatusUnprocessableEntity, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/sign-up/email", object{"name": "Bob", "email": "bob@example.com", "password": password}
		}},
		{name: "sign-up with a taken address that is hidden", configure: ignoring(hideDuplicates), background: true, prepare: func(f *failure) (string, string, any) {
			return http.MethodPost, "/sign-up/email", object{"name": "Ann", "email": annEmail, "password": password}
		}},
		{name: "sign-in", prepare: func(f *failure) (string, string, any) {
			f.client = f.s.Client()
			return http.MethodPost, "/sign-in/email", object{"email": annEmail, "password": password}
		}},
		{name: "sign-in of somebody who has yet to prove the address", configure: proofFirst, status: http.StatusForbidden, background: true, prepare: func(f *failure) (string, string, any) {
			return http.MethodPost, "/sign-in/email", object{"email": annEmail, "password": password}
		}},
		{name: "sign-out", prepare: func(*failure) (string, string, any) { return http.MethodPost, "/sign-out", object{} }},
		{name: "get-session", prepare: func(*failure) (string, string, any) { return http.MethodGet, "/get-session", nil }},
		{name: "get-session that extends", background: true, configure: ignoring(alwaysDue), prepare: func(*failure) (string, string, any) { return http.MethodGet, "/get-session", nil }},
		{name: "get-session that has expired", prepare: func(f *failure) (string, string, any) {
			f.s.Clock.Advance(8 * 24 * time.Hour)
			return http.MethodGet, "/get-session", nil
		}},
		{name: "get-session by POST", background: true, configure: ignoring(deferred), prepare: func(*failure) (string, string, any) { return http.MethodPost, "/get-session", nil }},
		{name: "list-sessions", prepare: func(*failure) (string, string, any) { return http.MethodGet, "/list-sessions", nil }},
		{name: "revoke-session", ends: true, keepsOwn: true, prepare: func(f *failure) (string, string, any) {
			return http.MethodPost, "/revoke-session", object{"token": f.other}
		}},
		{name: "revoke-sessions", ends: true, again: http.StatusUnauthorized, prepare: func(*failure) (string, string, any) { return http.MethodPost, "/revoke-sessions", object{} }},
		{name: "revoke-other-sessions", ends: true, keepsOwn: true, prepare: func(*failure) (string, string, any) { return http.MethodPost, "/revoke-other-sessions", object{} }},

		{name: "request-password-reset", configure: sendAll, background: true, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/request-password-reset", object{"email": annEmail}
		}},
		{name: "reset-password link", configure: sendAll, status: http.StatusFound, prepare: func(f *failure) (string, string, any) {
			return http.MethodGet, "/reset-password/" + f.resetToken() + "?callbackURL=/new", nil
		}},
		{name: "reset-password", configure: sendAll, ends: true, again: http.StatusBadRequest, prepare: func(f *failure) (string, string, any) {
			return http.MethodPost, "/reset-password", object{"token": f.resetToken(), "newPassword": newPassword}
		}},
		{name: "verify-password", prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/verify-password", object{"password": password}
		}},
		{name: "change-password", again: http.StatusBadRequest, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/change-password", object{"currentPassword": password, "newPassword": newPassword}
		}},
		{name: "change-password that revokes", ends: true, again: http.StatusUnauthorized, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/change-password", object{"currentPassword": password, "newPassword": newPassword, "revokeOtherSessions": true}
		}},

		{name: "send-verification-email", background: true, prepare: func(f *failure) (string, string, any) {
			f.client = f.s.Client()
			return http.MethodPost, "/send-verification-email", object{"email": annEmail}
		}},
		{name: "verify-email", configure: signInVerified, prepare: func(f *failure) (string, string, any) {
			f.client = f.s.Client()
			return http.MethodGet, "/verify-email?token=" + f.verificationToken(), nil
		}},
		{name: "change-email at once", configure: sendAll, background: true, again: http.StatusBadRequest, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/change-email", object{"newEmail": "ann@example.org"}
		}},
		{name: "change-email that asks the old address", configure: askOldAddress, background: true, prepare: func(f *failure) (string, string, any) {
			f.verify()
			return http.MethodPost, "/change-email", object{"newEmail": "ann@example.org"}
		}},
		{name: "change-email that was confirmed", configure: confirmChanges, again: http.StatusUnauthorized, prepare: func(f *failure) (string, string, any) {
			f.client.Post("/change-email", object{"newEmail": "ann@example.org"})
			return http.MethodGet, "/verify-email?token=" + f.verificationToken(), nil
		}},

		{name: "update-user", prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/update-user", object{"name": "Anna"}
		}},
		{name: "update-session", configure: sessionField, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/update-session", object{"theme": "dark"}
		}},
		{name: "delete-user", configure: deleteAtOnce, ends: true, again: http.StatusUnauthorized, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/delete-user", object{"password": password}
		}},
		{name: "delete-user by mail", configure: sendAll, background: true, prepare: func(*failure) (string, string, any) {
			return http.MethodPost, "/delete-user", object{}
		}},
		{name: "delete-user with a token", configure: sendAll, token: true, ends: true, again: http.StatusUnauthorized, prepare: func(f *failure) (string, string, any) {
			f.client.Post("/delete-user", object{})
			return http.MethodPost, "/delete-user", object{"token": f.deletionToken()}
		}},
		{name: "delete-user callback", configure: sendAll, ends: true, again: http.StatusNotFound, prepare: func(f *failure) (string, string, any) {
			f.client.Post("/delete-user", object{})
			return http.MethodGet, "/delete-user/callback?token=" + f.deletionToken(), nil
		}},
		{name: "list-accounts", prepare: func(*failure) (string, string, any) { return http.MethodGet, "/list-accounts", nil }},
		{name: "unlink-account", again: http.StatusBadRequest, prepare: func(f *failure) (string, string, any) {
			u, _, err := f.s.Users().ByEmail(f.t.Context(), annEmail)
			if err == nil {
				_, err = f.s.Accounts().Create(f.t.Context(), account.Account{UserID: u.ID, ProviderID: "github", AccountID: "7"})
			}
			if err != nil {
				f.t.Fatalf("link an account: %v", err)
			}
			return http.MethodPost, "/unlink-account", object{"providerId": "github"}
		}},
	}
}

// verify proves Ann's address.
func (f *failure) verify() {
	f.t.Helper()
	u, _, err := f.s.Users().ByEmail(f.t.Context(), annEmail)
	if err == nil {
		_, _, err = f.s.Users().Update(f.t.Context(), u.ID, db.Row{"emailVerified": true})
	}
	if err != nil {
		f.t.Fatalf("verify an address: %v", err)
	}
}

func (f *failure) resetToken() string {
	f.client.Post("/request-password-reset", object{"email": annEmail})
	f.s.Settle()
	sent := authtest.Sent[core.ResetPasswordEmail](f.outbox)
	return sent[len(sent)-1].Token
}

func (f *failure) deletionToken() string {
	f.s.Settle()
	sent := authtest.Sent[core.DeleteAccountEmail](f.outbox)
	return sent[len(sent)-1].Token
}

// verificationToken is that of the last mail.
func (f *failure) verificationToken() string {
	f.s.Settle()
	if len(authtest.Sent[core.VerificationEmail](f.outbox)) == 0 {
		f.s.Client().Post("/send-verification-email", object{"email": annEmail})
		f.s.Settle()
	}
	sent := authtest.Sent[core.VerificationEmail](f.outbox)
	return sent[len(sent)-1].Token
}

// ignoring is a configuration that sends nothing of its own.
func ignoring(configure func(*core.Options)) func(*core.Options, *authtest.Outbox) {
	return func(o *core.Options, _ *authtest.Outbox) { configure(o) }
}

func sendAll(o *core.Options, outbox *authtest.Outbox) {
	o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](outbox)
	o.EmailAndPassword.RevokeSessionsOnPasswordReset = true
	o.User.ChangeEmail = core.ChangeEmail{Enabled: true, UpdateEmailWithoutVerification: true}
	o.User.DeleteUser = core.DeleteUser{Enabled: true, SendDeleteAccountVerification: authtest.Keep[core.DeleteAccountEmail](outbox)}
}

func deleteAtOnce(o *core.Options, _ *authtest.Outbox) { o.User.DeleteUser.Enabled = true }

func signInVerified(o *core.Options, _ *authtest.Outbox) {
	o.EmailVerification.AutoSignInAfterVerification = true
}

func askOldAddress(o *core.Options, outbox *authtest.Outbox) {
	o.User.ChangeEmail = core.ChangeEmail{Enabled: true, SendChangeEmailConfirmation: authtest.Keep[core.ChangeEmailConfirmation](outbox)}
}

func proofFirst(o *core.Options, _ *authtest.Outbox) {
	o.EmailVerification.SendOnSignIn = true
	o.EmailAndPassword.RequireEmailVerification = true
}

func deferred(o *core.Options) {
	alwaysDue(o)
	o.Session.DeferSessionRefresh = true
}

func confirmChanges(o *core.Options, _ *authtest.Outbox) { o.User.ChangeEmail.Enabled = true }

func sessionField(o *core.Options, _ *authtest.Outbox) {
	o.Session.AdditionalFields = []core.Field{{Name: "theme", Type: db.String, Nullable: true}}
}
