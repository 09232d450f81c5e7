package account_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/account"
)

// Spaces and gaps are dropped as in 1.7; 1.6.9 shows what stands between commas.
func TestScopes(t *testing.T) {
	for stored, want := range map[string][]string{
		"":                        {},
		"openid":                  {"openid"},
		"openid,email":            {"openid", "email"},
		" openid , email ,":       {"openid", "email"},
		"https://a/b.c,read:user": {"https://a/b.c", "read:user"},
		"openid email":            {"openid email"},
	} {
		if diff := cmp.Diff(want, account.Account{Scope: &stored}.Scopes()); diff != "" {
			t.Errorf("%q: -want +got\n%s", stored, diff)
		}
	}
	if diff := cmp.Diff([]string{}, account.Account{}.Scopes()); diff != "" {
		t.Errorf("none: -want +got\n%s", diff)
	}
}
