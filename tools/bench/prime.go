package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// plain is for requests that are not measured.
var plain = http.Client{Timeout: 30 * time.Second}

// call sends a request to a server and returns the body and the cookies of the
// answer, which has to be a 200.
func call(ctx context.Context, method, addr, path, cookie, body string) (string, []*http.Cookie, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+addr+"/api/auth"+path, strings.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	req.Host = "localhost:3000"
	req.Header.Set("Origin", origin)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	res, err := plain.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s is answered %d %.300s", path, res.StatusCode, text)
	}
	return string(text), res.Cookies(), err
}

// cookieHeader is a Cookie line of what an answer has set.
func cookieHeader(given ...*http.Cookie) string {
	parts := each(given, func(c *http.Cookie) string { return c.Name + "=" + c.Value })
	return "Cookie: " + strings.Join(parts, "; ")
}

// primed asks for sessions that are in the cookies that the server itself has
// set. Meanwhile the users have other names in the database: an answer with the
// old one came from the cookie.
func primed(s *stage) (source, error) {
	found, err := s.sample(s.ctx, few)
	if err != nil {
		return nil, err
	}
	sign, err := signer()
	if err != nil {
		return nil, err
	}
	all := make([]exchange, len(found))
	for i, one := range found {
		token := byCookie(sign(one.token))
		if s.fixed {
			all[i] = exchange{get("/get-session", token), of(found[0].email)}
			continue
		}
		body, given, err := call(s.ctx, http.MethodGet, s.addr, "/get-session", strings.TrimPrefix(token, "Cookie: "), "")
		if err != nil {
			return nil, err
		}
		if !strings.Contains(body, string(of(one.email))) || len(given) == 0 {
			return nil, fmt.Errorf("the answer for %s, with %d cookies, is %.300s", one.email, len(given), body)
		}
		header := cookieHeader(given...)
		if !strings.Contains(header, cookieName+"=") {
			header = token + "; " + strings.TrimPrefix(header, "Cookie: ")
		}
		all[i] = exchange{get("/get-session", header), fmt.Appendf(nil, `"name":%q,%s`, one.name, of(one.email))}
	}
	return cycle(all), s.rename(s.ctx, found)
}

// rename gives the users of sessions other names, and restoreNames takes them
// back.
func (d *database) rename(ctx context.Context, of []session) error {
	emails := each(of, func(s session) string { return s.email })
	return d.with(ctx, d.name, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `update "user" set name = 'Renamed ' || name where email = any($1)`, emails)
		return err
	})
}

func (d *database) restoreNames(ctx context.Context) error {
	return d.exec(ctx, d.name, `update "user" set name = substr(name, 9) where name like 'Renamed %'`)
}
