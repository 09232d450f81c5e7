package origin_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/origin"
)

func newResolver(t testing.TB, cfg origin.Config) *origin.Resolver {
	t.Helper()
	r, err := origin.NewResolver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// request is one that arrived over plain HTTP under the host.
func request(host string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/api/auth/ok", nil)
	r.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestStaticBaseIsWhatUpstreamMakesOfIt(t *testing.T) {
	for _, v := range recorded(t).StaticBases {
		t.Run(v.URL+" at "+v.Path, func(t *testing.T) {
			r, err := origin.NewResolver(origin.Config{BaseURL: v.URL, BasePath: v.Path})
			if v.Base == nil {
				if err == nil || !strings.Contains(err.Error(), "baseURL") {
					t.Fatalf("error = %v, want one that names the option", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			base, err := r.Resolve(request("evil.com", "X-Forwarded-Host", "evil.com"))
			if err != nil || base.URL() != *v.Base {
				t.Errorf("Resolve = %q, %v, want %q", base.URL(), err, *v.Base)
			}
		})
	}
}

// namesLikeAddresses is the one intended difference: a wildcard for addresses
// does not cover names.
const namesLikeAddresses = "192.168.evil.com"

func TestAllowedHostsAreUpstreams(t *testing.T) {
	for _, v := range recorded(t).HostPatterns {
		t.Run(v.Host+" by "+v.Pattern, func(t *testing.T) {
			r := newResolver(t, origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{v.Pattern}}})
			_, err := r.Resolve(request(v.Host))
			if want := v.Allowed && v.Host != namesLikeAddresses; (err == nil) != want {
				t.Errorf("error = %v, want allowed = %v", err, want)
			}
			if err != nil && !errors.Is(err, origin.ErrHostNotAllowed) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestDynamicBaseIsUpstreams(t *testing.T) {
	for i, v := range recorded(t).Dynamic {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			r := newResolver(t, origin.Config{
				Dynamic:        &origin.Dynamic{AllowedHosts: v.Config.AllowedHosts, Fallback: v.Config.Fallback, Protocol: v.Config.Protocol},
				TrustForwarded: v.Trust,
			})
			req := request(v.Headers["host"])
			for name, value := range v.Headers {
				if name != "host" {
					req.Header.Set(name, value)
				}
			}
			base, err := r.Resolve(req)
			switch {
			case v.Base == nil:
				if !errors.Is(err, origin.ErrHostNotAllowed) {
					t.Errorf("Resolve = %q, %v, want a refusal", base.URL(), err)
				}
			case err != nil || base.URL() != strings.ToLower(*v.Base): // upstream keeps the case of the Host header
				t.Errorf("Resolve = %q, %v, want %q", base.URL(), err, *v.Base)
			}
		})
	}
}

func TestTrustedOriginsAreUpstreams(t *testing.T) {
	for _, v := range recorded(t).Origins {
		t.Run(string(v.BaseURL), func(t *testing.T) {
			var cfg origin.Config
			var hosts dynamicConfig
			if err := json.Unmarshal(v.BaseURL, &cfg.BaseURL); err != nil {
				if err := json.Unmarshal(v.BaseURL, &hosts); err != nil {
					t.Fatal(err)
				}
				cfg.Dynamic = &origin.Dynamic{AllowedHosts: hosts.AllowedHosts, Fallback: hosts.Fallback}
			}
			origins := newResolver(t, cfg).TrustedOrigins()
			if diff := cmp.Diff(v.Origins, origins); diff != "" {
				t.Error(diff)
			}
			newMatcher(t, origins...)
		})
	}
}

func TestNothingIsRememberedFromARequest(t *testing.T) {
	r := newResolver(t, origin.Config{})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			host := fmt.Sprintf("host%d.example.com", i)
			base, err := r.Resolve(request(host))
			if err != nil || base.URL() != "http://"+host+"/api/auth" {
				t.Errorf("Resolve = %q, %v", base.URL(), err)
			}
		})
	}
	wg.Wait()
	if origins := r.TrustedOrigins(); len(origins) != 0 {
		t.Errorf("trusted origins = %q", origins)
	}
	if _, ok := r.Static(); ok {
		t.Error("there is a static base")
	}
}

func TestForwardedHeadersCountOnlyWhenTrusted(t *testing.T) {
	hosts := &origin.Dynamic{AllowedHosts: []string{"a.com", "b.com"}}
	for name, c := range map[string]struct {
		cfg     origin.Config
		headers []string
		want    string
	}{
		"untrusted, from the request":         {origin.Config{}, []string{"X-Forwarded-Host", "b.com", "X-Forwarded-Proto", "https"}, "http://a.com"},
		"untrusted, from a list":              {origin.Config{Dynamic: hosts}, []string{"X-Forwarded-Host", "b.com", "X-Forwarded-Proto", "https"}, "http://a.com"},
		"trusted, from the request":           {origin.Config{TrustForwarded: true}, []string{"X-Forwarded-Host", "B.com:443", "X-Forwarded-Proto", "https"}, "https://b.com"},
		"trusted, but only the host":          {origin.Config{TrustForwarded: true}, []string{"X-Forwarded-Host", "b.com"}, "http://a.com"},
		"trusted, with another protocol":      {origin.Config{TrustForwarded: true}, []string{"X-Forwarded-Host", "b.com", "X-Forwarded-Proto", "javascript"}, "http://a.com"},
		"trusted, with userinfo":              {origin.Config{TrustForwarded: true}, []string{"X-Forwarded-Host", "u@b.com", "X-Forwarded-Proto", "https"}, "http://a.com"},
		"trusted, sent twice":                 {origin.Config{TrustForwarded: true, Dynamic: hosts}, []string{"X-Forwarded-Host", "b.com", "X-Forwarded-Host", "b.com"}, "http://a.com"},
		"trusted, a list of hosts":            {origin.Config{TrustForwarded: true, Dynamic: hosts}, []string{"X-Forwarded-Host", "b.com, a.com"}, "http://a.com"},
		"other headers never":                 {origin.Config{TrustForwarded: true}, []string{"Forwarded", "host=b.com;proto=https", "X-Original-URL", "https://b.com", "X-Host", "b.com"}, "http://a.com"},
		"a static base ignores them":          {origin.Config{BaseURL: "https://s.com", TrustForwarded: true}, []string{"X-Forwarded-Host", "b.com", "X-Forwarded-Proto", "http"}, "https://s.com"},
		"protocol of the configuration rules": {origin.Config{TrustForwarded: true, Dynamic: &origin.Dynamic{AllowedHosts: []string{"a.com"}, Protocol: "https"}}, []string{"X-Forwarded-Proto", "http"}, "https://a.com"},
	} {
		t.Run(name, func(t *testing.T) {
			base, err := newResolver(t, c.cfg).Resolve(request("a.com", c.headers...))
			if err != nil || base.Origin != c.want {
				t.Errorf("Resolve = %q, %v, want %q", base.Origin, err, c.want)
			}
		})
	}
}

func TestHostHeaders(t *testing.T) {
	for host, want := range map[string]string{
		"a.com": "http://a.com", "A.COM": "http://a.com", "a.com:80": "http://a.com", "a.com:3000": "http://a.com:3000", "[::1]:3000": "http://[::1]:3000", "0x7f.1": "http://127.0.0.1",
		"": "", "a.com.": "", "u@a.com": "", "a.com/x": "", "a.com?x": "", "a.com#x": "", `a.com\x`: "", "a .com": "", "a.com\r\nX: y": "", "a.com\x00": "", "a.com:": "", "a.com:x": "", "a.com:99999": "",
		"a.com,b.com": "", "a..com": "", "bücher.de": "", "a%2ecom": "", "[::1": "", "<script>": "", "javascript:alert(1)": "",
	} {
		t.Run(host, func(t *testing.T) {
			base, err := newResolver(t, origin.Config{}).Resolve(request(host))
			if base.Origin != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, origin.ErrHostNotAllowed) {
				t.Errorf("Resolve = %q, %v, want %q", base.Origin, err, want)
			}
			fallback := newResolver(t, origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"x.com"}, Fallback: "https://f.com"}})
			if base, err := fallback.Resolve(request(host)); err != nil || base.URL() != "https://f.com/api/auth" {
				t.Errorf("with a fallback: %q, %v", base.URL(), err)
			}
		})
	}
}

