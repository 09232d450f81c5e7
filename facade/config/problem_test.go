package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func TestWhatIsWrongIsSaidWithLineAndPath(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a typing error": {
			"emailAndPassword:\n  autoSignin: false",
			"line 2: emailAndPassword.autoSignin: is not an option; did you mean emailAndPassword.autoSignIn?",
		},
		"a typing error at the top": {"trustedOrigin: []", "line 1: trustedOrigin: is not an option; did you mean trustedOrigins?"},
		"a typing error in a shape": {"server: {logFromat: json}", "line 1: server.logFromat: is not an option; did you mean server.logFormat?"},
		"an option in another place": {
			"requireEmailVerification: true",
			"line 1: requireEmailVerification: is not an option; did you mean emailAndPassword.requireEmailVerification?",
		},
		"a path with dots": {
			"session.expiresIn: 60",
			"line 1: \"session.expiresIn\": is not an option; options nest, as mappings in one another",
		},
		"a shape's path with dots":      {"rateLimit.storage: memory", "line 1: \"rateLimit.storage\": is not an option; options nest, as mappings in one another"},
		"something else":                {"colour: blue", "line 1: colour: is not an option"},
		"an upstream option for later":  {"socialProviders: {github: {}}", "line 1: socialProviders: is an option of Better Auth that this version of Gatehouse does not have yet: leave it out"},
		"a nested one":                  {"account: {encryptOAuthTokens: true}", "line 1: account.encryptOAuthTokens: is an option of Better Auth that this version of Gatehouse does not have yet: leave it out"},
		"an upstream plugin":            {"plugins:\n  magicLink: {}", "line 2: plugins.magicLink: is a plugin of Better Auth that this version of Gatehouse does not have yet: leave it out"},
		"a plugin's typing error":       {"plugins: {twofactor: {}}", "line 1: plugins.twofactor: is not a plugin; did you mean plugins.twoFactor?"},
		"no plugin at all":              {"plugins: {nonsense: {}}", "line 1: plugins.nonsense: is not a plugin"},
		"plugins in a list":             {"plugins: [twoFactor]", "line 1: plugins: expected a mapping by the names of plugins, found a list"},
		"a key that breaks lines":       {"\"a\\nb\": 1", "line 1: \"a\\nb\": is not an option"},
		"a key that is a number":        {"1: x", "line 1: a key must be text; one that YAML reads as something else needs quotes"},
		"a key that is a list":          {"? [a]\n: x", "line 1: a key must be text; one that YAML reads as something else needs quotes"},
		"a key twice":                   {"appName: a\nbasePath: /x\nappName: b", "line 3: appName: the key stands here a second time; it is first in line 1"},
		"a key twice in JSON":           {"{\"user\": {\"modelName\": \"a\",\n\"modelName\": \"b\"}}", "line 2: user.modelName: the key stands here a second time; it is first in line 1"},
		"a key twice where nobody asks": {"user: {fields: {email: a, email: b}}", "line 1: user.fields.email: the key stands here a second time; it is first in line 1"},

		"a number for text":            {"appName: 17", "line 1: appName: expected a string, found a number; put it into quotes"},
		"true for text":                {"secret: true", "line 1: secret: expected a string, found true or false; put it into quotes"},
		"a list for text":              {"secret: [a]", "line 1: secret: expected a string, found a list"},
		"text for true":                {"emailAndPassword: {enabled: 'true'}", "line 1: emailAndPassword.enabled: expected true or false, found a string"},
		"yes for true":                 {"emailAndPassword: {enabled: yes}", "line 1: emailAndPassword.enabled: expected true or false, found a string"},
		"text for a number":            {"maxBodyBytes: 1MB", "line 1: maxBodyBytes: expected a whole number, found a string"},
		"a fraction for a number":      {"maxBodyBytes: 1.5", "line 1: maxBodyBytes: expected a whole number in decimal digits"},
		"an octal number":              {"maxBodyBytes: 0o17", "line 1: maxBodyBytes: expected a whole number in decimal digits"},
		"a number of 1.1's octals":     {"maxBodyBytes: 017", "line 1: maxBodyBytes: expected a whole number in decimal digits"},
		"a number with underscores":    {"maxBodyBytes: 1_000", "line 1: maxBodyBytes: expected a whole number in decimal digits"},
		"a number out of range":        {"maxBodyBytes: 9223372036854775808", "line 1: maxBodyBytes: is too large"},
		"a negative number":            {"rateLimit: {max: -1}", "line 1: rateLimit.max: must not be negative"},
		"a zero that would not be one": {"rateLimit: {max: 0}", "line 1: rateLimit.max: must be more than 0; leave the key out for the default"},
		"a lifetime of zero":           {"session: {expiresIn: 0s}", "line 1: session.expiresIn: must be more than 0; leave the key out for the default"},
		"a negative duration":          {"session: {freshAge: -1h}", "line 1: session.freshAge: must not be negative"},
		"a duration in words":          {"session: {expiresIn: a week}", `line 1: session.expiresIn: expected a number of seconds or a duration such as "15m"`},
		"seconds in quotes":            {"session: {expiresIn: '60'}", `line 1: session.expiresIn: expected a number of seconds or a duration such as "15m"`},
		"a duration as a list":         {"session: {expiresIn: [1]}", `line 1: session.expiresIn: expected a number of seconds or a duration such as "15m", found a list`},
		"too many seconds":             {"session: {expiresIn: 99999999999}", "line 1: session.expiresIn: is too large"},
		"too many days":                {"session: {expiresIn: 999999d}", "line 1: session.expiresIn: is too large"},
		"seconds without end":          {"session: {expiresIn: .inf}", `line 1: session.expiresIn: expected a number of seconds or a duration such as "15m"`},
		"text for a list":              {"trustedOrigins: https://a.example", "line 1: trustedOrigins: expected a list, found a string"},
		"a number in a list":           {"disabledPaths:\n  - /a\n  - 1", "line 3: disabledPaths[1]: expected a string, found a number; put it into quotes"},
		"nothing in a list":            {"disabledPaths: [~]", "line 1: disabledPaths[0]: has no value: expected a string; leave the key out for the default"},
		"text for a section":           {"session: short", "line 1: session: expected a mapping, found a string"},
		"a list for a mapping":         {"user: {fields: [a]}", "line 1: user.fields: expected a mapping, found a list"},
		"no value":                     {"emailAndPassword:\n  requireEmailVerification:", "line 2: emailAndPassword.requireEmailVerification: has no value: expected true or false; leave the key out for the default"},
		"no value for either kind":     {"baseURL:", "line 1: baseURL: has no value: expected a string or a mapping; leave the key out for the default"},
		"neither of two kinds":         {"baseURL: 1", "line 1: baseURL: expected a string or a mapping, found a number"},
		"neither of two others":        {"advanced: {disableOriginCheck: /a}", "line 1: advanced.disableOriginCheck: expected true or false or a list, found a string"},
		"a file that is a list":        {"- a", "line 1: expected a mapping of options, found a list"},
		"a file that is text":          {"hello", "line 1: expected a mapping of options, found a string"},

		"code":                      {"hooks: {before: x}", "line 1: hooks: takes code: configure it from Go"},
		"code below":                {"emailAndPassword: {password: {}}", "line 1: emailAndPassword.password: takes code: configure it from Go"},
		"a field's code":            {"user: {additionalFields: {a: {type: string, validator: {}}}}", "line 1: user.additionalFields.a.validator: takes code: configure it from Go"},
		"a sender as text":          {"emailVerification: {sendVerificationEmail: smtp}", "line 1: emailVerification.sendVerificationEmail: expected true (send with the server's delivery) or false, found a string"},
		"ids from nowhere":          {"advanced: {database: {generateId: false}}", "line 1: advanced.database.generateId: false leaves ids to a default that the column has in the database, which Gatehouse does not read: use serial for ids of the database, uuid, or leave the key out"},
		"ids from everywhere":       {"advanced: {database: {generateId: true}}", "line 1: advanced.database.generateId: expected a string, found true or false; put it into quotes"},
		"no headers":                {"advanced: {ipAddress: {ipAddressHeaders: []}}", "line 1: advanced.ipAddress.ipAddressHeaders: an empty list would mean the default: set advanced.ipAddress.disableIpTracking to use no address"},
		"another version's compat":  {"compat: 1.7.0", `line 1: compat: expected "1.6.9" or a mapping of single switches, found a string`},
		"a switch misspelt":         {"compat: {allowWeakSecrets: true}", "line 1: compat.allowWeakSecrets: is not an option; did you mean compat.allowWeakSecret?"},
		"a version without a value": {"secrets:\n  - version: 1", "line 2: secrets[0].value: is missing"},
		"versions as a mapping":     {"secrets: {a: b}", "line 1: secrets: expected a list of mappings of version and value, found a mapping"},
		"versions as text":          {"secrets: ['1:abc']", "line 1: secrets[0]: expected a mapping, found a string"},

		"an unknown dialect":       {"database: {dialect: oracle, dsn: x}", "line 1: database.dialect: expected memory, sqlite, postgres, mysql or none, found another word"},
		"no dialect":               {"database:\n  dsn: x", "line 2: database.dialect: is missing"},
		"no file":                  {"database: {dialect: sqlite}", "line 1: database.dsn: the sqlite dialect needs one"},
		"a file for memory":        {"database: {dialect: memory, dsn: x}", "line 1: database.dsn: the memory dialect takes no dsn: leave the key out"},
		"a file for nothing":       {"database: {dialect: none, dsn: x}", "line 1: database.dsn: the none dialect takes no dsn: leave the key out"},
		"a database as text":       {"database: sqlite", "line 1: database: expected a mapping of dialect and dsn, or none, found a string"},
		"no database, as null":     {"database: ~", "line 1: database: has no value: expected a mapping of dialect and dsn, or none; leave the key out for the default"},
		"a pool for memory":        {"database: {dialect: memory, connections: 3}", "line 1: database.connections: the memory dialect has none: leave the key out"},
		"a pool of none":           {"database: {dialect: postgres, dsn: x, connections: 0}", "line 1: database.connections: must be more than 0; leave the key out for the default"},
		"a pool of less":           {"database: {dialect: postgres, dsn: x, connections: -1}", "line 1: database.connections: must not be negative"},
		"Redis without an address": {"secondaryStorage: {redis: ''}", `line 1: secondaryStorage.redis: needs a URL such as "redis://localhost:6379"`},
		"Redis as upstream's code": {"secondaryStorage: {client: x}", "line 1: secondaryStorage.client: is not an option"},
		"no prefix of keys":        {"secondaryStorage: {redis: 'redis://:hunter2@r', keyPrefix: ''}", "line 1: secondaryStorage.keyPrefix: must not be empty; leave the key out for the default"},
		"a prefix without a Redis": {"secondaryStorage: {keyPrefix: 'a:'}", "line 1: secondaryStorage.redis: is missing"},
		"secondary storage, other": {"secondaryStorage: disk", `line 1: secondaryStorage: expected memory or a mapping such as {redis: "redis://localhost:6379"}, found a string`},
		"counters elsewhere":       {"rateLimit: {storage: redis}", "line 1: rateLimit.storage: expected memory, database or secondary-storage, found another word"},
		"a rule that is true":      {"rateLimit: {customRules: {/a: true}}", "line 1: rateLimit.customRules./a: expected a mapping of window and max, or false, found true or false"},
		"half a rule":              {"rateLimit: {customRules: {/a: {max: 1}}}", "line 1: rateLimit.customRules./a.window: is missing"},
		"a cookie's own attribute": {"advanced: {cookies: {session_token: {attributes: {samesite: lax}}}}", "line 1: advanced.cookies.session_token.attributes.samesite: is not an option; did you mean advanced.cookies.session_token.attributes.sameSite?"},

		"telemetry":                     {"telemetry: {enabled: true}", "line 1: telemetry.enabled: cannot be true: this build sends no telemetry; leave the key out"},
		"errors thrown at nobody":       {"onAPIError: {throw: true}", "line 1: onAPIError.throw: takes code that handles the errors: configure it from Go"},
		"background work elsewhere":     {"advanced: {backgroundTasks: {handler: x}}", "line 1: advanced.backgroundTasks.handler: takes code: configure it from Go"},
		"identifiers in another form":   {"verification: {storeIdentifier: encrypted}", "line 1: verification.storeIdentifier: expected plain, hashed or a mapping of default and overrides, found another word"},
		"identifiers hashed by code":    {"verification: {storeIdentifier: {hash: x}}", "line 1: verification.storeIdentifier.hash: takes code: configure it from Go"},
		"some of them by code":          {"verification: {storeIdentifier: {default: plain, overrides: {otp-: {hash: x}}}}", "line 1: verification.storeIdentifier.overrides.otp-.hash: takes code: configure it from Go"},
		"identifiers without the rest":  {"verification: {storeIdentifier: {overrides: {otp-: hashed}}}", "line 1: verification.storeIdentifier.default: is missing"},
		"one prefix in another form":    {"verification: {storeIdentifier: {default: plain, overrides: {otp-: secret}}}", "line 1: verification.storeIdentifier.overrides.otp-: expected plain or hashed, found another word"},
		"prefixes in a list":            {"verification: {storeIdentifier: {default: plain, overrides: [otp-]}}", "line 1: verification.storeIdentifier.overrides: expected a mapping of prefixes to plain or hashed, found a list"},
		"a form that is a switch":       {"verification: {storeIdentifier: true}", "line 1: verification.storeIdentifier: expected plain, hashed or a mapping of default and overrides, found true or false"},
		"a renewal that is a number":    {"session: {cookieCache: {refreshCache: 60}}", "line 1: session.cookieCache.refreshCache: expected true or false or a mapping of updateAge, found a number"},
		"a renewal's typing error":      {"session: {cookieCache: {refreshCache: {updatedAge: 60}}}", "line 1: session.cookieCache.refreshCache.updatedAge: is not an option; did you mean session.cookieCache.refreshCache.updateAge?"},
		"a renewal that decides itself": {"session: {cookieCache: {refreshCache: {shouldRefresh: x}}}", "line 1: session.cookieCache.refreshCache.shouldRefresh: is not an option"},

		"an address without a port": {"server: {addr: localhost}", `line 1: server.addr: expected HOST:PORT, such as "127.0.0.1:3000" or ":3000"`},
		"an impossible port":        {"server: {addr: ':70000'}", `line 1: server.addr: expected HOST:PORT, such as "127.0.0.1:3000" or ":3000"`},
		"a port alone":              {"server: {addr: 3000}", "line 1: server.addr: expected a string, found a number; put it into quotes"},
		"two ways to deliver": {
			"server: {smtp: {host: a, from: a@b.c}, webhook: {url: 'https://a.example', secret: s}}",
			"line 1: server: smtp and webhook exclude each other",
		},
		"a mail server without a name": {"server: {smtp: {from: a@b.c}}", "line 1: server.smtp.host: is missing"},
		"a sender without an address":  {"server: {smtp: {host: m, from: App}}", `line 1: server.smtp.from: expected an address, such as "App <no-reply@example.com>"`},
		"a mail port out of range":     {"server: {smtp: {host: m, from: a@b.c, port: 65536}}", "line 1: server.smtp.port: expected a port from 1 to 65535"},
		"a password without a name":    {"server: {smtp: {host: m, from: a@b.c, password: hunter2}}", "line 1: server.smtp.username: is missing: there is a password"},
		"a password in the clear":      {"server: {smtp: {host: m, from: a@b.c, username: a, password: hunter2, tls: none}}", "line 1: server.smtp.tls: none would send the password in the clear: use starttls or tls"},
		"another kind of encryption":   {"server: {smtp: {host: m, from: a@b.c, tls: ssl}}", "line 1: server.smtp.tls: expected starttls, tls or none, found another word"},
		"a webhook without a scheme":   {"server: {webhook: {url: a.example, secret: s}}", "line 1: server.webhook.url: expected an http or https URL"},
		"an unsigned webhook":          {"server: {webhook: {url: 'https://a.example'}}", "line 1: server.webhook.secret: is missing"},
		"another form of the log":      {"server: {logFormat: [json]}", "line 1: server.logFormat: expected json or text, found a list"},

		"an alias":                     {"a: &x b\nappName: *x", "line 1: a: anchors and aliases are not supported; a text that starts with & or * needs quotes\nline 2: appName: anchors and aliases are not supported; a text that starts with & or * needs quotes"},
		"a password like an alias":     {"secret: *hunter2", "not valid YAML or JSON: anchors and aliases are not supported; a text that starts with & or * needs quotes"},
		"a merge":                      {"user: {<<: {modelName: a}}", "line 1: user: anchors and aliases are not supported; a text that starts with & or * needs quotes"},
		"a password like a tag":        {"secret: !hunter2", "line 1: secret: tags are not supported; a text that starts with ! needs quotes"},
		"a tag of YAML's own":          {"secret: !!int hunter2", "line 1: secret: tags are not supported; a text that starts with ! needs quotes"},
		"a deep nest":                  {"a: " + strings.Repeat("[", 64) + strings.Repeat("]", 64), "line 1: a" + strings.Repeat("[0]", 63) + ": is nested too deeply\nline 1: a: is not an option"},
		"two documents":                {"appName: a\n---\nappName: b", "line 2: a file holds one document; this is a second one"},
		"what is no YAML":              {"appName: 'a", "not valid YAML or JSON: found unexpected end of stream"},
		"a variable that is not set":   {"secret: ${AUTH_KEY}", "line 1: secret: the environment variable AUTH_KEY is not set"},
		"a variable without an end":    {"secret: ${hunter2", "line 1: secret: a ${ has no closing }; write $${ for the characters themselves"},
		"a variable without a name":    {"secret: ${hunter 2}", "line 1: secret: a ${…} holds no name of a variable; the forms are ${NAME} and ${NAME:-text}, and $${ for the characters themselves"},
		"a variable where nobody asks": {"colour: ${NONE}", "line 1: colour: the environment variable NONE is not set"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse([]byte(tt.text), config.Source{Deliver: nowhere})
			if err == nil {
				t.Fatalf("%s\nis accepted, want %s", tt.text, tt.want)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestAllProblemsOfAFileComeTogetherInItsOrder(t *testing.T) {
	_, err := config.Parse([]byte(`
database: {dialect: sqlite}
server: {logFormat: xml}
sessions: {}
secret: ${NONE}
emailAndPassword:
  enabled: 1
`), config.Source{Env: environment(map[string]string{"BETTER_AUTH_SECRETS": "hunter2"})})
	want := []string{
		"line 2: database.dsn: the sqlite dialect needs one",
		"line 3: server.logFormat: expected json or text, found another word",
		"line 4: sessions: is not an option; did you mean session?",
		"line 5: secret: the environment variable NONE is not set",
		"line 7: emailAndPassword.enabled: expected true or false, found a number",
		"BETTER_AUTH_SECRETS: secret: invalid versions: entry 1 is not of the form version:secret",
	}
	if err == nil {
		t.Fatal("the file is accepted")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p, ok := errors.AsType[*config.Problem](err); !ok || p.Line != 2 || p.Path != "database.dsn" {
		t.Errorf("the first problem is %v", p)
	}
}

func TestASenderNeedsADelivery(t *testing.T) {
	_, err := config.Parse([]byte("emailVerification: {sendVerificationEmail: true}"), config.Source{})
	const want = "line 1: emailVerification.sendVerificationEmail: cannot be true: this server has no delivery"
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}
