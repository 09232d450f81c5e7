package ratelimit_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// from is a request of the peer with the given headers, added in order.
func from(peer string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/auth/sign-in/email", nil)
	r.RemoteAddr = peer
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func proxies(t testing.TB, entries ...string) []netip.Prefix {
	t.Helper()
	p, err := ratelimit.ParseProxies(entries)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClientIP(t *testing.T) {
	const client, proxy = "203.0.113.7:4711", "10.0.0.1:4711"
	trusting := ratelimit.IPConfig{TrustedProxies: proxies(t, "10.0.0.0/8", "2001:db8:f::/48", "192.0.2.10")}
	with := func(change func(*ratelimit.IPConfig)) ratelimit.IPConfig {
		cfg := trusting
		change(&cfg)
		return cfg
	}
	type headers = []string
	for name, c := range map[string]struct {
		cfg     ratelimit.IPConfig
		peer    string
		headers headers
		want    string // "" for unknown
	}{
		"the peer without headers":                        {ratelimit.IPConfig{}, client, nil, "203.0.113.7"},
		"the peer when nothing is trusted":                {ratelimit.IPConfig{}, client, headers{"X-Forwarded-For", "9.9.9.9"}, "203.0.113.7"},
		"the peer when nothing is trusted, many hops":     {ratelimit.IPConfig{}, client, headers{"X-Forwarded-For", "9.9.9.9, 8.8.8.8"}, "203.0.113.7"},
		"the peer when it is private and untrusted":       {ratelimit.IPConfig{}, proxy, headers{"X-Forwarded-For", "9.9.9.9"}, "10.0.0.1"},
		"the peer when it is no proxy":                    {trusting, client, headers{"X-Forwarded-For", "9.9.9.9"}, "203.0.113.7"},
		"the entry that the proxy added":                  {trusting, proxy, headers{"X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		"not what the client wrote before it":             {trusting, proxy, headers{"X-Forwarded-For", "9.9.9.9, 203.0.113.7"}, "203.0.113.7"},
		"not what the client wrote on another line":       {trusting, proxy, headers{"X-Forwarded-For", "9.9.9.9", "X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		"the first untrusted of several hops":             {trusting, proxy, headers{"X-Forwarded-For", "9.9.9.9, 203.0.113.7, 10.1.1.1, 192.0.2.10"}, "203.0.113.7"},
		"the leftmost when all are trusted":               {trusting, proxy, headers{"X-Forwarded-For", "10.5.5.5, 10.1.1.1"}, "10.5.5.5"},
		"the peer when the entry is no address":           {trusting, proxy, headers{"X-Forwarded-For", "9.9.9.9, unknown"}, "10.0.0.1"},
		"the peer when the header is empty":               {trusting, proxy, headers{"X-Forwarded-For", " , ,"}, "10.0.0.1"},
		"an entry with a port":                            {trusting, proxy, headers{"X-Forwarded-For", "203.0.113.7:55"}, "203.0.113.7"},
		"an IPv6 entry with a port":                       {trusting, proxy, headers{"X-Forwarded-For", "[2001:db8:1:2:3::4]:55"}, "2001:0db8:0001:0002:0000:0000:0000:0000"},
		"an IPv6 entry in brackets":                       {trusting, proxy, headers{"X-Forwarded-For", "[2001:db8:1:2:3::4]"}, "2001:0db8:0001:0002:0000:0000:0000:0000"},
		"no zone from a header":                           {trusting, proxy, headers{"X-Forwarded-For", "fe80::1%eth0"}, "10.0.0.1"},
		"an IPv6 proxy":                                   {trusting, "[2001:db8:f::1]:1", headers{"X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		"a proxy whose address is mapped into IPv6":       {trusting, "[::ffff:10.0.0.1]:1", headers{"X-Forwarded-For", "::ffff:203.0.113.7"}, "203.0.113.7"},
		"a peer mapped into IPv6":                         {ratelimit.IPConfig{}, "[::ffff:203.0.113.7]:1", nil, "203.0.113.7"},
		"an IPv6 peer, by its subnet":                     {ratelimit.IPConfig{}, "[2001:DB8::1:2:3]:1", nil, "2001:0db8:0000:0000:0000:0000:0000:0000"},
		"a link-local peer without its zone":              {ratelimit.IPConfig{}, "[fe80::1%eth0]:1", nil, "fe80:0000:0000:0000:0000:0000:0000:0000"},
		"a peer without a port":                           {ratelimit.IPConfig{}, "203.0.113.7", nil, "203.0.113.7"},
		"a whole IPv6 address when so configured":         {ratelimit.IPConfig{IPv6Subnet: 128}, "[2001:db8::1]:1", nil, "2001:0db8:0000:0000:0000:0000:0000:0001"},
		"a wide IPv6 subnet":                              {ratelimit.IPConfig{IPv6Subnet: 20}, "[2001:dbf:ffff::1]:1", nil, "2001:0000:0000:0000:0000:0000:0000:0000"},
		"another header":                                  {with(func(c *ratelimit.IPConfig) { c.Headers = headers{"cf-connecting-ip"} }), proxy, headers{"Cf-Connecting-Ip", "203.0.113.7", "X-Forwarded-For", "9.9.9.9"}, "203.0.113.7"},
		"the next header when the first has no address":   {with(func(c *ratelimit.IPConfig) { c.Headers = headers{"X-Real-Ip", "X-Forwarded-For"} }), proxy, headers{"X-Real-Ip", "unknown", "X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		"no other header":                                 {trusting, proxy, headers{"X-Real-Ip", "9.9.9.9", "Forwarded", "for=9.9.9.9"}, "10.0.0.1"},
		"nothing on a Unix socket":                        {ratelimit.IPConfig{}, "@", headers{"X-Forwarded-For", "9.9.9.9"}, ""},
		"the entry on a Unix socket, where proxies are":   {trusting, "@", headers{"X-Forwarded-For", "203.0.113.7, 10.0.0.1"}, "203.0.113.7"},
		"nothing without a peer":                          {ratelimit.IPConfig{}, "", nil, ""},
		"this machine in development":                     {ratelimit.IPConfig{Development: true}, "", nil, "127.0.0.1"},
		"the peer in development, too":                    {ratelimit.IPConfig{Development: true}, client, nil, "203.0.113.7"},
		"nothing when disabled":                           {ratelimit.IPConfig{Disable: true, Development: true}, client, nil, ""},
		"the leftmost entry in Compat":                    {ratelimit.IPConfig{Compat: true}, client, headers{"X-Forwarded-For", "9.9.9.9, 8.8.8.8"}, "9.9.9.9"},
		"the leftmost entry of the first line in Compat":  {ratelimit.IPConfig{Compat: true}, client, headers{"X-Forwarded-For", "9.9.9.9", "X-Forwarded-For", "8.8.8.8"}, "9.9.9.9"},
		"nothing without a header in Compat":              {ratelimit.IPConfig{Compat: true}, client, nil, ""},
		"this machine in development in Compat":           {ratelimit.IPConfig{Compat: true, Development: true}, client, nil, "127.0.0.1"},
		"the next header with a valid leftmost in Compat": {ratelimit.IPConfig{Compat: true, Headers: headers{"A", "B"}}, client, headers{"A", "x, 9.9.9.9", "B", "8.8.8.8"}, "8.8.8.8"},
	} {
		t.Run(name, func(t *testing.T) {
			ip, ok := ratelimit.ClientIP(from(c.peer, c.headers...), c.cfg)
			if ip != c.want || ok != (c.want != "") {
				t.Errorf("ClientIP = %q, %v, want %q", ip, ok, c.want)
			}
		})
	}
}

func TestSpoofedHeadersShareTheLimit(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  ratelimit.IPConfig
		peer string
		tail string
	}{
		"from the client itself":  {ratelimit.IPConfig{}, "203.0.113.7:1", ""},
		"through a trusted proxy": {ratelimit.IPConfig{TrustedProxies: proxies(t, "10.0.0.1")}, "10.0.0.1:1", ", 203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			l, passed := newLimiter(t, ratelimit.Config{}), 0
			for i := range 20 {
				r := from(c.peer, "X-Forwarded-For", netip.AddrFrom4([4]byte{9, 9, 9, byte(i)}).String()+c.tail)
				ip, _ := ratelimit.ClientIP(r, c.cfg)
				d, err := l.Check(r, "/sign-in/email", "/sign-in/email", ip, start)
				if err != nil {
					t.Fatal(err)
				}
				if d.Allowed {
					passed++
				}
			}
			if passed != 3 {
				t.Errorf("%d of 20 passed a limit of 3", passed)
			}
		})
	}
}

func TestIgnoresHeaderPointsAtAMissingProxy(t *testing.T) {
	trusting := ratelimit.IPConfig{TrustedProxies: proxies(t, "10.0.0.1")}
	forwarded := []string{"X-Forwarded-For", "203.0.113.7"}
	for name, c := range map[string]struct {
		cfg     ratelimit.IPConfig
		peer    string
		headers []string
		want    bool
	}{
		"a header from a stranger":      {trusting, "10.0.0.2:1", forwarded, true},
		"a header when none is trusted": {ratelimit.IPConfig{}, "10.0.0.2:1", forwarded, true},
		"a header from the proxy":       {trusting, "10.0.0.1:1", forwarded, false},
		"no header":                     {trusting, "10.0.0.2:1", nil, false},
		"a header in Compat":            {ratelimit.IPConfig{Compat: true}, "10.0.0.2:1", forwarded, false},
		"a header when disabled":        {ratelimit.IPConfig{Disable: true}, "10.0.0.2:1", forwarded, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ratelimit.IgnoresHeader(from(c.peer, c.headers...), c.cfg); got != c.want {
				t.Errorf("IgnoresHeader = %v", got)
			}
		})
	}
}

func TestParseProxies(t *testing.T) {
	got := proxies(t, "10.0.0.1", "10.1.2.3/8", "2001:db8::1", "2001:db8::/32", "::ffff:10.0.0.2", "::ffff:10.2.0.0/112")
	want := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("10.2.0.0/16"),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "proxy.example.com", "10.0.0.0/33", "10.0.0", "10.0.0.0/-1", "fe80::1%eth0", "10.0.0.0/8 "} {
		if _, err := ratelimit.ParseProxies([]string{"10.0.0.1", bad}); err == nil || !strings.Contains(err.Error(), "trustedProxies") {
			t.Errorf("ParseProxies(%q): %v", bad, err)
		}
	}
}

// FuzzClientIP holds that what is stored and counted is an address in its only
// form, and that a client can never speak for its peer.
func FuzzClientIP(f *testing.F) {
	for _, v := range recorded(f).Addresses {
		f.Add(v.Value)
	}
	trusting := ratelimit.IPConfig{TrustedProxies: proxies(f, "10.0.0.1")}
	f.Fuzz(func(t *testing.T, value string) {
		if ip, _ := ratelimit.ClientIP(from("203.0.113.7:1", "X-Forwarded-For", value), trusting); ip != "203.0.113.7" {
			t.Fatalf("the header %q made it %q", value, ip)
		}
		if ip, _ := ratelimit.ClientIP(from("10.0.0.1:1", "X-Forwarded-For", value+", 203.0.113.7"), trusting); ip != "203.0.113.7" {
			t.Fatalf("the header %q made it %q behind a proxy", value, ip)
		}
		ip, ok := ratelimit.ClientIP(from("10.0.0.1:1", "X-Forwarded-For", value), trusting)
		addr, err := netip.ParseAddr(ip)
		if !ok || err != nil || addr.Is4In6() || addr.StringExpanded() != ip {
			t.Fatalf("the header %q made it %q", value, ip)
		}
	})
}
