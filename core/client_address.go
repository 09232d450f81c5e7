package core

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// setIPConfig reads how the address of a client is found.
func (a *Auth) setIPConfig() error {
	o := &a.opts.Advanced.IPAddress
	proxies, err := ratelimit.ParseProxies(o.TrustedProxies)
	if err != nil {
		err = fmt.Errorf("advanced.ipAddress.%w", err)
	}
	a.ip = ratelimit.IPConfig{
		Headers: o.IPAddressHeaders, TrustedProxies: proxies, Disable: o.DisableIPTracking, IPv6Subnet: o.IPv6Subnet,
		Development: !a.opts.Production, Compat: a.opts.Compat.LeftmostForwardedAddress,
	}
	switch o.IPv6Subnet {
	case 0, 32, 48, 64, 128:
	default:
		err = errors.Join(err, fmt.Errorf("advanced.ipAddress.ipv6Subnet: %d is not 128, 64, 48 or 32", o.IPv6Subnet))
	}
	return err
}

// clientAddress is the address that sessions keep and limits count by, or "".
func (a *Auth) clientAddress(r *http.Request) string {
	if ratelimit.IgnoresHeader(r, a.ip) {
		a.proxyHint.Do(func() {
			a.log.Warn("a request names its client in a header that is not believed: if it came through a proxy of yours, list the proxy in advanced.ipAddress.trustedProxies")
		})
	}
	ip, _ := ratelimit.ClientIP(r, a.ip)
	return ip
}

// pseudonym stands for the client's address where addresses must not be kept:
// the limit still holds for each client, and the counter does not tell whose it
// is. Upstream does not limit at all then.
func (a *Auth) pseudonym(r *http.Request) string {
	cfg := a.ip
	cfg.Disable = false
	ip, ok := ratelimit.ClientIP(r, cfg)
	if !ok {
		return ""
	}
	return a.keys.SignRaw("rate-limit " + ip)
}
