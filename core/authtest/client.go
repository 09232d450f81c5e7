package authtest

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Client is a browser of sorts: it keeps cookies and sends the server's own
// origin. It is used by one goroutine.
type Client struct {
	// Header is sent with every request. Origin stands in it from the start.
	Header http.Header
	// RemoteAddr is the address of the client; "192.0.2.1:1234" unless set.
	RemoteAddr string
	// Cookies are the cookies it holds, by name, as they came.
	Cookies map[string]string

	server http.Handler
	t      testing.TB
}

// Client returns a client without cookies.
func (s *Server) Client() *Client {
	return NewClient(s.t, s)
}

// NewClient returns a client of any handler.
func NewClient(t testing.TB, h http.Handler) *Client {
	return &Client{
		Header: http.Header{"Origin": {BaseURL}}, RemoteAddr: "192.0.2.1:1234",
		Cookies: map[string]string{}, server: h, t: t,
	}
}

// Answer is what the server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Get sends a GET to a path below /api/auth.
func (c *Client) Get(path string) *Answer { return c.Do(http.MethodGet, path, nil) }

// Post sends a POST with a JSON body to a path below /api/auth. A nil body
// sends none; a string is sent as it is; anything else is encoded.
func (c *Client) Post(path string, body any) *Answer { return c.Do(http.MethodPost, path, body) }

// Do sends a request and keeps the cookies of the answer.
func (c *Client) Do(method, path string, body any) *Answer {
	c.t.Helper()
	return c.Send(c.Request(method, path, body))
}

// Send sends a request and keeps the cookies of the answer.
func (c *Client) Send(r *http.Request) *Answer {
	c.t.Helper()
	rec := httptest.NewRecorder()
	c.server.ServeHTTP(rec, r)
	res := rec.Result()
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("read the answer: %v", err)
	}
	for _, cookie := range res.Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.Cookies, cookie.Name)
			continue
		}
		c.Cookies[cookie.Name] = cookie.Value
	}
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: string(text)}
}

// Request makes the request that Do sends, for tests that change it further.
func (c *Client) Request(method, path string, body any) *http.Request {
	c.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := wire.Marshal(body)
		if err != nil {
			c.t.Fatalf("encode the body: %v", err)
		}
		reader = strings.NewReader(string(text))
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, BaseURL+"/api/auth"+path, reader)
	r.RemoteAddr = c.RemoteAddr
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(r.Header, c.Header)
	for name, value := range c.Cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// JSON decodes the body; it is an error of the test if it is not JSON.
func (a *Answer) JSON(t testing.TB) any {
	t.Helper()
	v, err := wire.Decode([]byte(a.Body), wire.Limits{})
	if err != nil {
		t.Fatalf("status %d, body %q: %v", a.Status, a.Body, err)
	}
	return v
}

// Object is JSON for an object.
func (a *Answer) Object(t testing.TB) *wire.Object {
	t.Helper()
	o, ok := a.JSON(t).(*wire.Object)
	if !ok {
		t.Fatalf("status %d: the body %q is not an object", a.Status, a.Body)
	}
	return o
}

// Text is a member of an object body, or "".
func (a *Answer) Text(t testing.TB, member string) string {
	t.Helper()
	v, _ := a.Object(t).Get(member)
	s, _ := v.(string)
	return s
}

// At is what stands at a path of members in an object body, or nil.
func (a *Answer) At(t testing.TB, path ...string) any {
	t.Helper()
	at := a.JSON(t)
	for _, member := range path {
		o, _ := at.(*wire.Object)
		if o == nil {
			return nil
		}
		at, _ = o.Get(member)
	}
	return at
}

// SignUp creates a user and fails the test if that does not work.
func (c *Client) SignUp(email, password string) *Answer {
	c.t.Helper()
	a := c.Post("/sign-up/email", map[string]any{"name": "Test User", "email": email, "password": password})
	if a.Status != http.StatusOK {
		c.t.Fatalf("sign up %s: status %d, body %s", email, a.Status, a.Body)
	}
	return a
}
