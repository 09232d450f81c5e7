package cookies_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

func TestConfigurationsThatCannotBeWrittenAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		config   cookies.Config
		mentions string
	}{
		"a prefix with a space":            {cookies.Config{Prefix: "my app"}, "my app.session_token"},
		"a prefix with a line break":       {cookies.Config{Prefix: "a\r\nSet-Cookie: x"}, "session_token"},
		"a name with a semicolon":          {cookies.Config{Cookies: map[string]cookies.Rename{"two_factor": {Name: "a;b"}}}, "two_factor"},
		"a path with a semicolon":          {cookies.Config{Defaults: cookies.Override{Path: new("/;x")}}, "path"},
		"a session of more than 400 days":  {cookies.Config{SessionMaxAge: 401 * 24 * time.Hour}, "400 days"},
		"a negative session":               {cookies.Config{SessionMaxAge: -1}, "negative"},
		"a negative cache":                 {cookies.Config{CacheMaxAge: -1}, "negative"},
		"a cookie of more than 400 days":   {cookies.Config{Cookies: map[string]cookies.Rename{"x": {Attributes: cookies.Override{MaxAge: new(401 * 24 * time.Hour)}}}}, "400 days"},
		"an unknown SameSite":              {cookies.Config{Defaults: cookies.Override{SameSite: new("sometimes")}}, "SameSite"},
		"subdomains of nothing":            {cookies.Config{CrossSubDomain: true}, "crossSubDomainCookies"},
		"subdomains of a path":             {cookies.Config{CrossSubDomain: true, BaseURL: "/auth"}, "crossSubDomainCookies"},
		"subdomains of a domain injection": {cookies.Config{CrossSubDomain: true, Domain: "a.com; Path=/"}, "domain"},
		"subdomains of an IPv6 address":    {cookies.Config{CrossSubDomain: true, BaseURL: "http://[::1]:3000"}, "domain"},
	} {
		_, err := cookies.New(tc.config)
		if !errors.Is(err, cookies.ErrInvalid) || !strings.Contains(err.Error(), tc.mentions) {
			t.Errorf("%s: %v, want ErrInvalid with %q", name, err, tc.mentions)
		}
	}
}

func TestAllProblemsComeTogetherAndOnce(t *testing.T) {
	_, err := cookies.New(cookies.Config{
		SessionMaxAge: 500 * 24 * time.Hour,
		Cookies: map[string]cookies.Rename{
			"session_data": {Name: "a b"},
			"two_factor":   {Attributes: cookies.Override{Domain: new("-")}},
		},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{`"session_token"`, `"session_data"`, `"two_factor"`} {
		if n := strings.Count(err.Error(), name); n != 1 {
			t.Errorf("%s is mentioned %d times in: %v", name, n, err)
		}
	}
}

func TestProductionDecidesOnlyWhereNothingElseDoes(t *testing.T) {
	for name, tc := range map[string]struct {
		config cookies.Config
		want   bool
	}{
		"production":                       {cookies.Config{Production: true}, true},
		"development":                      {cookies.Config{}, false},
		"production over http":             {cookies.Config{Production: true, BaseURL: "http://localhost"}, false},
		"development over https":           {cookies.Config{BaseURL: "https://a.com"}, true},
		"production, told otherwise":       {cookies.Config{Production: true, UseSecure: new(false)}, false},
		"production, dynamic over http":    {cookies.Config{Production: true, Dynamic: true, Protocol: "http"}, false},
		"production, dynamic over either":  {cookies.Config{Production: true, Dynamic: true, Protocol: "auto"}, true},
		"development, dynamic over either": {cookies.Config{Dynamic: true, Protocol: "auto"}, false},
	} {
		set, err := cookies.New(tc.config)
		if err != nil {
			t.Fatal(err)
		}
		c := set.SessionToken
		if set.Secure() != tc.want || c.Secure != tc.want || strings.HasPrefix(c.Name, "__Secure-") != tc.want {
			t.Errorf("%s: %+v, want secure %v", name, c, tc.want)
		}
	}
}

func TestASpecMakesCookies(t *testing.T) {
	set, err := cookies.New(cookies.Config{BaseURL: "https://a.com"})
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]cookies.Cookie{
		"__Secure-better-auth.session_token=t; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax": set.SessionToken.Cookie("t"),
		"__Secure-better-auth.session_token=t; Path=/; HttpOnly; Secure; SameSite=Lax":                 set.SessionToken.WithMaxAge(0).Cookie("t"),
		"__Secure-better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax":       set.SessionToken.Expired(),
	} {
		if got, err := c.Serialize(); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestANameThatAPluginMakesUpIsChecked(t *testing.T) {
	set, err := cookies.New(cookies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Named("a\nb", cookies.Override{}); !errors.Is(err, cookies.ErrInvalid) {
		t.Errorf("%v, want ErrInvalid", err)
	}
	if _, err := set.Named("a", cookies.Override{MaxAge: new(cookies.MaxAgeLimit + 1)}); !errors.Is(err, cookies.ErrInvalid) {
		t.Errorf("%v, want ErrInvalid", err)
	}
}
