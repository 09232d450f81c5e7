package config

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"go.yaml.in/yaml/v3"
)

// sender connects an option that takes a function to the server's delivery.
type sender struct {
	path    string
	connect func(o *core.Options, deliver Deliver)
}

// senders has a row for every option of core.Options whose tag says sender. A
// message carries exactly what the recipient needs to go on.
func senders() []sender {
	return []sender{
		{"emailVerification.sendVerificationEmail", func(o *core.Options, deliver Deliver) {
			o.EmailVerification.SendVerificationEmail = func(ctx context.Context, m core.VerificationEmail) error {
				return deliver(ctx, Message{"verification-email", m.User.Email, wire.ObjectOf("url", m.URL, "token", m.Token)})
			}
		}},
	}
}

// sender decodes an option that upstream gives a function to: true sends with
// the server's delivery.
func (d *decoder) sender(path string, n *yaml.Node) {
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
			s.connect(&d.config.Options, d.src.Deliver)
			d.config.Senders = append(d.config.Senders, path)
			return
		}
	}
	d.fail(n.Line, path, "takes code: configure it from Go")
}
