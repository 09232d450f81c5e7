package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// The variables that upstream asks for, in its order.
var (
	secretVariables  = []string{"BETTER_AUTH_SECRET", "AUTH_SECRET"}
	baseURLVariables = []string{
		"BETTER_AUTH_URL", "NEXT_PUBLIC_BETTER_AUTH_URL", "PUBLIC_BETTER_AUTH_URL",
		"NUXT_PUBLIC_BETTER_AUTH_URL", "NUXT_PUBLIC_AUTH_URL", "BASE_URL",
	}
)

const (
	versionsVariable = "BETTER_AUTH_SECRETS"
	originsVariable  = "BETTER_AUTH_TRUSTED_ORIGINS"
)

// ApplyEnv fills in from the environment what the options leave out, as
// upstream does; env is os.LookupEnv, or nil for none. Empty variables count as
// unset.
//
//   - BETTER_AUTH_SECRET, then AUTH_SECRET: Secret, when it is empty.
//   - BETTER_AUTH_SECRETS, "2:new,1:old": Secrets, when they are nil.
//   - BETTER_AUTH_URL, NEXT_PUBLIC_BETTER_AUTH_URL, PUBLIC_BETTER_AUTH_URL,
//     NUXT_PUBLIC_BETTER_AUTH_URL, NUXT_PUBLIC_AUTH_URL, then BASE_URL unless it
//     is "/": BaseURL, when neither it nor DynamicBaseURL is set.
//   - BETTER_AUTH_TRUSTED_ORIGINS, between commas: more TrustedOrigins.
//
// NODE_ENV has no part here: Options.Production is the caller's choice. Nor has
// BETTER_AUTH_TELEMETRY: nothing is sent. The error is about BETTER_AUTH_SECRETS
// and never holds a value.
func ApplyEnv(opts *core.Options, env func(name string) (value string, set bool)) error {
	if env == nil {
		return nil
	}
	first := func(names []string) string {
		for _, name := range names {
			if v, _ := env(name); v != "" && (name != "BASE_URL" || v != "/") {
				return v
			}
		}
		return ""
	}
	if opts.Secret == "" {
		opts.Secret = first(secretVariables)
	}
	if opts.BaseURL == "" && opts.DynamicBaseURL == nil {
		opts.BaseURL = first(baseURLVariables)
	}
	origins, _ := env(originsVariable)
	added := slices.Clip(opts.TrustedOrigins)
	for o := range strings.SplitSeq(origins, ",") {
		if o = strings.TrimSpace(o); o != "" {
			added = append(added, o)
		}
	}
	opts.TrustedOrigins = added
	if opts.Secrets == nil {
		text, _ := env(versionsVariable)
		versions, err := secret.ParseEnv(text)
		if err != nil {
			return fmt.Errorf("%s: %w", versionsVariable, err)
		}
		opts.Secrets = versions
	}
	return nil
}
