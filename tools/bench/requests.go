package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"

	corsecret "github.com/gatehouse-auth/gatehouse/core/secret"
)

// exchange is a request as it goes over the wire, and what its answer holds.
type exchange struct{ request, want []byte }

// cycle goes through exchanges again and again, each connection from another one
// on.
func cycle(all []exchange) source {
	const stride = 7919 // a prime: connections do not follow each other
	return func(connection, n int) (request, want []byte) {
		e := &all[(connection*stride+n)%len(all)]
		return e.request, e.want
	}
}

// get writes a GET with a header of its own.
func get(path, header string) []byte {
	return fmt.Appendf(nil, "GET /api/auth%s HTTP/1.1\r\nHost: localhost:3000\r\n%s\r\n\r\n", path, header)
}

// post writes a POST of JSON.
func post(path string, body settings) []byte {
	text, _ := json.Marshal(body) // of strings: no error
	return fmt.Appendf(nil, "POST /api/auth%s HTTP/1.1\r\nHost: localhost:3000\r\nOrigin: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, origin, len(text), text)
}

func byCookie(signed string) string {
	return "Cookie: " + cookieName + "=" + url.QueryEscape(signed)
}

func byBearer(signed string) string { return "Authorization: Bearer " + signed }

// signer signs tokens as both servers do.
func signer() (func(token string) string, error) {
	keys, err := corsecret.NewKeys(secret, nil, "")
	if err != nil {
		return nil, err
	}
	return keys.Sign, nil
}

// of is what tells the user of an answer from others.
func of(email string) []byte { return fmt.Appendf(nil, `"email":%q`, email) }

// sessions asks for sessions of the database, with tokens in a header.
func sessions(header func(signed string) string) func(*stage) (source, error) {
	return func(s *stage) (source, error) {
		found, err := s.sample(s.ctx, wide)
		if err != nil {
			return nil, err
		}
		sign, err := signer()
		if err != nil {
			return nil, err
		}
		all := make([]exchange, len(found))
		for i, one := range found {
			all[i] = exchange{get("/get-session", header(sign(one.token))), of(one.email)}
		}
		return cycle(all), nil
	}
}

// signIns are of all users that have a password, in turn.
func signIns(s *stage) (source, error) {
	all := make([]exchange, s.signers())
	for i := range all {
		email := mail(i + 1)
		all[i] = exchange{post("/sign-in/email", settings{"email": email, "password": userPassword}), of(email)}
	}
	return cycle(all), nil
}

// signUps are of somebody new each.
func signUps(*stage) (source, error) {
	run := rand.Text()
	return func(connection, n int) (request, want []byte) {
		// Addresses are kept in lower case.
		email := fmt.Sprintf("new-%x-%d-%d@bench.example", run, connection, n)
		return post("/sign-up/email", settings{"name": "New", "email": email, "password": userPassword}), of(email)
	}, nil
}

// organizations ask for the organization as its members, in turn. Whichever
// member asks, the answer has them all.
func organizations(s *stage) (source, error) {
	found, err := s.sample(s.ctx, s.sessions)
	if err != nil {
		return nil, err
	}
	sign, err := signer()
	if err != nil {
		return nil, err
	}
	member := map[string]bool{}
	for n := range members {
		member[mail(n+1)] = true
	}
	var all []exchange
	for _, one := range found {
		if member[one.email] {
			all = append(all, exchange{get("/organization/get-full-organization?organizationId="+organization, byCookie(sign(one.token))), of(one.email)})
		}
	}
	return cycle(all), nil
}
