package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

//go:embed reference.html
var referenceHTML string

// scalar is the script that draws the page. Upstream loads whatever is newest;
// a script that acts with the reader's session is pinned here, to a version and
// to its content. To renew it: the file dist/browser/standalone.js of the
// package @scalar/api-reference, and its SHA-384 in base64.
var scalar = script{
	URL:       "https://cdn.jsdelivr.net/npm/@scalar/api-reference@1.72.1/dist/browser/standalone.js",
	Integrity: "sha384-U11tb2XnKvmwt8RlTvnwUnYgrN+ur4Xyh9htLhjajWNR/Oyl5AX5DEz00qRmlrmK",
}

type script struct{ URL, Integrity string }

// themes are Scalar's themes that upstream's option has.
var themes = []string{
	"alternate", "default", "moon", "purple", "solarized", "bluePlanet",
	"saturn", "kepler", "mars", "deepSpace", "laserwave", "none",
}

// nonces are the values that a policy can carry (CSP Level 3, base64-value).
var nonces = regexp.MustCompile(`^[A-Za-z0-9+/_-]+={0,2}$`)

// nonceLength is the number of random letters and digits: over 128 bits.
const nonceLength = 24

// ReferenceOutput is the page that shows the document.
type ReferenceOutput struct{ html []byte }

// Respond makes the output an HTML answer.
func (o *ReferenceOutput) Respond() (contentType string, body []byte) {
	return "text/html; charset=utf-8", o.html
}

// errDisabled is upstream's answer for a page that is switched off: 404 without
// a body.
var errDisabled = core.NewError(http.StatusNotFound, "", "")

type referencePage struct {
	template     *template.Template
	theme, nonce string
}

func newReferencePage(o Options) (*referencePage, error) {
	t, err := template.New("reference").Parse(referenceHTML)
	if err != nil {
		return nil, err
	}
	page := &referencePage{template: t, theme: o.Theme, nonce: o.Nonce}
	if page.theme == "" {
		page.theme = "default"
	}
	if !slices.Contains(themes, page.theme) {
		return nil, fmt.Errorf("theme: %q is not one of %s", o.Theme, strings.Join(themes, ", "))
	}
	if o.Nonce != "" && !nonces.MatchString(o.Nonce) {
		return nil, fmt.Errorf("nonce: %q is not base64", o.Nonce)
	}
	return page, nil
}

// configuration is what the script is started with. Nothing is loaded from, or
// told to, anybody but the server and the host of the script.
type configuration struct {
	Content            Document `json:"content"`
	Theme              string   `json:"theme"`
	MetaData           metaData `json:"metaData"`
	WithDefaultFonts   bool     `json:"withDefaultFonts"`
	Telemetry          bool     `json:"telemetry"`
	HideClientButton   bool     `json:"hideClientButton"`
	ShowDeveloperTools string   `json:"showDeveloperTools"`
	Agent              disabled `json:"agent"`
	MCP                disabled `json:"mcp"`
}

type metaData struct {
	Title string `json:"title"`
}

type disabled struct {
	Disabled bool `json:"disabled"`
}

func (p *Plugin) reference(c *core.Ctx, _ struct{}) (*ReferenceOutput, error) {
	if p.opts.DisableDefaultReference {
		return nil, errDisabled
	}
	nonce := p.page.nonce
	if nonce == "" {
		nonce = p.auth.RandomID(nonceLength)
	}
	html, err := p.page.render(p.Document(c.BaseURL()), nonce)
	if err != nil {
		return nil, fmt.Errorf("render the reference page: %w", err)
	}
	for name, value := range map[string]string{
		"Content-Security-Policy": policy(nonce),
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store", // the nonce is for once
	} {
		c.SetHeader(name, value)
	}
	return &ReferenceOutput{html: html}, nil
}

// policy allows the scripts with the nonce, the styles that they add, pictures
// within the document, and requests to the server itself.
func policy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'nonce-" + nonce + "'", "style-src 'unsafe-inline'", "img-src data:",
		"connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
	}, "; ")
}

func (page *referencePage) render(d Document, nonce string) ([]byte, error) {
	title := d.Info.Title
	text, err := wire.Marshal(configuration{
		Content: d, Theme: page.theme, MetaData: metaData{title + ": API reference"},
		HideClientButton: true, ShowDeveloperTools: "never", Agent: disabled{true}, MCP: disabled{true},
	})
	if err != nil {
		return nil, err
	}
	var escaped, html bytes.Buffer
	json.HTMLEscape(&escaped, text) // nothing in it can end the script element
	err = page.template.Execute(&html, struct {
		Title, Nonce, Document string
		Configuration          template.JS
		Script                 script
	}{
		title, nonce, strings.TrimSuffix(d.Servers[0].URL, "/") + documentPath,
		template.JS(escaped.String()), //nolint:gosec // JSON, escaped above
		scalar,
	})
	return html.Bytes(), err
}
