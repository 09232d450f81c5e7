package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestDevKeepsStrangersOut(t *testing.T) {
	t.Parallel()
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Served", text) })
	}
	d := &Dev{Hosts: []string{"auth.test"}, Page: says("page"), Assets: says("assets"), Outbox: says("outbox"), Next: says("next")}
	for name, test := range map[string]struct {
		method, path, host string
		header             map[string]string
		status             int
		served             string
	}{
		"the page on localhost":                                   {"GET", "/", "localhost:3000", nil, 200, "page"},
		"the page on 127.0.0.1":                                   {"GET", "/", "127.0.0.1:3000", nil, 200, "page"},
		"the page on ::1":                                         {"GET", "/", "[::1]:3000", nil, 200, "page"},
		"the page without a port":                                 {"GET", "/", "[::1]", nil, 200, "page"},
		"the page on the base URL's host":                         {"GET", "/", "AUTH.test", nil, 200, "page"},
		"the page behind a link on another site":                  {"GET", "/", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200, "page"},
		"the page under a name that was rebound":                  {"GET", "/", "evil.example:3000", nil, 403, ""},
		"the page under a name that only begins well":             {"GET", "/", "localhost.evil.example", nil, 403, ""},
		"the page under no name":                                  {"GET", "/", "", nil, 403, ""},
		"the outbox for a program":                                {"GET", "/dev/outbox", "localhost:3000", nil, 200, "outbox"},
		"the outbox for Node's fetch":                             {"GET", "/dev/outbox", "localhost:3000", map[string]string{"Sec-Fetch-Mode": "cors"}, 200, "outbox"},
		"the outbox for the page":                                 {"GET", "/dev/outbox", "localhost:3000", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200, "outbox"},
		"the outbox typed into the address bar":                   {"GET", "/dev/outbox", "localhost:3000", map[string]string{"Sec-Fetch-Site": "none"}, 200, "outbox"},
		"the outbox under a name that was rebound":                {"GET", "/dev/outbox", "evil.example:3000", nil, 403, ""},
		"the outbox for another site":                             {"GET", "/dev/outbox", "localhost:3000", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, ""},
		"the outbox for another port":                             {"GET", "/dev/outbox", "localhost:3000", map[string]string{"Sec-Fetch-Site": "same-site"}, 403, ""},
		"the outbox for another origin, without fetch metadata":   {"GET", "/dev/outbox", "localhost:3000", map[string]string{"Origin": "http://localhost:4000"}, 403, ""},
		"clearing by the page":                                    {"DELETE", "/dev/outbox", "localhost:3000", map[string]string{"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-origin"}, 200, "outbox"},
		"clearing by a program":                                   {"DELETE", "/dev/outbox", "localhost:3000", nil, 200, "outbox"},
		"clearing by another origin":                              {"DELETE", "/dev/outbox", "localhost:3000", map[string]string{"Origin": "https://evil.example"}, 403, ""},
		"clearing by an origin that hides":                        {"DELETE", "/dev/outbox", "localhost:3000", map[string]string{"Origin": "null"}, 403, ""},
		"an asset for the page":                                   {"GET", "/dev/assets/x.js", "localhost:3000", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200, "assets"},
		"something else below /dev":                               {"GET", "/dev/outbox/", "localhost:3000", nil, 404, ""},
		"/dev itself":                                             {"GET", "/dev", "localhost:3000", nil, 404, ""},
		"a path that only begins like /dev":                       {"GET", "/developers", "evil.example", nil, 200, "next"},
		"a spelling of the outbox that is not the outbox":         {"GET", "//dev/outbox", "localhost:3000", nil, 200, "next"},
		"the API under any name, which has guards of its own":     {"POST", "/api/auth/sign-out", "evil.example", nil, 200, "next"},
		"the API for another site, which has guards of its own":   {"POST", "/api/auth/sign-out", "localhost", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200, "next"},
		"an escaped spelling is the outbox and guarded like it":   {"GET", "/dev%2Foutbox", "evil.example", nil, 403, ""},
		"a preflight gets no permission":                          {"OPTIONS", "/dev/outbox", "localhost:3000", map[string]string{"Origin": "https://evil.example"}, 403, ""},
		"the page posted to by another site is the page's matter": {"POST", "/", "localhost:3000", nil, 200, "page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil)
			r.Host = test.host
			for k, v := range test.header {
				r.Header.Set(k, v)
			}
			rec := httptest.NewRecorder()
			d.ServeHTTP(rec, r)
			if rec.Code != test.status || rec.Header().Get("Served") != test.served {
				t.Errorf("status %d by %q, want %d by %q", rec.Code, rec.Header().Get("Served"), test.status, test.served)
			}
			if v := rec.Header().Get("Access-Control-Allow-Origin"); v != "" {
				t.Errorf("lets %s read", v)
			}
		})
	}
}
