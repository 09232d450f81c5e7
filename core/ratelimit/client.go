package ratelimit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// IPConfig says where the address of a client comes from.
type IPConfig struct {
	// Headers are asked in order, "X-Forwarded-For" when empty (upstream's
	// ipAddressHeaders).
	Headers []string
	// TrustedProxies are the addresses from which Headers are believed
	// (trustedProxies of upstream 1.6.21 and later). See [ParseProxies].
	TrustedProxies []netip.Prefix
	// Disable makes every address unknown (disableIpTracking). Upstream, in both
	// generations, also stops limiting then.
	Disable bool
	// IPv6Subnet is the prefix length that IPv6 addresses are cut to, 1 to 128;
	// zero means 64, what one subscriber usually has.
	IPv6Subnet int
	// Development takes 127.0.0.1 where the address is unknown.
	Development bool
	// Compat restores 1.6.9: the peer's address is never used, and the leftmost
	// entry of the first header that starts with a valid address is believed,
	// whoever sent it. Anybody who reaches the server then names his own address
	// and is not limited; use it only behind a proxy that replaces the header.
	Compat bool
}

// ClientIP returns the address of the client for rate limits and for the
// ipAddress of a session, and false when it is unknown. IPv4 is in dotted form,
// also when it came mapped into IPv6; IPv6 is cut to the subnet and written out
// in full, "2001:0db8:0000:0000:0000:0000:0000:0000", as upstream stores it.
//
// The address is that of the peer, the other end of the connection, which
// nobody can forge. Headers count only when the peer is a trusted proxy. Then
// the entries are read from right to left, the order in which the proxies added
// them, up to the first one that is not a trusted proxy itself: what stands to
// the left of it was written by the client. If all are trusted, the leftmost is
// the client. An entry that is no address ends the reading, and the next header
// is asked; when none gives an address, the peer's is taken.
//
// So without TrustedProxies no header is believed. 1.6.9 believes the leftmost
// entry and 1.7 a header with a single entry, because neither knows the peer;
// either way a client that reaches the server directly chooses its address. The
// price: behind a proxy that is not listed all clients share the proxy's
// address and its limit. [IgnoresHeader] tells, so that it can be logged. A
// range of private addresses is not trusted by default either, because behind
// a container's port mapping every client seems to come from one.
//
// A peer without an address, on a Unix socket, counts as a trusted proxy if
// there are any.
func ClientIP(r *http.Request, cfg IPConfig) (ip string, ok bool) {
	if cfg.Disable {
		return "", false
	}
	addr, ok := netip.Addr{}, false
	if cfg.Compat {
		addr, ok = leftmost(r.Header, cfg.headers())
	} else {
		addr, ok = clientAddr(r, cfg)
	}
	if !ok && cfg.Development {
		addr, ok = netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	if !ok {
		return "", false
	}
	ip = normalise(addr, cfg.IPv6Subnet)
	return ip, ip != ""
}

// IgnoresHeader reports that the request carries one of the headers and that
// [ClientIP] does not believe it, because it came from an untrusted peer. Many
// of these from one peer are the sign of a proxy missing in TrustedProxies.
func IgnoresHeader(r *http.Request, cfg IPConfig) bool {
	if cfg.Disable || cfg.Compat {
		return false
	}
	peer, known := peerAddr(r)
	if cfg.trusts(peer, known) {
		return false
	}
	return slices.ContainsFunc(cfg.headers(), func(name string) bool { return r.Header.Get(name) != "" })
}

func (cfg IPConfig) headers() []string {
	if len(cfg.Headers) == 0 {
		return []string{"X-Forwarded-For"}
	}
	return cfg.Headers
}

func clientAddr(r *http.Request, cfg IPConfig) (netip.Addr, bool) {
	peer, known := peerAddr(r)
	if !cfg.trusts(peer, known) {
		return peer, known
	}
	for _, name := range cfg.headers() {
		if addr, ok := cfg.walk(r.Header.Values(name)); ok {
			return addr, true
		}
	}
	return peer, known
}

// leftmost is the rule of 1.6.9.
func leftmost(header http.Header, names []string) (netip.Addr, bool) {
	for _, name := range names {
		first, _, _ := strings.Cut(strings.Join(header.Values(name), ","), ",")
		if addr, ok := parseAddr(strings.TrimSpace(first)); ok {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

func peerAddr(r *http.Request) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return withPort.Addr().WithZone("").Unmap(), true
	}
	addr, err := netip.ParseAddr(r.RemoteAddr) // some middleware leaves the port out
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.WithZone("").Unmap(), true
}

// normalise writes an address the way upstream keys and stores it.
func normalise(addr netip.Addr, subnet int) string {
	if addr.Is4() {
		return addr.String()
	}
	if subnet <= 0 || subnet > 128 {
		subnet = 64
	}
	masked, err := addr.Prefix(subnet)
	if err != nil { // impossible for a valid address; one bucket is the safe side
		return ""
	}
	return masked.Addr().StringExpanded()
}
