package twofactor

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// A trusted browser is a record under a random name with the id of the user as its
// value. The cookie holds the name and, ahead of it, a signature over the user and
// the name.
var devicePurpose = verification.Purpose{Prefix: "trust-device-", Shape: verification.IsID}

// distrustPurpose keeps by user when the second factor was last switched off, in
// milliseconds: what was trusted until then is trusted no more. The records cannot
// always be found by their user. Gatehouse's own.
var distrustPurpose = verification.Purpose{Prefix: "two-factor-distrust-", Shape: isCount}

const deviceLength = 32 // of a name

// device takes the name of a trusted browser out of the request's cookie. given tells
// whether there was a cookie that the server has signed.
func (p *Plugin) device(c *core.Ctx, u user.User) (name string, ok, given bool, err error) {
	spec, err := c.CookieSpec(deviceCookie)
	if err != nil {
		return "", false, false, err
	}
	signed, given := c.SignedCookie(spec.Name)
	signature, identifier, _ := strings.Cut(signed, "!")
	name, ok = strings.CutPrefix(identifier, devicePurpose.Prefix)
	return name, ok && name != "" && p.auth.Keys().VerifyRaw(u.ID+"!"+identifier, signature), given, nil
}

// trusted tells whether the user trusts the browser, which then gets a new cookie in
// the place of its own: of many at once with one cookie, one is trusted.
func (p *Plugin) trusted(c *core.Ctx, u user.User) (bool, error) {
	name, ok, given, err := p.device(c, u)
	if err != nil {
		return false, err
	}
	if ok {
		err := c.Tx(func() error {
			if err := p.lock(c, u.ID); err != nil {
				return err
			}
			return p.rotate(c, u, name)
		})
		if !errors.Is(err, errNotTrusted) {
			return err == nil, err
		}
	}
	if given {
		return false, p.dropCookie(c, deviceCookie)
	}
	return false, nil
}

var errNotTrusted = errors.New("the browser is not trusted")

// rotate puts a new record in the place of one, in a transaction. Nothing is trusted
// for a factor that has been switched off since the sign-in began.
func (p *Plugin) rotate(c *core.Ctx, u user.User, name string) error {
	now, ok, err := p.auth.Users().ByID(c.Context(), u.ID)
	if err != nil {
		return err
	}
	if !ok || !enabled(now) {
		return errNotTrusted
	}
	rec, ok, err := p.auth.Verifications().RedeemOf(c.Context(), devicePurpose, name, u.ID)
	if err != nil {
		return err
	}
	if !ok {
		return errNotTrusted
	}
	since, _, err := p.auth.Verifications().Find(c.Context(), distrustPurpose, u.ID)
	if err != nil {
		return err
	}
	// Without a record the zero moment, which everything is after.
	ms, _ := strconv.ParseInt(since.Value, 10, 64)
	if !rec.CreatedAt.After(time.UnixMilli(ms)) {
		return errNotTrusted
	}
	return p.trust(c, u)
}

// trust lets the client's browser sign in without a second factor. It is called in
// a transaction, whose end the cookie waits for.
func (p *Plugin) trust(c *core.Ctx, u user.User) error {
	name := p.auth.RandomID(deviceLength)
	_, err := p.auth.Verifications().Create(c.Context(), devicePurpose, name, u.ID, c.Now().Add(p.opts.TrustDeviceMaxAge))
	if err != nil {
		return err
	}
	spec, err := c.CookieSpec(deviceCookie)
	if err != nil {
		return err
	}
	identifier := devicePurpose.Prefix + name
	value := p.auth.Keys().SignRaw(u.ID+"!"+identifier) + "!" + identifier
	return db.AfterCommit(c.Context(), func(context.Context) error { return c.SetSignedCookie(spec, value) })
}

// distrust ends the trust in every browser of the user, in a transaction, and takes
// the cookie of this one. Of its records the newest counts: an earlier one stays until
// it expires, because a storage that acts at once would not bring it back should the
// transaction fail.
func (p *Plugin) distrust(c *core.Ctx, u user.User) error {
	v := p.auth.Verifications()
	now := c.Now()
	_, err := v.Create(c.Context(), distrustPurpose, u.ID, strconv.FormatInt(now.UnixMilli(), 10), now.Add(p.opts.TrustDeviceMaxAge))
	if err != nil {
		return err
	}
	name, ok, given, err := p.device(c, u)
	if err != nil {
		return err
	}
	if ok {
		if _, _, err := v.RedeemOf(c.Context(), devicePurpose, name, u.ID); err != nil {
			return err
		}
	}
	if given {
		return p.dropCookie(c, deviceCookie)
	}
	return nil
}
