package main

import (
	"os"
	"testing"
)

// TestTheServerIsAskedForEverything asks the real server, with upstream's real
// inventory, for one item of each kind.
func TestTheServerIsAskedForEverything(t *testing.T) {
	facts, err := LoadFacts(os.DirFS("../../reference/facts"))
	if err != nil {
		t.Fatal(err)
	}
	registered, err := Register(facts)
	if err != nil {
		t.Fatal(err)
	}
	ours := registered[Core]
	for id, want := range map[string]map[string]string{
		"endpoint /get-session":                        {"methods": "GET POST", "media types": "application/json", "operation id": "getSession"},
		"input /sign-up/email body.email":              {"required": "true", "type": "string", "rules": "email"},
		"input /sign-up/email body.*":                  {"type": "record"},
		"input /get-session query.disableCookieCache":  {"required": "false", "type": "boolean"},
		"answer POST /get-session success":             {},
		"error INVALID_EMAIL_OR_PASSWORD":              {"message": "Invalid email or password", "status": "401"},
		"table session":                                {"name": "session", "order": "expiresAt token createdAt updatedAt ipAddress userAgent userId"},
		"field session.userId":                         {"references": "user.id cascade", "index": "true", "required": "true"},
		"field user.createdAt":                         {"default": "now (date)", "type": "date"},
		"field user.emailVerified":                     {"default": "false", "input": "false"},
		"cookie session_token":                         {"https baseURL, name": "__Secure-better-auth.session_token", "https baseURL, Max-Age": "604800", "crossSubDomainCookies on https, Domain": "app.example.com"},
		"cookie " + anyCookie:                          {"http baseURL, Secure": "false", "https baseURL, Secure": "true"},
		"rate limit /sign-in…":                         {"window": "10", "max": "3"},
		"rate limit /send-verification-email":          {"window": "60", "max": "3"},
		"rate limit every other path":                  {"window": "10", "max": "100"},
		"option session.expiresIn":                     {"default": "604800"},
		"option emailAndPassword.autoSignIn":           {"default": "true"},
		"option databaseHooks":                         {opaque: "true"},
		"option user.additionalFields.<key>.fieldName": {"default": "the field's name"},
		"hook database account.update.before":          {},
	} {
		item, ok := ours[id]
		if !ok {
			t.Errorf("there is no %s", id)
		}
		for attr, value := range want {
			if item.Attrs[attr] != value {
				t.Errorf("%s: %s is %q, want %q", id, attr, item.Attrs[attr], value)
			}
		}
	}
	if _, ok := ours["cookie "+probeName]; ok || registered[probeName] != nil {
		t.Error("the probe is counted")
	}
}

// The counts of the inventory itself, as its README has them.
func TestTheInventoryIsReadWhole(t *testing.T) {
	facts, err := LoadFacts(os.DirFS("../../reference/facts"))
	if err != nil {
		t.Fatal(err)
	}
	endpoints := 0
	for _, owner := range facts.Owners() {
		endpoints += len(facts.Of(owner).Of(Endpoint))
	}
	if endpoints != len(facts.endpoints) {
		t.Errorf("%d endpoints of %d", endpoints, len(facts.endpoints))
	}
	for owner, want := range map[string]string{
		"email-otp": "option overrideDefaultEmailVerification", "api-key": "option defaultPrefix", "two-factor": "cookie trust_device",
		"magic-link": "rate limit /magic-link/verify", "scim": "endpoint GET /scim/v2/Users", "admin": "field user.banned",
	} {
		if _, ok := facts.Of(owner)[want]; !ok {
			t.Errorf("%s has no %s", owner, want)
		}
	}
}

func TestTextWithHoles(t *testing.T) {
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"a*c", "ac", true},
		{"a*c*e", "abcde", true},
		{"a*c*e", "abde", false},
		{"ab*ab", "ab", false},
		{"*b*b*", "ab", false},
	} {
		if got := like(tc.pattern, tc.text); got != tc.want {
			t.Errorf("like(%q, %q) = %v", tc.pattern, tc.text, got)
		}
	}
}
