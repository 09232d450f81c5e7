package routes_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

func TestTheErrorPage(t *testing.T) {
	s := authtest.New(t)
	for _, tc := range []struct {
		name, query string
		shows       string
		hides       []string
	}{
		{"shows a code", "?error=please_restart_the_process", "<code>please_restart_the_process</code>", nil},
		{"shows a code with a quote and a hyphen", "?error=it%27s_a-b", "<code>it&#39;s_a-b</code>", nil},
		{"shows the first of two codes", "?error=a&error=b", "<code>a</code>", nil},
		{"knows no code", "", "<code>UNKNOWN</code>", nil},
		{"takes an empty code for none", "?error=", "<code>UNKNOWN</code>", nil},
		{"takes a sentence for no code", "?error=a%20b", "<code>UNKNOWN</code>", []string{"a b"}},
		{"takes markup for no code", "?error=%3Cscript%3Ealert(1)%3C/script%3E", "<code>UNKNOWN</code>", []string{"<script", "alert"}},
		{"takes a line break for no code", "?error=a%0Ab", "<code>UNKNOWN</code>", nil},
		{"shows a description as text", "?error=abc&error_description=hello+%22x%22+%3Cb%3E%26amp;", `<p>hello &#34;x&#34; &lt;b&gt;`, []string{"<b>"}},
		{"shows a description that is hostile", "?error_description=%3Cscript%3Ealert(1)%3C/script%3E%3Cimg+src=x+onerror=alert(1)%3E", "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img", []string{"<script", "<img"}},
		{"shows no broken UTF-8", "?error=abc&error_description=a%ff%feb", "<code>abc</code>", []string{"\xff"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := s.Client().Get("/error" + tc.query)
			if a.Status != http.StatusOK || !strings.Contains(a.Body, tc.shows) {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
			for _, text := range tc.hides {
				if strings.Contains(a.Body, text) {
					t.Errorf("the page holds %q", text)
				}
			}
			for name, want := range map[string]string{
				"Content-Type":            "text/html; charset=utf-8",
				"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":  "nosniff",
				"Cache-Control":           "no-store",
			} {
				same(t, name, want, a.Header.Get(name))
			}
		})
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions} {
		if a := s.Client().Do(method, "/error?error=abc", nil); a.Status != http.StatusNotFound || a.Body != "" {
			t.Errorf("%s gets %d %s", method, a.Status, a.Body)
		}
	}
}

func TestTheErrorPageElsewhere(t *testing.T) {
	to := func(target string) func(*core.Options) {
		return func(o *core.Options) { o.OnAPIError.ErrorURL = target }
	}
	production := func(o *core.Options) { o.Production = true }
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		query     string
		location  string
	}{
		{"a path", to("/oops"), "?error=abc", "/oops?error=abc"},
		{"a path, without a code", to("/oops"), "", "/oops?error=UNKNOWN"},
		{"a path, with a code that is none", to("/oops"), "?error=a%20b", "/oops?error=UNKNOWN"},
		{"a path, with a description", to("/oops"), "?error=abc&error_description=hello%20%22x%22%20%3Cb%3E+%2B", "/oops?error=abc&error_description=hello+%22x%22+%3Cb%3E+%2B"},
		{"a URL that has a query", to("https://app.example.com/oops?x=1"), "?error=abc", "https://app.example.com/oops?x=1&error=abc"},
		{"escaped as JavaScript escapes it", to("https://app.example.com/oops?x=1"), "?error=it's~*()!&error_description=it's~*()!%C3%A9", "https://app.example.com/oops?x=1&error=UNKNOWN&error_description=it%27s%7E*%28%29%21%C3%A9"},
		{"a line break stays escaped", to("/oops"), "?error=abc&error_description=a%0d%0aSet-Cookie:x=1", "/oops?error=abc&error_description=a%0D%0ASet-Cookie%3Ax%3D1"},
		{"the root in production", production, "?error=abc&error_description=x", "/?error=abc&error_description=x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, tc.configure)
			a := s.Client().Get("/error" + tc.query)
			answers(t, a, http.StatusFound, "")
			same(t, "Location", tc.location, a.Header.Get("Location"))
		})
	}
	t.Run("a page of its own stays in production", func(t *testing.T) {
		s := authtest.New(t, production, func(o *core.Options) { o.OnAPIError.ErrorPage = &core.ErrorPage{} })
		if a := s.Client().Get("/error?error=abc"); a.Status != http.StatusOK || !strings.Contains(a.Body, "<code>abc</code>") {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	})
	for _, target := range []string{"javascript:alert(1)", "//evil.com", "/a\r\nX: y", "data:text/html,x", `/\evil.com`, "oops"} {
		t.Run("no page at "+target, func(t *testing.T) {
			if _, err := authtest.Try(t, to(target)); err == nil || !strings.Contains(err.Error(), "onAPIError.errorURL") {
				t.Errorf("the server started: %v", err)
			}
		})
	}
}

func TestTheLookOfTheErrorPage(t *testing.T) {
	look := &core.ErrorPage{
		Colors: core.ErrorPageColors{Background: "#123456", Primary: "oklch(0.5 0.1 200 / 50%)", Border: "var(--foreground)", TitleColor: "rgb(1, 2, 3)"},
		Size:   core.ErrorPageSizes{Text6xl: "calc(2rem + 1vw)"},
		Font:   core.ErrorPageFonts{DefaultFamily: `"Comic Sans MS", sans-serif`},
	}
	s := authtest.New(t, func(o *core.Options) { o.OnAPIError.ErrorPage = look })
	page := s.Client().Get("/error").Body
	for _, text := range []string{"--background: #123456;", "--title: rgb(1, 2, 3);", "--text-6xl: calc(2rem + 1vw);", `--sans: "Comic Sans MS", sans-serif;`, "background-image", "main::before", "border: 2px solid"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	look.DisableBackgroundGrid, look.DisableCornerDecorations, look.DisableTitleBorder = true, true, true
	s = authtest.New(t, func(o *core.Options) { o.OnAPIError.ErrorPage = look })
	page = s.Client().Get("/error").Body
	for _, text := range []string{"background-image", "main::before", "border: 2px solid"} {
		if strings.Contains(page, text) {
			t.Errorf("the page still has %q", text)
		}
	}
}

// Every value goes into a style sheet, so none may leave its declaration.
func TestLooksThatAreRefused(t *testing.T) {
	for _, hostile := range []string{
		"red;} body{display:none", "red}", "{", "</style><script>alert(1)</script>", "<", ">", `\3c`, "/* x", "red\nx", "red\rx",
		"url(https://evil.com)", "URL(//evil.com)", "red; background: blue",
		"@import 'x'", "red\x00", "red(", "'red", `"red`, "image-set('https://evil.com/x' 1x)", "expression(alert(1))",
	} {
		for _, group := range []string{"Colors", "Size", "Font"} {
			look := &core.ErrorPage{}
			v := reflect.ValueOf(look).Elem().FieldByName(group)
			v.Field(v.NumField() - 1).SetString(hostile)
			_, err := authtest.Try(t, func(o *core.Options) { o.OnAPIError.ErrorPage = look })
			if err == nil || !strings.Contains(err.Error(), "onAPIError.customizeDefaultErrorPage.") {
				t.Errorf("%s takes %q: %v", group, hostile, err)
			}
		}
	}
}
