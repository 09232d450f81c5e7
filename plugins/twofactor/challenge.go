package twofactor

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// Challenge is the answer of a sign-in that wants a second factor.
type Challenge struct {
	TwoFactorRedirect bool     `json:"twoFactorRedirect"`
	TwoFactorMethods  []string `json:"twoFactorMethods"` // "totp", "otp"; backup codes always work
}

// A challenge is a record under a random name, which the cookie holds, with the id of
// the user as its value. Beside it stands the number of codes that were tried.
var (
	challengePurpose = verification.Purpose{Prefix: "2fa-", Shape: verification.IsID}
	triesPurpose     = verification.Purpose{Prefix: "2fa-attempts-2fa-", Shape: isCount}
)

// challengeTries is how many codes of an app, and backup codes, one challenge takes.
const challengeTries = 5

const challengeLength = 20 // of a name, in letters, digits, - and _

// challengeName takes the name out of what the cookie has signed. Other identifiers
// that begin in the same way have another length, and the server signs none of them.
func challengeName(signed string) (name string, ok bool) {
	name, ok = strings.CutPrefix(signed, challengePurpose.Prefix)
	return name, ok && len(name) == challengeLength && strings.Trim(name, nameLetters) == ""
}

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func isCount(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && n >= 0 && strconv.Itoa(n) == value
}

// challenge takes back the session that a sign-in has opened for a user with a second
// factor, and asks for that, unless the user trusts the browser.
func (p *Plugin) challenge(c *core.Ctx) error {
	opened := c.NewSession()
	if opened == nil || !enabled(opened.User) {
		return nil
	}
	trusted, err := p.trusted(c, opened.User)
	if err == nil && trusted {
		return nil
	}
	// Whatever goes wrong from here on: nothing of the session is sent.
	dropped := c.DeleteSessionCookies(true)
	taken, failed := p.auth.Sessions().Take(c.Context(), opened.Session.Token)
	if err := errors.Join(err, dropped, failed); err != nil {
		return err
	}
	if !taken && !p.auth.SessionsInCookies() { // there nobody else can have ended it
		return p.refuse(c)
	}
	err = p.issue(c, opened)
	if errors.Is(err, core.ErrInvalidEmailOrPassword) {
		return p.refuse(c)
	}
	if err != nil {
		return err
	}
	methods, err := p.methods(c, opened.User)
	if err != nil {
		return err
	}
	c.SetReturned(&Challenge{TwoFactorRedirect: true, TwoFactorMethods: methods})
	return nil
}

// refuse is the end of a sign-in whose session has been ended meanwhile, or whose
// password has been changed: it would be refused if it came now.
func (p *Plugin) refuse(c *core.Ctx) error {
	return errors.Join(core.ErrInvalidEmailOrPassword, c.DeleteSessionCookies(false))
}

// issue leaves a challenge with the client, unless the password that has opened the
// session is another one by now: then the challenge would outlive it.
func (p *Plugin) issue(c *core.Ctx, opened *session.WithUser) error {
	u := opened.User
	name, ends := p.auth.RandomID(challengeLength), c.Now().Add(p.opts.CookieMaxAge)
	err := c.Tx(func() error {
		unchanged, err := p.passwordUnchanged(c, u.ID, opened.Session.CreatedAt)
		if err != nil {
			return err
		}
		if !unchanged {
			return core.ErrInvalidEmailOrPassword
		}
		if _, err := p.auth.Verifications().Create(c.Context(), challengePurpose, name, u.ID, ends); err != nil {
			return err
		}
		_, err = p.auth.Verifications().Create(c.Context(), triesPurpose, name, "0", ends)
		return err
	})
	if err != nil {
		return err
	}
	spec, err := c.CookieSpec(challengeCookie)
	if err != nil {
		return err
	}
	return c.SetSignedCookie(spec, challengePurpose.Prefix+name)
}

