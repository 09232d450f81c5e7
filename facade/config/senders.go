package config

import (
	"context"
	"reflect"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
	"go.yaml.in/yaml/v3"
)

// sender connects an option that takes a function to the server's delivery.
type sender struct {
	path    string
	message string                              // its type
	connect func(deliver Deliver) reflect.Value // the function for the option
}

// senders has a row for every option of core.Options, and of the options of
// plugins, whose tag says sender.
func senders() []sender {
	return []sender{
		sends("emailVerification.sendVerificationEmail", "verification-email", func(m core.VerificationEmail) (string, *wire.Object) {
			return m.User.Email, wire.ObjectOf("url", m.URL, "token", m.Token)
		}),
		sends("emailAndPassword.sendResetPassword", "reset-password", func(m core.ResetPasswordEmail) (string, *wire.Object) {
			return m.User.Email, wire.ObjectOf("url", m.URL, "token", m.Token)
		}),
		sends("user.changeEmail.sendChangeEmailConfirmation", "change-email-confirmation", func(m core.ChangeEmailConfirmation) (string, *wire.Object) {
			return m.User.Email, wire.ObjectOf("url", m.URL, "token", m.Token, "newEmail", m.NewEmail)
		}),
		sends("user.deleteUser.sendDeleteAccountVerification", "delete-account", func(m core.DeleteAccountEmail) (string, *wire.Object) {
			return m.User.Email, wire.ObjectOf("url", m.URL, "token", m.Token)
		}),
		sends("plugins.organization.sendInvitationEmail", "organization-invitation", invitationMessage),
		sends("plugins.twoFactor.otpOptions.sendOTP", "two-factor-otp", func(m twofactor.Message) (string, *wire.Object) {
			return m.User.Email, wire.ObjectOf("otp", m.OTP)
		}),
	}
}

// invitationMessage has the members of upstream's, as copies that may leave the server.
func invitationMessage(m organization.InvitationEmail) (string, *wire.Object) {
	data := wire.ObjectOf("id", m.ID, "role", m.Role, "email", m.Email)
	data.Set("organization", db.RecordObject(m.Organization))
	data.Set("invitation", m.Invitation.Object())
	data.Set("inviter", m.Inviter.Object())
	return m.Email, data
}

// sends makes the sender of an option. write says whom a message is for, and
// what the recipient needs to go on: exactly that.
func sends[M any](path, kind string, write func(m M) (to string, data *wire.Object)) sender {
	return sender{path, kind, func(deliver Deliver) reflect.Value {
		return reflect.ValueOf(func(ctx context.Context, m M) error {
			to, data := write(m)
			return deliver(ctx, Message{kind, to, data})
		})
	}}
}

// MessageTypes lists the types of the messages that options can send.
func MessageTypes() []string {
	var types []string
	for _, s := range senders() {
		types = append(types, s.message)
	}
	return slices.Compact(slices.Sorted(slices.Values(types)))
}

// sender decodes an option that upstream gives a function to: true sends with
// the server's delivery.
func (d *decoder) sender(path string, n *yaml.Node, target reflect.Value) {
	var on bool
	if n.Kind != yaml.ScalarNode || n.ShortTag() != tagBool && !d.expanded[n] {
		d.mismatch(path, n, "true (send with the server's delivery) or false")
		return
	}
	if !d.set(path, n, &on) || !on {
		return
	}
	if d.src.Deliver == nil {
		d.fail(n.Line, path, "cannot be true: this server has no delivery")
		return
	}
	for _, s := range senders() {
		if s.path == path {
			target.Set(s.connect(d.src.Deliver))
			d.config.Senders = append(d.config.Senders, path)
			return
		}
	}
	d.fail(n.Line, path, "takes code: configure it from Go")
}
