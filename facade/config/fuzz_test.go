package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// FuzzParse looks for panics, and for variables' values in errors.
func FuzzParse(f *testing.F) {
	if text, err := os.ReadFile(document); err == nil {
		_, rest, _ := strings.Cut(string(text), "```yaml\n")
		example, _, _ := strings.Cut(rest, "```\n")
		f.Add([]byte(example))
	}
	for _, e := range config.Reference() {
		f.Add([]byte(nested(e.Path, "[1, true, {a: ${CANARY}}]")))
	}
	for _, text := range []string{
		"a: &x [*x]", "? {a: b}\n: c", "<<: {a: 1}", "{", "secret: !!binary aGk=", "\xff\xfe", "--- a\n--- b", "%YAML 1.1\n---\na: 1",
		`{"appName": "\ud83d\ude00\/\\"}`, `{"appName": "\ud83d"}`, "secret: ${CANARY}${", "secret: '${CANARY:-${CANARY}}'", "a: |\n  ${CANARY}\n",
		"user: {additionalFields: {a: {type: json, defaultValue: [[[{b: ${CANARY}}]]]}}}",
	} {
		f.Add([]byte(text))
	}
	const canary = "pLq8-canary-Zx3v"
	env := environment(map[string]string{"CANARY": canary, "BETTER_AUTH_SECRETS": canary})
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := config.Parse(data, config.Source{Env: env, Deliver: nowhere})
		if (cfg == nil) == (err == nil) {
			t.Errorf("Parse = %v, %v", cfg, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("an error holds the value of a variable: %v", err)
		}
	})
}
