package routes

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/percent"
)

//go:embed error_page.html
var errorPageHTML string

// ErrorPageOutput is the HTML page that explains an error to a person.
type ErrorPageOutput struct{ html []byte }

// Respond makes the output an HTML answer.
func (o *ErrorPageOutput) Respond() (contentType string, body []byte) {
	return "text/html; charset=utf-8", o.html
}

// errorPage renders the page, with its look decided at start.
type errorPage struct {
	template *template.Template
	look     core.ErrorPage
}

// An error code is shown only when it looks like one.
var plainCode = regexp.MustCompile(`^['A-Za-z0-9_-]+$`)

func (p *Plugin) setUpError(s *core.Setup) error {
	t, err := template.New("error").Funcs(template.FuncMap{"css": func(s string) template.CSS { return template.CSS(s) }}).Parse(errorPageHTML) //nolint:gosec // checkLook admits plain values only
	if err != nil {
		return err
	}
	if err := checkErrorURL(s.Options().OnAPIError.ErrorURL); err != nil {
		return err
	}
	page := &errorPage{template: t}
	if custom := s.Options().OnAPIError.ErrorPage; custom != nil {
		page.look = *custom
		if err := checkLook(custom); err != nil {
			return err
		}
	}
	p.Error = core.Route(s, core.Endpoint[struct{}, ErrorPageOutput]{
		Method: http.MethodGet, Path: "/error", OperationID: "error",
		Summary: "The page that explains an error to a person",
		Doc: core.Doc{
			Success: "The page", MediaType: "text/html",
			Answers: map[int]string{http.StatusFound: "The application has a page of its own for errors."},
		},
		Handle: func(c *core.Ctx, _ struct{}) (*ErrorPageOutput, error) { return p.errorPage(c, page) },
	})
	return nil
}

// errorPage shows the error, or sends the browser to the page that the
// application has for it. In production, where no look is configured, that is
// the application's root, as upstream.
func (p *Plugin) errorPage(c *core.Ctx, page *errorPage) (*ErrorPageOutput, error) {
	query := c.Query()
	code, description := query.Get("error"), query.Get("error_description")
	if !plainCode.MatchString(code) {
		code = "UNKNOWN"
	}
	o := p.auth.Options()
	passed := "error=" + percent.EncodeForm(code)
	if description != "" {
		passed += "&error_description=" + percent.EncodeForm(description)
	}
	if target := o.OnAPIError.ErrorURL; target != "" {
		return nil, core.Redirect(withQuery(target, passed))
	}
	if o.Production && o.OnAPIError.ErrorPage == nil {
		return nil, core.Redirect("/?" + passed)
	}
	var html bytes.Buffer
	err := page.template.Execute(&html, struct {
		Code, Description string
		Look              core.ErrorPage
	}{code, description, page.look})
	if err != nil {
		return nil, fmt.Errorf("render the error page: %w", err)
	}
	c.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.SetHeader("X-Content-Type-Options", "nosniff")
	c.SetHeader("Cache-Control", "no-store")
	return &ErrorPageOutput{html: html.Bytes()}, nil
}

// plainCSS are the characters of colours, lengths and font families: nothing
// that ends a declaration, and no colon, as URLs have.
var plainCSS = regexp.MustCompile(`^[\pL\pN #%.,()+*/'"_-]*$`)

// loading matches the functions that make a browser fetch something, or run it.
var loading = regexp.MustCompile(`(?i)(url|src|image|image-set|expression)\s*\(|/\*`)

// checkLook refuses style values that could leave their declaration or fetch
// anything.
func checkLook(look *core.ErrorPage) error {
	for name, value := range look.Values() {
		closed := strings.Count(value, "(") == strings.Count(value, ")") &&
			strings.Count(value, `"`)%2 == 0 && strings.Count(value, "'")%2 == 0
		if !plainCSS.MatchString(value) || loading.MatchString(value) || !closed {
			return fmt.Errorf("onAPIError.customizeDefaultErrorPage.%s: %q is not a plain CSS value", name, value)
		}
	}
	return nil
}

// checkErrorURL refuses an onAPIError.errorURL that no browser could be sent to.
func checkErrorURL(target string) error {
	if target == "" {
		return nil
	}
	if _, err := origin.SafeLocation(target); err != nil {
		return fmt.Errorf("onAPIError.errorURL: %w", err)
	}
	return nil
}
