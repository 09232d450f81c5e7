package server

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// Dev serves what exists only while developing: a start page at "/", its assets
// and the outbox below "/dev/". The outbox shows what only the owner of a
// mailbox may know, so it is kept from every other web page: the Host has to be
// this machine or one of Hosts (a name that an attacker rebinds to 127.0.0.1 is
// neither), and other sites may neither read nor change anything.
type Dev struct {
	Hosts  []string // names besides the loopback ones, without port
	Page   http.Handler
	Assets http.Handler // below /dev/assets/
	Outbox http.Handler // at /dev/outbox
	Next   http.Handler // everything else
}

// ServeHTTP implements http.Handler.
func (d *Dev) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if path != "/" && path != "/dev" && !strings.HasPrefix(path, "/dev/") {
		d.Next.ServeHTTP(w, r)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("Cache-Control", "no-store")
	if !d.knows(r.Host) {
		http.Error(w, "This page is for the machine that the server runs on: open it as localhost or under the configured base URL.", http.StatusForbidden)
		return
	}
	if path == "/" { // holds nothing secret, so that links to it may work
		d.Page.ServeHTTP(w, r)
		return
	}
	if foreign(r) {
		http.Error(w, "Other sites have no access to this.", http.StatusForbidden)
		return
	}
	switch {
	case path == "/dev/outbox":
		d.Outbox.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/dev/assets/"):
		d.Assets.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (d *Dev) knows(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	switch host {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return host != "" && slices.Contains(d.Hosts, host)
}

// foreign tells whether a browser says that another origin is behind the
// request. Programs that are no browser send neither header.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	return origin != "" && !strings.EqualFold(origin, "http://"+r.Host) && !strings.EqualFold(origin, "https://"+r.Host)
}
