package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// api calls a server. Each request opens a connection, so that one which fails
// was never sent twice.
type api struct {
	base   string
	client *http.Client
}

func newAPI(base string) api {
	return api{base, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}}
}

// answer is what it said.
type answer struct {
	status int
	body   string
	cookie string // the session cookie it set, as name=value
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

const password = "a password for chaos"

func (u api) signUp(ctx context.Context, email string) (answer, error) {
	return u.call(ctx, http.MethodPost, "/sign-up/email", "", map[string]any{"name": "Chaos", "email": email, "password": password})
}

func (u api) signIn(ctx context.Context, email string) (answer, error) {
	return u.call(ctx, http.MethodPost, "/sign-in/email", "", map[string]any{"email": email, "password": password})
}

// checkSession tells whether the session that a sign-up opened is still good.
func (u api) checkSession(ctx context.Context, a attempt) error {
	got, err := u.call(ctx, http.MethodGet, "/get-session", a.cookie, nil)
	if err != nil {
		return err
	}
	if got.status != http.StatusOK || !strings.Contains(got.body, a.email) {
		return fmt.Errorf("%s was signed in and its session is lost: get-session answers %s", a.email, got)
	}
	return nil
}

func (u api) call(ctx context.Context, method, path, cookie string, body map[string]any) (answer, error) {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return answer{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, u.base+path, &sent)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Origin", strings.TrimSuffix(u.base, "/api/auth"))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	res, err := u.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, body: string(text)}
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, "session_token") {
			a.cookie = c.Name + "=" + c.Value
		}
	}
	return a, nil
}
