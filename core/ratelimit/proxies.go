package ratelimit

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// ParseProxies reads trustedProxies: addresses and CIDR ranges. The error
// names every entry that is neither.
func ParseProxies(entries []string) ([]netip.Prefix, error) {
	var (
		prefixes []netip.Prefix
		problems []error
	)
	for _, entry := range entries {
		prefix, err := netip.ParsePrefix(entry)
		if addr, addrErr := netip.ParseAddr(entry); addrErr == nil && addr.Zone() == "" {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("trustedProxies: %q is neither an address nor a CIDR range", entry))
			continue
		}
		prefixes = append(prefixes, unmap(prefix.Masked()))
	}
	return prefixes, errors.Join(problems...)
}

// unmap turns a range inside ::ffff:0:0/96 into the IPv4 range that it means.
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// trusts reports whether a hop is a proxy whose headers count. known is false
// for a peer without an address.
func (cfg IPConfig) trusts(hop netip.Addr, known bool) bool {
	if !known {
		return len(cfg.TrustedProxies) > 0
	}
	return slices.ContainsFunc(cfg.TrustedProxies, func(p netip.Prefix) bool { return unmap(p).Contains(hop) })
}

// walk reads the entries of a header from right to left.
func (cfg IPConfig) walk(lines []string) (client netip.Addr, ok bool) {
	entries := strings.Split(strings.Join(lines, ","), ",")
	for _, entry := range slices.Backward(entries) {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		hop, valid := parseEntry(entry)
		if !valid {
			return netip.Addr{}, false
		}
		if client, ok = hop, true; !cfg.trusts(hop, true) {
			break
		}
	}
	return client, ok
}

// parseEntry reads an address, or an address with a port as some proxies write
// it.
func parseEntry(s string) (netip.Addr, bool) {
	if addr, ok := parseAddr(s); ok {
		return addr, true
	}
	if withPort, err := netip.ParseAddrPort(s); err == nil && withPort.Addr().Zone() == "" {
		return withPort.Addr().Unmap(), true
	}
	return parseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
}

func parseAddr(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}