func TestTLSMakesTheBaseSecure(t *testing.T) {
	req := request("a.com:443")
	req.TLS = &tls.ConnectionState{}
	base, err := newResolver(t, origin.Config{}).Resolve(req)
	if err != nil || base.Origin != "https://a.com" || !base.Secure() {
		t.Errorf("Resolve = %+v, %v", base, err)
	}
	base, err = newResolver(t, origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"a.com:443"}}}).Resolve(req)
	if err != nil || base.Origin != "https://a.com" {
		t.Errorf("an allowed host with its default port: %+v, %v", base, err)
	}
}

func TestNewResolverNamesTheOption(t *testing.T) {
	for name, c := range map[string]struct {
		cfg    origin.Config
		option string
	}{
		"a base URL with a query":              {origin.Config{BaseURL: "https://a.com?x"}, "baseURL"},
		"a base URL with userinfo":             {origin.Config{BaseURL: "https://u:hidden@a.com"}, "baseURL"},
		"a broken base URL with userinfo":      {origin.Config{BaseURL: "https://u:hidden@a com"}, "baseURL"},
		"another scheme with userinfo":         {origin.Config{BaseURL: "ftp://u:hidden@a.com"}, "baseURL"},
		"a base URL that climbs":               {origin.Config{BaseURL: "https://a.com/x/../y"}, "baseURL"},
		"a static and a dynamic base URL":      {origin.Config{BaseURL: "https://a.com", Dynamic: &origin.Dynamic{AllowedHosts: []string{"a.com"}}}, "baseURL"},
		"no allowed host":                      {origin.Config{Dynamic: &origin.Dynamic{}}, "baseURL.allowedHosts"},
		"an allowed host that is none":         {origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"a b"}}}, "baseURL.allowedHosts"},
		"an allowed host of another scheme":    {origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"ftp://a.com"}}}, "baseURL.allowedHosts"},
		"an allowed pattern with userinfo":     {origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"x@*"}}}, "baseURL.allowedHosts"},
		"a fallback without a scheme":          {origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"a.com"}, Fallback: "f.com"}}, "baseURL.fallback"},
		"an unknown protocol":                  {origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"a.com"}, Protocol: "gopher"}}, "baseURL.protocol"},
		"a base path with an empty segment":    {origin.Config{BasePath: "/a//b"}, "basePath"},
		"a base path with a query":             {origin.Config{BasePath: "/a?b"}, "basePath"},
		"a base path that is percent-encoded":  {origin.Config{BasePath: "/a%2fb"}, "basePath"},
		"a base path that goes somewhere else": {origin.Config{BasePath: "//evil.com"}, "basePath"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := origin.NewResolver(c.cfg)
			if err == nil || !strings.HasPrefix(err.Error(), c.option+":") || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error = %v, want one that begins with %q", err, c.option)
			}
		})
	}
}

func TestTrustedOriginsOfTheFallbackHoldWithoutARequest(t *testing.T) {
	r := newResolver(t, origin.Config{Dynamic: &origin.Dynamic{AllowedHosts: []string{"a.com"}, Fallback: "https://f.com/p/"}})
	if base, ok := r.Static(); !ok || base.URL() != "https://f.com/p" {
		t.Errorf("Static = %q, %v", base.URL(), ok)
	}
}
