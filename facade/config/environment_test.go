package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func TestTheEnvironmentFillsInWhatIsLeftOut(t *testing.T) {
	type vars = map[string]string
	tests := map[string]struct {
		opts core.Options
		env  vars
		get  func(core.Options) any
		want any
	}{
		"a secret":                   {core.Options{}, vars{"BETTER_AUTH_SECRET": "a", "AUTH_SECRET": "b"}, theSecret, "a"},
		"its second name":            {core.Options{}, vars{"BETTER_AUTH_SECRET": "", "AUTH_SECRET": "b"}, theSecret, "b"},
		"a secret that is there":     {core.Options{Secret: "o"}, vars{"BETTER_AUTH_SECRET": "a"}, theSecret, "o"},
		"versions":                   {core.Options{}, vars{"BETTER_AUTH_SECRETS": "2:new, 1:old"}, versions, []secret.Version{{Version: 2, Value: "new"}, {Version: 1, Value: "old"}}},
		"versions beside a secret":   {core.Options{Secret: "o"}, vars{"BETTER_AUTH_SECRETS": "2:new"}, versions, []secret.Version{{Version: 2, Value: "new"}}},
		"versions that are there":    {core.Options{Secrets: []secret.Version{}}, vars{"BETTER_AUTH_SECRETS": "2:new"}, versions, []secret.Version{}},
		"a base URL":                 {core.Options{}, vars{"BETTER_AUTH_URL": "a", "NEXT_PUBLIC_BETTER_AUTH_URL": "b"}, baseURL, "a"},
		"its second name, and so on": {core.Options{}, vars{"NEXT_PUBLIC_BETTER_AUTH_URL": "b", "PUBLIC_BETTER_AUTH_URL": "c"}, baseURL, "b"},
		"its third name":             {core.Options{}, vars{"PUBLIC_BETTER_AUTH_URL": "c", "NUXT_PUBLIC_BETTER_AUTH_URL": "d"}, baseURL, "c"},
		"its fourth name":            {core.Options{}, vars{"NUXT_PUBLIC_BETTER_AUTH_URL": "d", "NUXT_PUBLIC_AUTH_URL": "e"}, baseURL, "d"},
		"its fifth name":             {core.Options{}, vars{"NUXT_PUBLIC_AUTH_URL": "e", "BASE_URL": "f"}, baseURL, "e"},
		"its last name":              {core.Options{}, vars{"BASE_URL": "f"}, baseURL, "f"},
		"a BASE_URL of bundlers":     {core.Options{}, vars{"BASE_URL": "/"}, baseURL, ""},
		"a base URL that is there":   {core.Options{BaseURL: "o"}, vars{"BETTER_AUTH_URL": "a"}, baseURL, "o"},
		"a base URL that is derived": {core.Options{DynamicBaseURL: &core.DynamicBaseURL{}}, vars{"BETTER_AUTH_URL": "a"}, baseURL, ""},
		"more trusted origins":       {core.Options{TrustedOrigins: []string{"a"}}, vars{"BETTER_AUTH_TRUSTED_ORIGINS": "b, ,c"}, origins, []string{"a", "b", "c"}},
		"no trusted origins":         {core.Options{}, vars{"BETTER_AUTH_TRUSTED_ORIGINS": ""}, origins, []string(nil)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := config.ApplyEnv(&tt.opts, environment(tt.env)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.get(tt.opts)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func theSecret(o core.Options) any { return o.Secret }
func versions(o core.Options) any  { return o.Secrets }
func baseURL(o core.Options) any   { return o.BaseURL }
func origins(o core.Options) any   { return o.TrustedOrigins }

func TestApplyEnvLeavesTheCallersListAlone(t *testing.T) {
	list := []string{"a", "spare"}
	opts := core.Options{TrustedOrigins: list[:1]}
	if err := config.ApplyEnv(&opts, environment(map[string]string{"BETTER_AUTH_TRUSTED_ORIGINS": "b"})); err != nil {
		t.Fatal(err)
	}
	if list[1] != "spare" {
		t.Error("the memory behind the caller's list has changed")
	}
}

func TestWithoutAnEnvironmentNothingIsSet(t *testing.T) {
	var opts core.Options
	if err := config.ApplyEnv(&opts, nil); err != nil || opts.Secret != "" || opts.TrustedOrigins != nil {
		t.Errorf("err = %v", err)
	}
}

func TestAFileIsCompletedFromTheEnvironment(t *testing.T) {
	cfg, err := config.Parse(nil, config.Source{Env: environment(map[string]string{"AUTH_SECRET": "b", "BETTER_AUTH_URL": "https://a.example"})})
	if err != nil || cfg.Options.Secret != "b" || cfg.Options.BaseURL != "https://a.example" {
		t.Errorf("error = %v", err)
	}
}

func TestTheDocumentationNamesEveryVariable(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	err = config.ApplyEnv(&core.Options{}, func(name string) (string, bool) {
		asked[name] = true
		return "", false
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(asked) < 10 {
		t.Fatalf("only %v were asked for", asked)
	}
	for name := range asked {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("%s lacks %s", document, name)
		}
	}
}

func TestTheDocumentationNamesEveryMessage(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range config.MessageTypes() {
		if !strings.Contains(string(text), "| `"+kind+"` |") {
			t.Errorf("%s: the table of messages lacks %s", document, kind)
		}
	}
}
