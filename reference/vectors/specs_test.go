package vectors_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

// override is upstream's Partial<CookieOptions>.
type override struct {
	MaxAge      *float64
	Domain      *string
	Path        *string
	SameSite    *string
	HTTPOnly    *bool `json:"httpOnly"`
	Secure      *bool
	Partitioned *bool
}

func (o override) ours() cookies.Override {
	out := cookies.Override{
		Domain: o.Domain, Path: o.Path, SameSite: o.SameSite,
		HTTPOnly: o.HTTPOnly, Secure: o.Secure, Partitioned: o.Partitioned,
	}
	if o.MaxAge != nil {
		d := time.Duration(*o.MaxAge * float64(time.Second))
		out.MaxAge = &d
	}
	return out
}

// options are the ones of upstream that decide about cookies.
type options struct {
	BaseURL  json.RawMessage `json:"baseURL"`
	Advanced struct {
		UseSecureCookies      *bool
		CookiePrefix          string
		CrossSubDomainCookies struct {
			Enabled bool
			Domain  string
		}
		DefaultCookieAttributes override
		Cookies                 map[string]struct {
			Name       string
			Attributes override
		}
	}
	Session struct {
		ExpiresIn   int64
		CookieCache struct{ MaxAge int64 }
	}
}

func (o options) config(t *testing.T) cookies.Config {
	t.Helper()
	c := cookies.Config{
		Prefix:         o.Advanced.CookiePrefix,
		UseSecure:      o.Advanced.UseSecureCookies,
		CrossSubDomain: o.Advanced.CrossSubDomainCookies.Enabled,
		Domain:         o.Advanced.CrossSubDomainCookies.Domain,
		Defaults:       o.Advanced.DefaultCookieAttributes.ours(),
		SessionMaxAge:  seconds(o.Session.ExpiresIn),
		CacheMaxAge:    seconds(o.Session.CookieCache.MaxAge),
		Cookies:        map[string]cookies.Rename{},
	}
	for short, r := range o.Advanced.Cookies {
		c.Cookies[short] = cookies.Rename{Name: r.Name, Attributes: r.Attributes.ours()}
	}
	if len(o.BaseURL) > 0 && json.Unmarshal(o.BaseURL, &c.BaseURL) != nil {
		var dynamic struct{ Protocol string }
		if err := json.Unmarshal(o.BaseURL, &dynamic); err != nil {
			t.Fatal(err)
		}
		c.Dynamic, c.Protocol = true, dynamic.Protocol
	}
	return c
}

func TestNamesAndAttributesAreUpstreams(t *testing.T) {
	type spec struct {
		Name       string
		Attributes attributes
	}
	for _, v := range load[struct {
		Name    string
		Options options
		Cookies map[string]spec
	}](t, "specs") {
		t.Run(v.Name, func(t *testing.T) {
			set, err := cookies.New(v.Options.config(t))
			if err != nil {
				t.Fatal(err)
			}
			tenMinutes := 10 * time.Minute
			plugin, err := set.Named("two_factor", cookies.Override{MaxAge: &tenMinutes})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]cookies.Spec{}
			for short, s := range v.Cookies {
				want[short] = cookies.Spec{Name: s.Name, Attributes: s.Attributes.ours()}
			}
			got := map[string]cookies.Spec{
				"session_token": set.SessionToken, "session_data": set.SessionData,
				"account_data": set.AccountData, "dont_remember": set.DontRemember, "two_factor": plugin,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("cookies (-upstream +ours):\n%s", diff)
			}
		})
	}
}
