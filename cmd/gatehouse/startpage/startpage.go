// Package startpage is the page that a server under development shows at its
// root: a place to sign up and in, and to look at sessions and at the outbox.
// It calls the same API as any client.
package startpage

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed assets
var files embed.FS

// policy admits the page's own files and calls to its own origin, and nothing
// inline: what a user types cannot become code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// StartPage is the page for one server.
type StartPage struct {
	html   []byte
	assets fs.FS
}

// New renders the page. api is the path of the server's endpoints, such as
// "/api/auth", without a slash at its end.
func New(api string) (*StartPage, error) {
	t, err := template.ParseFS(files, "assets/index.html")
	if err != nil {
		return nil, fmt.Errorf("start page: %w", err)
	}
	var html bytes.Buffer
	if err := t.Execute(&html, struct{ API string }{api}); err != nil {
		return nil, fmt.Errorf("start page: %w", err)
	}
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		return nil, fmt.Errorf("start page: %w", err)
	}
	return &StartPage{html: html.Bytes(), assets: assets}, nil
}

// Page serves the page itself.
func (p *StartPage) Page() http.Handler {
	return reading(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(p.html) // the reader may be gone
	})
}

// Assets serves the files that the page asks for, below /dev/assets/.
func (p *StartPage) Assets() http.Handler {
	types := map[string]string{
		"startpage.js": "text/javascript; charset=utf-8", "startpage.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml",
	}
	return http.StripPrefix("/dev/assets/", reading(func(w http.ResponseWriter, r *http.Request) {
		contentType, ok := types[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		text, err := fs.ReadFile(p.assets, r.URL.Path)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text) //nolint:gosec // one of our own files, chosen from a list
	}))
}

// reading admits GET and HEAD, and sets what holds for every answer.
func reading(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		serve(w, r)
	})
}
