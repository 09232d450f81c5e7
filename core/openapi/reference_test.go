package openapi_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/openapi"
)

func reference(t *testing.T, opts openapi.Options, configure ...func(*core.Options)) *authtest.Client {
	t.Helper()
	configure = append(configure, func(o *core.Options) { o.Plugins = append(o.Plugins, openapi.New(opts)) })
	return authtest.New(t, configure...).Client()
}

func TestTheReferencePage(t *testing.T) {
	a := reference(t, openapi.Options{Theme: "moon"}).Get("/reference")
	if a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	c := configurationOf(t, a.Body)
	if c.Theme != "moon" || c.Content.OpenAPI != "3.1.1" || c.Content.Paths["/sign-in/email"] == nil {
		t.Errorf("the script is configured with %+v", c)
	}
	if c.Telemetry || c.WithDefaultFonts {
		t.Error("the page tells others that it is read")
	}
}

var dataElement = regexp.MustCompile(`(?s)<script type="application/json" id="configuration">(.*?)</script>`)

type configuration struct {
	Theme                       string
	Telemetry, WithDefaultFonts bool
	Content                     struct {
		OpenAPI    string
		Info       struct{ Title string }
		Paths      map[string]any
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
}

func configurationOf(t *testing.T, page string) configuration {
	t.Helper()
	found := dataElement.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no configuration in %s", page)
	}
	var c configuration
	if err := json.Unmarshal([]byte(found[1]), &c); err != nil {
		t.Fatalf("%v: %s", err, found[1])
	}
	return c
}

var (
	scriptTag = regexp.MustCompile(`<script[^>]*>`)
	nonceOf   = regexp.MustCompile(`nonce="([^"]*)"`)
)

// nonce checks that every script that runs has the nonce of the policy, and
// returns it.
func nonce(t *testing.T, a *authtest.Answer) string {
	t.Helper()
	policy := a.Header.Get("Content-Security-Policy")
	admitted := regexp.MustCompile(`script-src 'nonce-([^']+)'(;|$)`).FindStringSubmatch(policy)
	if admitted == nil {
		t.Fatalf("the policy is %q", policy)
	}
	running := 0
	for _, tag := range scriptTag.FindAllString(a.Body, -1) {
		if strings.Contains(tag, "application/json") {
			continue
		}
		running++
		if m := nonceOf.FindStringSubmatch(tag); m == nil || html.UnescapeString(m[1]) != admitted[1] {
			t.Errorf("%s, and the policy admits %q", tag, admitted[1])
		}
	}
	if running != 2 {
		t.Errorf("%d scripts run", running)
	}
	return admitted[1]
}

func TestOnlyScriptsOfThePageRun(t *testing.T) {
	client := reference(t, openapi.Options{})
	first, second := client.Get("/reference"), client.Get("/reference")
	if a, b := nonce(t, first), nonce(t, second); a == b || len(a) < 22 {
		t.Errorf("the nonces of two pages are %q and %q", a, b)
	}
	policy := first.Header.Get("Content-Security-Policy")
	for _, directive := range []string{"default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, directive) {
			t.Errorf("the policy lacks %s: %s", directive, policy)
		}
	}
	external := regexp.MustCompile(`<script[^>]* src="([^"]*)"[^>]*>`).FindAllStringSubmatch(first.Body, -1)
	if len(external) != 1 || !regexp.MustCompile(`^https://cdn\.jsdelivr\.net/npm/@scalar/api-reference@\d+\.\d+\.\d+/`).MatchString(external[0][1]) {
		t.Fatalf("the page loads %q", external)
	}
	if !strings.Contains(external[0][0], ` integrity="sha384-`) || !strings.Contains(external[0][0], ` crossorigin="anonymous"`) {
		t.Errorf("nothing checks what is loaded: %s", external[0][0])
	}
}

func TestANonceOfTheApplicationsOwn(t *testing.T) {
	a := reference(t, openapi.Options{Nonce: "r4nd0m+/_-=="}).Get("/reference")
	if got := nonce(t, a); got != "r4nd0m+/_-==" {
		t.Errorf("the nonce is %q", got)
	}
}

func TestNothingInThePageEndsItsScript(t *testing.T) {
	const hostile = `</script><script>alert(1)</script><!--<script>"'&` + "\u2028"
	a := reference(t, openapi.Options{}, func(o *core.Options) {
		o.AppName = hostile
		o.User.AdditionalFields = []core.Field{{Name: hostile, Type: db.String, Nullable: true}}
	}).Get("/reference")
	if got := len(scriptTag.FindAllString(a.Body, -1)); got != 3 {
		t.Errorf("the page has %d scripts", got)
	}
	if strings.Contains(a.Body, "alert(1)</") || strings.Contains(a.Body, "<!--") {
		t.Errorf("a name is part of the page: %s", a.Body)
	}
	c := configurationOf(t, a.Body)
	if c.Content.Info.Title != hostile || c.Content.Components.Schemas["User"].Properties[hostile] == nil {
		t.Errorf("the names did not arrive: %+v", c)
	}
}

func TestWhereThePageIs(t *testing.T) {
	client := reference(t, openapi.Options{Path: "/docs/api"})
	if a := client.Get("/docs/api"); a.Status != http.StatusOK {
		t.Errorf("the page: %d", a.Status)
	}
	if a := client.Get("/reference"); a.Status != http.StatusNotFound {
		t.Errorf("its usual place: %d", a.Status)
	}
}

// 1.6.9 answers 404, application/json and nothing in it.
func TestAPageThatIsSwitchedOff(t *testing.T) {
	client := reference(t, openapi.Options{DisableDefaultReference: true})
	a := client.Get("/reference")
	if a.Status != http.StatusNotFound || a.Body != "" || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s %q", a.Status, a.Header, a.Body)
	}
	if a := client.Get("/open-api/generate-schema"); a.Status != http.StatusOK {
		t.Errorf("the document: %d", a.Status)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		opts openapi.Options
		want string
	}{
		{"a theme that there is not", openapi.Options{Theme: "neon"}, `theme: "neon" is not one of`},
		{"a nonce that ends the attribute", openapi.Options{Nonce: `x" onload="`}, "nonce: "},
		{"a nonce that ends the directive", openapi.Options{Nonce: "x'; script-src *"}, "nonce: "},
		{"a path without a slash", openapi.Options{Path: "reference"}, `path: "reference" must start with /`},
		{"the path of the document", openapi.Options{Path: "/open-api/generate-schema"}, "is registered already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := authtest.Try(t, func(o *core.Options) { o.Plugins = append(o.Plugins, openapi.New(c.opts)) })
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "open-api") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
