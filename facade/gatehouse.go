// Package gatehouse is the front door of Gatehouse: Better Auth's server side
// in Go. It composes the core and its routes, and decides nothing itself.
//
//	auth, err := gatehouse.New(gatehouse.Options{
//		BaseURL:          "https://app.example.com",
//		Secret:           os.Getenv("BETTER_AUTH_SECRET"),
//		Database:         database,
//		EmailAndPassword: gatehouse.EmailAndPassword{Enabled: true},
//	})
//	mux.Handle("/api/auth/", auth)
package gatehouse

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// Auth is a running server: an http.Handler with the core endpoints, which
// Core also offers in process.
type Auth struct {
	*core.Auth
	Core *routes.Plugin
}

// New checks the options and returns a server with the core endpoints and the
// plugins of the options. Everything that is wrong with the configuration comes
// back at once.
func New(opts Options) (*Auth, error) {
	r := routes.New()
	opts.Plugins = append([]Plugin{r}, opts.Plugins...)
	a, err := core.New(opts)
	if err != nil {
		return nil, err
	}
	return &Auth{Auth: a, Core: r}, nil
}
