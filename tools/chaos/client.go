package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	userPassword = "a password for chaos"
	// clientTimeout is longer than any answer may take.
	clientTimeout = 30 * time.Second
)

// errUnknown is the end of a request that was not answered, or with an error of
// the server's: whether it did anything is not known.
var errUnknown = errors.New("no good answer")

// client calls a server. Each request opens a connection, so that one which
// fails was never sent twice.
type client struct {
	base  string // URL of the API
	http  *http.Client
	watch *watch        // nil: nobody does
	from  func() string // the address of a request's sender; nil: this machine
}

// travelling makes every request come from an address of its own, in the network
// 10.network.0.0/16, for servers that limit how many may come from one.
func (c *client) travelling(network int) *client {
	var n atomic.Uint32
	c.from = func() string {
		i := n.Add(1)
		return fmt.Sprintf("10.%d.%d.%d", network, i>>8&255, i&255)
	}
	return c
}

// at is the client as one who stays at an address.
func (c *client) at(address string) *client {
	fixed := *c
	fixed.from = func() string { return address }
	return &fixed
}

func newClient(base string, w *watch) *client {
	return &client{base: base, watch: w, http: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		Timeout:       clientTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what the server said.
type answer struct {
	status int // 0: nothing
	body   string
	cookie string // the session cookie it set, as name=value
}

// busy tells whether the server is too busy to hash a password.
func (a answer) busy() bool {
	return a.status == http.StatusServiceUnavailable && strings.Contains(a.body, "SERVICE_BUSY")
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// get sends a GET; query is a token, when there is one.
func (c *client) get(ctx context.Context, path, cookie, token string) (answer, error) {
	if token != "" {
		path += "?token=" + url.QueryEscape(token)
	}
	return c.call(ctx, http.MethodGet, path, cookie, nil)
}

func (c *client) post(ctx context.Context, path, cookie string, body settings) (answer, error) {
	return c.call(ctx, http.MethodPost, path, cookie, body)
}

// busyFor is how long a client tries again when the server has too many
// passwords to hash, which is an answer of its own: nothing has happened, and no
// outage is behind it. On a machine with other work that is often so.
const busyFor = 60 * time.Second

// call sends a request. The error is of the network.
func (c *client) call(ctx context.Context, method, path, cookie string, body settings) (answer, error) {
	for end := time.Now().Add(busyFor); ; {
		a, err := c.send(ctx, method, path, cookie, body)
		if err != nil || !a.busy() || time.Now().After(end) {
			return a, err
		}
		select {
		case <-time.After(time.Second): // as Retry-After says
		case <-ctx.Done():
			return a, ctx.Err()
		}
	}
}

func (c *client) send(ctx context.Context, method, path, cookie string, body settings) (answer, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Origin", origin)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	if c.from != nil {
		req.Header.Set("X-Forwarded-For", c.from())
	}
	s := sample{method: method, path: path, sent: time.Now()}
	s.path, _, _ = strings.Cut(s.path, "?")
	a, err := read(c.http.Do(req)) //nolint:bodyclose // read closes it
	s.took, s.status = time.Since(s.sent), a.status
	s.busy = a.busy()
	s.garbled = a.body != "" && !json.Valid([]byte(a.body))
	if ctx.Err() == nil { // else the scenario has ended it
		c.watch.add(s)
	}
	return a, err
}

func read(res *http.Response, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, body: string(text)}
	for _, cookie := range res.Cookies() {
		if strings.HasSuffix(cookie.Name, "session_token") && cookie.MaxAge >= 0 {
			a.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	return a, nil
}

// good wants 200. What a server that is in trouble may answer is errUnknown;
// anything else is a finding.
func good(what string, a answer, err error) (answer, error) {
	switch {
	case err != nil:
		return a, fmt.Errorf("%s: %w: %w", what, errUnknown, err)
	case a.status == http.StatusOK:
		return a, nil
	case a.status == http.StatusInternalServerError, a.status == http.StatusServiceUnavailable,
		a.status == http.StatusGatewayTimeout, a.status == http.StatusBadGateway:
		return a, fmt.Errorf("%s: %w: %s", what, errUnknown, a)
	}
	return a, fmt.Errorf("%s: %s", what, a)
}

// refused tells whether an answer says no for a reason that lies in the request.
func refused(a answer) bool {
	return a.status >= 400 && a.status < 500 && a.status != http.StatusTooManyRequests
}

// sample is one request.
type sample struct {
	method, path string
	sent         time.Time
	took         time.Duration
	status       int  // 0: no answer
	busy         bool // no password could be hashed
	garbled      bool // the body is neither empty nor JSON
}

func (s sample) failed() bool   { return s.status == 0 || s.status >= 500 && !s.busy }
func (s sample) end() time.Time { return s.sent.Add(s.took) }

// watch collects samples.
type watch struct {
	mu      sync.Mutex
	samples []sample
}

func (w *watch) add(s sample) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples = append(w.samples, s)
}

func (w *watch) len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.samples)
}

// all returns the samples so far.
func (w *watch) all() []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sample(nil), w.samples...)
}

// statuses counts samples by status, as text.
func statuses(samples []sample) string {
	counts, busy := map[int]int{}, 0
	for _, s := range samples {
		if s.busy {
			busy++
		} else {
			counts[s.status]++
		}
	}
	var list []string
	for _, status := range []int{200, 302, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504, 0} {
		if n := counts[status]; n > 0 {
			name := fmt.Sprint(status)
			if status == 0 {
				name = "none"
			}
			list = append(list, fmt.Sprintf("%d× %s", n, name))
		}
	}
	if busy > 0 {
		list = append(list, fmt.Sprintf("%d× busy", busy))
	}
	return strings.Join(list, ", ")
}
