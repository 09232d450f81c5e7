package startpage_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/startpage"
)

func get(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return rec
}

func newPage(t *testing.T, api string) *startpage.StartPage {
	t.Helper()
	p, err := startpage.New(api)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePageNamesTheAPIAndNothingElseOfTheServer(t *testing.T) {
	t.Parallel()
	for api, want := range map[string]string{
		"/api/auth": `data-api="/api/auth"`, "": `data-api=""`, `/a"><script>`: `data-api="/a&#34;&gt;&lt;script&gt;"`,
	} {
		if body := get(t, newPage(t, api).Page(), "GET", "/").Body.String(); !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
}

// The policy forbids everything inline, so the page must not need it; and what
// the server sends must never be parsed as HTML.
func TestThePageFitsItsPolicy(t *testing.T) {
	t.Parallel()
	p := newPage(t, "/api/auth")
	rec := get(t, p.Page(), "GET", "/")
	csp := rec.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("policy %q", csp)
	}
	for _, inline := range []string{`<script>`, `<style`, ` style=`, ` onclick=`, ` onload=`, `javascript:`} {
		if strings.Contains(rec.Body.String(), inline) {
			t.Errorf("the page has %s inline", inline)
		}
	}
	script := get(t, p.Assets(), "GET", "/dev/assets/startpage.js").Body.String()
	for _, dangerous := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"} {
		if strings.Contains(script, dangerous) {
			t.Errorf("the script uses %s", dangerous)
		}
	}
}

func TestEveryFieldHasALabel(t *testing.T) {
	t.Parallel()
	html := get(t, newPage(t, "/api/auth").Page(), "GET", "/").Body.String()
	inputs := regexp.MustCompile(`<input id="([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(inputs) == 0 {
		t.Fatal("no fields")
	}
	for _, m := range inputs {
		if !strings.Contains(html, `for="`+m[1]+`"`) && !strings.Contains(html, `<label class="check"><input id="`+m[1]+`"`) {
			t.Errorf("%s has no label", m[1])
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	p := newPage(t, "/api/auth")
	for _, test := range []struct {
		method, path string
		status       int
		contentType  string
	}{
		{"GET", "/dev/assets/startpage.js", 200, "text/javascript; charset=utf-8"},
		{"HEAD", "/dev/assets/startpage.css", 200, "text/css; charset=utf-8"},
		{"GET", "/dev/assets/icon.svg", 200, "image/svg+xml"},
		{"GET", "/dev/assets/index.html", 404, ""},
		{"GET", "/dev/assets/", 404, ""},
		{"GET", "/dev/assets/../startpage.go", 404, ""},
		{"POST", "/dev/assets/startpage.js", 405, ""},
	} {
		rec := get(t, p.Assets(), test.method, test.path)
		if rec.Code != test.status || test.contentType != "" && rec.Header().Get("Content-Type") != test.contentType {
			t.Errorf("%s %s: status %d, %s", test.method, test.path, rec.Code, rec.Header().Get("Content-Type"))
		}
	}
}
