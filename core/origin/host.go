package origin

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// maxHostname is the longest name that DNS can carry (RFC 1035, section
// 2.3.4), with a trailing dot.
const maxHostname = 254

// splitPort takes "host[:port]" apart. The port comes back in decimal without
// leading zeros, "" when absent.
func splitPort(authority string) (host, port string, err error) {
	end := strings.IndexByte(authority, ']') // an IPv6 address has colons of its own
	i := strings.IndexByte(authority[end+1:], ':')
	if i < 0 {
		return authority, "", nil
	}
	host, digits := authority[:end+1+i], authority[end+i+2:]
	if digits == "" {
		return host, "", nil
	}
	for j := range len(digits) {
		if !isDigit(digits[j]) {
			return "", "", refuse("its port is not a number")
		}
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", "", refuse("its port is above 65535")
	}
	return host, strconv.FormatUint(n, 10), nil
}

// canonicalHost gives a host the spelling of the WHATWG host serialiser.
func canonicalHost(host string) (string, error) {
	if host == "" {
		return "", refuse("it has no host")
	}
	if len(host) > maxHostname {
		return "", refuse("its host is too long")
	}
	if host[0] == '[' {
		return canonicalIPv6(host)
	}
	for i := range len(host) {
		switch c := host[i]; {
		case isLetter(c), isDigit(c), c == '-', c == '_', c == '.':
		case c == '%':
			return "", refuse("its host is percent-encoded")
		case c >= 0x80:
			return "", refuse("its host is not ASCII; write it in its xn-- form")
		default:
			return "", refuse("its host has unexpected characters")
		}
	}
	host = strings.ToLower(host)
	if strings.HasPrefix(host, ".") || strings.Contains(host, "..") {
		return "", refuse("its host has an empty label")
	}
	if endsInNumber(host) {
		return canonicalIPv4(host)
	}
	return host, nil
}

// opaqueHost reads the host of a scheme that gives it no meaning: what RFC 3986
// allows unescaped, in lower case.
func opaqueHost(host string) (string, error) {
	if host == "" {
		return "", refuse("it has no host")
	}
	if host[0] == '[' {
		return canonicalIPv6(host)
	}
	for i := range len(host) {
		if c := host[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte("-._~!$&'()*+,;=", c) < 0 {
			return "", refuse("its host has unexpected characters")
		}
	}
	return strings.ToLower(host), nil
}

// endsInNumber is the WHATWG "ends in a number checker": such a host is an
// IPv4 address or nothing.
func endsInNumber(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(last, "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
}

// canonicalIPv4 is the WHATWG IPv4 parser: one to four numbers, decimal, octal
// with a leading 0 or hexadecimal with a leading 0x, the last of which fills
// the remaining bytes.
func canonicalIPv4(host string) (string, error) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return "", refuse("its host is not a valid IPv4 address")
	}
	var address uint64
	for i, part := range parts {
		n, ok := ipv4Number(part)
		limit := uint64(1) << 8
		if i == len(parts)-1 {
			limit = 1 << (8 * (5 - len(parts)))
		}
		if !ok || n >= limit {
			return "", refuse("its host is not a valid IPv4 address")
		}
		if i == len(parts)-1 {
			address |= n
		} else {
			address |= n << (8 * (3 - i))
		}
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(address))
	return netip.AddrFrom4(b).String(), nil
}

func ipv4Number(s string) (uint64, bool) {
	base := 10
	switch {
	case s == "":
		return 0, false
	case strings.HasPrefix(s, "0x"):
		if s, base = s[2:], 16; s == "" {
			return 0, true
		}
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	if s[0] == '+' || s[0] == '-' || strings.Contains(s, "_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

// canonicalIPv6 writes the address as the standard does: lower case, the first
// longest run of two or more zero groups compressed, never a dotted tail.
func canonicalIPv6(host string) (string, error) {
	inner, ok := strings.CutSuffix(host[1:], "]")
	addr, err := netip.ParseAddr(inner)
	if !ok || err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", refuse("its host is not a valid IPv6 address")
	}
	bytes := addr.As16()
	var groups [8]uint16
	for i := range groups {
		groups[i] = binary.BigEndian.Uint16(bytes[2*i:])
	}
	start, length := longestZeroRun(groups)
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(groups); i++ {
		if length > 1 && i == start {
			b.WriteString("::")
			i += length - 1
			continue
		}
		if i > 0 && (length <= 1 || i != start+length) {
			b.WriteByte(':')
		}
		b.WriteString(strconv.FormatUint(uint64(groups[i]), 16))
	}
	b.WriteByte(']')
	return b.String(), nil
}

func longestZeroRun(groups [8]uint16) (start, length int) {
	for i := 0; i < len(groups); i++ {
		n := 0
		for i+n < len(groups) && groups[i+n] == 0 {
			n++
		}
		if n > length {
			start, length = i, n
		}
		i += n
	}
	return start, length
}

// isIPv4 reports whether a canonical host, without port, is an IPv4 address.
func isIPv4(hostname string) bool {
	addr, err := netip.ParseAddr(hostname)
	return err == nil && addr.Is4()
}

// IsLoopback reports whether a host, with or without a port, names this
// machine: localhost and names below it (RFC 6761), 127.0.0.0/8 and ::1. It is
// meant for defaults that suit development, never for a security decision
// about a name that still has to be resolved.
func IsLoopback(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	if strings.HasPrefix(host, "[") {
		name, _, _ = strings.Cut(host[1:], "]")
	} else if strings.Count(host, ":") > 1 {
		name = host
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}
