// Package bearer lets clients that keep no cookies, such as mobile apps, present
// the token of their session in the Authorization header.
//
// Every answer that sets the session's cookie carries its signed token in the
// header set-auth-token, too. A client keeps it and sends it as
//
//	Authorization: Bearer <token>
//
// The bare token, which the bodies of sign-in and sign-up carry, is accepted as
// well unless RequireSignature is set. A cookie of the session that comes with the
// request has precedence.
package bearer

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core"
)

// Options configures the plugin. The zero value is the default.
type Options struct {
	// RequireSignature accepts signed tokens only.
	RequireSignature bool `opt:"requireSignature"`
}

// Plugin reads and hands out tokens. It has no endpoints.
type Plugin struct{ opts Options }

// New returns the plugin for one server.
func New(opts Options) *Plugin { return &Plugin{opts} }

// ID is upstream's id of the plugin.
func (p *Plugin) ID() string { return "bearer" }

// Setup declares the hooks, which run for every endpoint.
func (p *Plugin) Setup(s *core.Setup) error {
	s.Before(core.Hook{Run: p.read})
	// Another plugin may yet take a new session back.
	s.After(core.Hook{Run: handOut, Last: true})
	return nil
}

const scheme = "bearer "

// read presents the token of the header as if it had come in the session's cookie.
// One that is not genuine is as none: the endpoint decides what that means.
func (p *Plugin) read(c *core.Ctx) error {
	header := c.Header("Authorization")
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return nil
	}
	token := strings.TrimSpace(header[len(scheme):])
	switch {
	case token == "" || !utf8.ValidString(token):
		return nil // text of another encoding names no session
	case strings.Contains(token, "."):
		token = unescaped(token)
	case p.opts.RequireSignature:
		return nil
	default:
		token = c.Auth.Keys().Sign(token)
	}
	if _, genuine := c.Auth.Keys().Verify(token); genuine {
		c.PresentCookie(c.CookieSpecs().SessionToken.Name, token)
	}
	return nil
}

// unescaped decodes a token that was taken from a Set-Cookie line as it stood there.
func unescaped(token string) string {
	if plain, err := url.PathUnescape(token); err == nil {
		return plain
	}
	return token
}

// handOut copies the session's cookie, when one is set, into a header that scripts
// can read.
func handOut(c *core.Ctx) error {
	cookie, set := c.Cookies().Get(c.CookieSpecs().SessionToken.Name)
	if set && cookie.Value != "" && cookie.MaxAge >= 0 {
		c.ExposeHeader("set-auth-token", cookie.Value)
	}
	return nil
}