// methods are the factors that a user can show.
func (p *Plugin) methods(c *core.Ctx, u user.User) ([]string, error) {
	methods := []string{}
	if !p.opts.TOTP.Disable {
		e, ok, err := p.store.of(c.Context(), u.ID)
		if err != nil {
			return nil, err
		}
		if ok && !e.unverified() {
			methods = append(methods, "totp")
		}
	}
	if p.opts.OTP.SendOTP != nil {
		methods = append(methods, "otp")
	}
	return methods, nil
}

// claimant is who shows a factor: somebody who is signed in, or somebody who has
// answered with the password and is challenged for the rest.
type claimant struct {
	user    user.User
	session *session.WithUser // nil in a sign-in
	name    string            // of the challenge, in a sign-in
	since   time.Time         // when that was issued
}

func (cl *claimant) signsIn() bool { return cl.session == nil }

// key is the name under which codes for the claimant are kept.
func (cl *claimant) key() string {
	if cl.signsIn() {
		return challengePurpose.Prefix + cl.name
	}
	return cl.user.ID + "!" + cl.session.Session.ID
}

// claimant finds out who shows a factor. It asks the database: what a cache knows of
// a session may be over.
func (p *Plugin) claimant(c *core.Ctx) (*claimant, error) {
	found, err := c.FindSession(core.SessionQuery{
		DisableCookieCache: !p.auth.Stateless(), ReadOnly: p.auth.Options().Session.DeferSessionRefresh,
	})
	switch {
	case errors.Is(err, core.ErrSessionOver):
	case err != nil:
		return nil, err
	case found != nil:
		return &claimant{user: found.User, session: &found.WithUser}, nil
	}
	return p.challenged(c)
}

// challenged finds the challenge of the request's cookie. One that has taken all its
// tries is over, and so is one without a count, which somebody else has issued.
func (p *Plugin) challenged(c *core.Ctx) (*claimant, error) {
	spec, err := c.CookieSpec(challengeCookie)
	if err != nil {
		return nil, err
	}
	signed, _ := c.SignedCookie(spec.Name)
	name, ok := challengeName(signed)
	if !ok {
		return nil, ErrInvalidCookie
	}
	pending, ok, err := p.auth.Verifications().Find(c.Context(), challengePurpose, name)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrInvalidCookie
	}
	tried, ok, err := p.auth.Verifications().Find(c.Context(), triesPurpose, name)
	if err != nil {
		return nil, err
	}
	if n, _ := strconv.Atoi(tried.Value); !ok || n > challengeTries {
		return nil, ErrInvalidCookie
	}
	u, ok, err := p.auth.Users().ByID(c.Context(), pending.Value)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrInvalidCookie
	}
	return &claimant{user: u, name: name, since: pending.CreatedAt}, nil
}

// countTry takes one of the tries of a challenge, ahead of looking at the code: of
// many codes at once no more are looked at than one by one. The try after the last
// ends the challenge.
func (p *Plugin) countTry(c *core.Ctx, cl *claimant) error {
	for {
		tried, ok, err := p.auth.Verifications().Find(c.Context(), triesPurpose, cl.name)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(tried.Value)
		if !ok || n > challengeTries {
			return ErrInvalidCookie
		}
		counted, err := p.auth.Verifications().Replace(c.Context(), triesPurpose, cl.name, tried.Value, strconv.Itoa(n+1))
		switch {
		case err != nil:
			return err
		case !counted: // somebody else has: the number is nearer to its end
		case n == challengeTries:
			return errors.Join(p.dropCookie(c, challengeCookie), ErrTooManyAttempts)
		default:
			return nil
		}
	}
}

// dropCookie takes a cookie of the plugin from the client.
func (p *Plugin) dropCookie(c *core.Ctx, name string) error {
	spec, err := c.CookieSpec(name)
	if err != nil {
		return err
	}
	return c.Cookies().Set(spec.Expired())
}
