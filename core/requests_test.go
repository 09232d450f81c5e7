package core_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// The answers are those of Better Auth 1.6.9 unless a comment says otherwise.
func TestRequestsThatAreNotRight(t *testing.T) {
	s := authtest.New(t)
	const media = `{"message":"Content-Type \"text/plain\" is not allowed. Allowed types: application/x-www-form-urlencoded, application/json","code":"UNSUPPORTED_MEDIA_TYPE"}`
	for _, tc := range []struct {
		name         string
		method, path string
		contentType  string
		body         string
		status       int
		answer       string
	}{
		{"an unknown path is an empty 404", "GET", "/nope", "", "", 404, ""},
		{"the root of the API is an empty 404", "GET", "/", "", "", 404, ""},
		{"a wrong method is a 404, never a 405", "POST", "/ok", "", "", 404, ""},
		{"HEAD is a 404", "HEAD", "/ok", "", "", 404, ""},
		{"OPTIONS is a 404", "OPTIONS", "/ok", "", "", 404, ""},
		{"a trailing slash is a 404", "GET", "/ok/", "", "", 404, ""},
		{"an empty segment is a 404", "GET", "//ok", "", "", 404, ""},
		{"a dot segment is a 404", "GET", "/x/../ok", "", "", 404, ""},
		{"an encoded slash is a 404", "POST", "/sign-in%2Femail", "application/json", "{}", 404, ""},
		{"another case is a 404", "POST", "/SIGN-IN/email", "application/json", "{}", 404, ""},
		{"a path parameter is a 404", "POST", "/sign-in/email;x=1", "application/json", "{}", 404, ""},
		{"an encoded NUL is a 404", "POST", "/sign-in/email%00", "application/json", "{}", 404, ""},
		{"a wrong media type is a 415", "POST", "/sign-up/email", "text/plain", "{}", 415, media},
		{
			"a multipart body is a 415", "POST", "/sign-out", "multipart/form-data; boundary=x", "--x--", 415,
			`{"message":"Content-Type \"multipart/form-data; boundary=x\" is not allowed. Allowed types: application/json","code":"UNSUPPORTED_MEDIA_TYPE"}`,
		},
		{
			"a body without a media type is a 415", "POST", "/sign-up/email", "", "{}", 415,
			`{"message":"Content-Type is required. Allowed types: application/x-www-form-urlencoded, application/json","code":"UNSUPPORTED_MEDIA_TYPE"}`,
		},
		{
			"a missing body is undefined", "POST", "/sign-in/email", "", "", 400,
			`{"message":"[body] Invalid input: expected object, received undefined","code":"VALIDATION_ERROR"}`,
		},
		// 1.6.9 answers malformed JSON with an empty 500; this is the answer of 1.6.34 and 1.7.
		{
			"malformed JSON is a 400", "POST", "/sign-in/email", "application/json", "{", 400,
			`{"message":"Invalid JSON in request body","code":"BAD_REQUEST"}`,
		},
		{
			"two JSON values are a 400", "POST", "/sign-in/email", "application/json", "{}{}", 400,
			`{"message":"Invalid JSON in request body","code":"BAD_REQUEST"}`,
		},
		{
			"JSON that is too deep is a 400", "POST", "/sign-in/email", "application/json", strings.Repeat("[", 100) + strings.Repeat("]", 100), 400,
			`{"message":"Invalid JSON in request body","code":"BAD_REQUEST"}`,
		},
		{
			"NUL in text is a 400", "POST", "/sign-in/email", "application/json", `{"email":"a\u0000@b.co","password":"x"}`, 400,
			`{"message":"Invalid JSON in request body","code":"BAD_REQUEST"}`,
		},
		{
			"a malformed form is a 400", "POST", "/sign-in/email", "application/x-www-form-urlencoded", "email=%zz", 400,
			`{"message":"The request body is not a valid form","code":"INVALID_FORM"}`,
		},
		{
			"keys are case-sensitive", "POST", "/sign-in/email", "application/json", `{"EMAIL":"a@b.co","password":"x"}`, 400,
			`{"message":"[body.email] Invalid input: expected string, received undefined","code":"VALIDATION_ERROR"}`,
		},
		{
			"of repeated keys the last counts", "POST", "/sign-in/email", "application/json", `{"email":"a@b.co","email":1,"password":"x"}`, 400,
			`{"message":"[body.email] Invalid input: expected string, received number","code":"VALIDATION_ERROR"}`,
		},
		{
			"a form's values are text", "POST", "/sign-in/email", "application/x-www-form-urlencoded", "email=a%40b.co&password=x&rememberMe=true", 400,
			`{"message":"[body.rememberMe] Invalid input: expected boolean, received string","code":"VALIDATION_ERROR"}`,
		},
		// 1.6.9 has no bound.
		{
			"a body over the limit is a 413", "POST", "/sign-in/email", "application/json", `{"email":"` + strings.Repeat("a", 10<<20) + `"}`, 413,
			`{"message":"The request body is too large","code":"PAYLOAD_TOO_LARGE"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := s.Client()
			var body any
			if tc.body != "" {
				body = tc.body
			}
			r := c.Request(tc.method, tc.path, body)
			r.Header.Del("Content-Type")
			if tc.contentType != "" {
				r.Header.Set("Content-Type", tc.contentType)
			}
			a := c.Send(r)
			if a.Status != tc.status || a.Body != tc.answer {
				t.Errorf("got %d %s\nwant %d %s", a.Status, a.Body, tc.status, tc.answer)
			}
			if tc.answer == "" && a.Header.Get("Content-Type") != "" {
				t.Errorf("an empty answer has the media type %q", a.Header.Get("Content-Type"))
			}
		})
	}
}

func TestABodyOfUnknownLengthIsBoundedToo(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.MaxBodyBytes = 100 })
	c := s.Client()
	r := c.Request(http.MethodPost, "/sign-in/email", `{"email":"`+strings.Repeat("a", 200)+`"}`)
	r.ContentLength = -1
	if a := c.Send(r); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestCompressedBodiesAreRefused(t *testing.T) {
	c := authtest.New(t).Client()
	r := c.Request(http.MethodPost, "/sign-in/email", "{}")
	r.Header.Set("Content-Encoding", "gzip")
	if a := c.Send(r); a.Status != http.StatusUnsupportedMediaType {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestALongQueryIsRefused(t *testing.T) {
	c := authtest.New(t).Client()
	a := c.Get("/get-session?x=" + strings.Repeat("a", 65<<10))
	if a.Status != http.StatusRequestURITooLong || a.Text(t, "code") != "URI_TOO_LONG" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestABodyThatBreaksOffIsRefused(t *testing.T) {
	c := authtest.New(t).Client()
	r := c.Request(http.MethodPost, "/sign-in/email", "{}")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{}"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	if a := c.Send(r); a.Status != http.StatusBadRequest || a.Text(t, "code") != "INVALID_BODY" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// Upstream strips the base path without a boundary (QUIRKS).
func TestTheBasePathEndsAtASegment(t *testing.T) {
	c := authtest.New(t).Client()
	r := c.Request(http.MethodGet, "/ok", nil)
	r.URL.Path = "/api/authx/ok"
	if a := c.Send(r); a.Status != http.StatusNotFound {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestSkipTrailingSlashes(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Advanced.SkipTrailingSlashes = true })
	if a := s.Client().Get("/ok/"); a.Status != http.StatusOK || a.Body != `{"ok":true}` {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestDisabledPaths(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.DisabledPaths = []string{"/ok", "/reset-password/:token"} })
	if a := s.Client().Get("/reset-password/abc?callbackURL=/x"); a.Status != http.StatusNotFound || a.Body != "Not Found" {
		t.Errorf("a path of a disabled pattern: %d %s", a.Status, a.Body)
	}
	a := s.Client().Get("/ok")
	if a.Status != http.StatusNotFound || a.Body != "Not Found" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	for _, trick := range []string{"/ok/", "//ok", "/./ok", "/%6fk", "/OK"} {
		if a := s.Client().Get(trick); a.Status != http.StatusNotFound {
			t.Errorf("%s reached a disabled path: %d %s", trick, a.Status, a.Body)
		}
	}
}

func TestABasePathOfItsOwn(t *testing.T) {
	for _, tc := range []struct{ name, baseURL, basePath, path string }{
		{"from the option", authtest.BaseURL, "/auth", "/auth/ok"},
		{"from the base URL", authtest.BaseURL + "/v1/auth", "", "/v1/auth/ok"},
		{"the root", authtest.BaseURL, "/", "/ok"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) { o.BaseURL, o.BasePath = tc.baseURL, tc.basePath })
			c := s.Client()
			r := c.Request(http.MethodGet, "/ok", nil)
			r.URL.Path = tc.path
			if a := c.Send(r); a.Body != `{"ok":true}` {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
		})
	}
}
