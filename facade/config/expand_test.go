package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func TestVariablesAreExpandedInStringValues(t *testing.T) {
	env := environment(map[string]string{
		"KEY": "k", "EMPTY": "", "PORT": "2525", "ON": "true", "AGE": "90", "WEEK": "7d",
		"NASTY": "a\nproduction: true # }\"'",
	})
	tests := map[string]struct {
		text string
		get  func(*config.Config) any
		want any
	}{
		"alone":                   {"appName: ${KEY}", appName, "k"},
		"in quotes":               {`appName: "${KEY}"`, appName, "k"},
		"in single quotes":        {`appName: '${KEY}'`, appName, "k"},
		"several, in a text":      {"appName: a${KEY}b${KEY}", appName, "akbk"},
		"set to nothing":          {"appName: a${EMPTY}b", appName, "ab"},
		"with a text instead":     {"appName: ${NONE:-else}", appName, "else"},
		"set, beside a text":      {"appName: ${KEY:-else}", appName, "k"},
		"empty, beside a text":    {"appName: ${EMPTY:-else}", appName, "else"},
		"with nothing instead":    {`appName: "${NONE:-}"`, appName, ""},
		"escaped":                 {"appName: $${KEY}", appName, "${KEY}"},
		"escaped after a dollar":  {"appName: $$${KEY}", appName, "$${KEY}"},
		"a dollar sign":           {"appName: $KEY $ {KEY}$", appName, "$KEY $ {KEY}$"},
		"once, not twice":         {"appName: ${NONE:-$KEY}", appName, "$KEY"},
		"what looks like YAML":    {"appName: ${NASTY}", appName, "a\nproduction: true # }\"'"},
		"what looks like more":    {"appName: ${NASTY}", func(c *config.Config) any { return c.Options.Production }, false},
		"in a list":               {"disabledPaths: ['/${KEY}']", func(c *config.Config) any { return c.Options.DisabledPaths }, []string{"/k"}},
		"not in a key":            {"user: {fields: {'${KEY}': x}}", func(c *config.Config) any { return c.Options.User.Fields }, map[string]string{"${KEY}": "x"}},
		"where a number belongs":  {"server: {smtp: {host: m, from: a@b.c, port: '${PORT}'}}", func(c *config.Config) any { return c.Server.SMTP.Port }, 2525},
		"where a boolean belongs": {"production: ${ON}", func(c *config.Config) any { return c.Options.Production }, true},
		"where seconds belong":    {"rateLimit: {window: '${AGE}'}", func(c *config.Config) any { return c.Options.RateLimit.Window.Seconds() }, 90.0},
		"where a duration does":   {"rateLimit: {window: '${WEEK}'}", func(c *config.Config) any { return c.Options.RateLimit.Window.Hours() }, 168.0},
		"where a number defaults": {
			"user: {additionalFields: {n: {type: number, defaultValue: '${AGE}'}}}",
			func(c *config.Config) any { return c.Options.User.AdditionalFields[0].Default() }, int64(90),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Parse([]byte(tt.text), config.Source{Env: env})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.get(cfg)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func appName(c *config.Config) any { return c.Options.AppName }

func TestAVariableOfAnotherKindIsAnError(t *testing.T) {
	env := environment(map[string]string{"KEY": "hunter2"})
	for text, want := range map[string]string{
		"production: ${KEY}":                              "line 1: production: expected true or false",
		"maxBodyBytes: ${KEY}":                            "line 1: maxBodyBytes: expected a whole number in decimal digits",
		"session: {expiresIn: '${KEY}'}":                  `line 1: session.expiresIn: expected a number of seconds or a duration such as "15m"`,
		"database: {dialect: '${KEY}'}":                   "line 1: database.dialect: expected memory, sqlite, postgres, mysql or none, found another word",
		"server: {addr: '${KEY}'}":                        `line 1: server.addr: expected HOST:PORT, such as "127.0.0.1:3000" or ":3000"`,
		"compat: ${KEY}":                                  `line 1: compat: expected "1.6.9" or a mapping of single switches, found a string`,
		"rateLimit: {storage: '${KEY}'}":                  "line 1: rateLimit.storage: expected memory, database or secondary-storage, found another word",
		"session: {cookieCache: ['${KEY}']}":              "line 1: session.cookieCache: expected a mapping, found a list",
		"user: {additionalFields: {a: {type: '${KEY}'}}}": "line 1: user.additionalFields.a.type: expected string, number, boolean, date, json, string[], number[] or a list of words",
	} {
		if _, err := config.Parse([]byte(text), config.Source{Env: env}); err == nil || err.Error() != want {
			t.Errorf("%s\nerror = %v\nwant    %s", text, err, want)
		}
	}
}

// Who does without an option does without its variables, and only without those.
func TestAVariableOfAnUnusedOptionMayBeUnset(t *testing.T) {
	src := config.Source{Env: environment(nil), Unused: []string{"secret", "secondaryStorage"}}
	for text, want := range map[string]string{
		"secret: ${NONE}":                            "",
		"secondaryStorage: {redis: 'r://${NONE}'}":   "",
		"appName: ${NONE}":                           "line 1: appName: the environment variable NONE is not set",
		"secret: ${not a name}":                      "line 1: secret: a ${…} holds no name of a variable; the forms are ${NAME} and ${NAME:-text}, and $${ for the characters themselves",
		"secondaryStorage: {redi: 'redis://host'}":   `line 1: secondaryStorage.redi: `,
		"{secret: '${NONE}', database: {dialect: }}": "line 1: database.dialect: ",
	} {
		_, err := config.Parse([]byte(text), src)
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}
