package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	timingConfiguration = `
secret: soak-secret-0123456789-abcdefghijklmnopqrstu
baseURL: http://localhost:3000
database: {dialect: sqlite, dsn: soak.db}
emailAndPassword: {enabled: true, requireEmailVerification: true, sendResetPassword: true}
emailVerification: {sendVerificationEmail: true}
rateLimit: {enabled: false}
server: {webhook: {url: %q, secret: soak-webhook-0123456789-abcdef}}
`
	warmUp = 10 // pairs that are not measured

	// Two samples are alike if chance explains their difference, or if nobody
	// could see it over a network.
	leastP          = 0.01
	leastDifference = 3 * time.Millisecond
)

// pair is a kind of request, for an address that somebody has and for one that
// nobody has. i numbers the requests.
type pair struct {
	name           string
	path           string
	known, unknown func(i int) string // bodies
}

// pairs are the requests to compare. All addresses are of one length.
func pairs() []pair {
	always := func(body string) func(int) string { return func(int) string { return body } }
	signIn := func(name string) func(int) string {
		return always(`{"email":"` + name + `@example.com","password":"not the password"}`)
	}
	address := func(name string) func(int) string { return always(`{"email":"` + name + `@example.com"}`) }
	signUp := func(name string) string {
		return `{"name":"Soak","email":"` + name + `@example.com","password":"correct horse battery"}`
	}
	const signUpPath, sendPath = "/sign-up/email", "/send-verification-email"
	return []pair{
		{"sign-up", signUpPath, always(signUp("known")), func(i int) string { return signUp(fmt.Sprintf("n%04d", i)) }},
		{"sign-in", "/sign-in/email", signIn("known"), signIn("ghost")},
		{"request-password-reset", "/request-password-reset", address("known"), address("ghost")},
		{"send-verification-email", sendPath, address("known"), address("ghost")},
		{"send-verification-email, verified", sendPath, address("proof"), address("ghost")},
	}
}

// compareTimes sends pairs of requests, one after another, and prints whether
// time tells who has an account. It is an error if anything else tells.
func compareTimes(ctx context.Context, p plan) error {
	mail, err := startMailbox()
	if err != nil {
		return err
	}
	defer mail.close()
	s, err := startServer(ctx, p.binary, fmt.Sprintf(timingConfiguration, mail.url))
	if err != nil {
		return err
	}
	defer s.kill()
	if err := s.populate(ctx, mail); err != nil {
		return err
	}
	fmt.Printf("2 x %d interleaved requests each; mail takes %s\n", p.pairs, mailTakes)
	var errs []error
	for _, kind := range pairs() {
		r, err := s.race(ctx, kind, p.pairs)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		errs = append(errs, r.judge(kind.name))
		if err := mail.quiet(ctx); err != nil {
			return err
		}
	}
	if err := s.stop(); err != nil {
		errs = append(errs, fmt.Errorf("after the comparison: %w", err))
	}
	return errors.Join(errs...)
}

// populate makes a user who has yet to prove the address, and one who has.
func (t *target) populate(ctx context.Context, mail *mailbox) error {
	for _, name := range []string{"known", "proof"} {
		_, answer, err := t.ask(ctx, http.DefaultClient, "/sign-up/email", `{"name":"Soak","email":"`+name+`@example.com","password":"correct horse battery"}`)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(answer, "200 ") {
			return fmt.Errorf("sign-up is answered %s", answer)
		}
	}
	if err := mail.quiet(ctx); err != nil {
		return err
	}
	link, ok := mail.link("proof@example.com")
	if !ok {
		return errors.New("no verification mail has come")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.Replace(link, "http://localhost:3000", t.url, 1), nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusFound || res.Header.Get("Location") != "/" {
		return fmt.Errorf("the link of the mail is answered %d", res.StatusCode)
	}
	return nil
}

// side is what the requests of one kind of address showed.
type side struct {
	times   []time.Duration
	answers map[string]int
}

type race struct{ known, unknown side }

// race sends n pairs over one connection. Each second pair begins with the
// unknown address, so that neither always comes after the other.
func (t *target) race(ctx context.Context, kind pair, n int) (*race, error) {
	client := &http.Client{Timeout: clientTimeout, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	r := &race{side{answers: map[string]int{}}, side{answers: map[string]int{}}}
	for i := range n + warmUp {
		order := []struct {
			side *side
			body string
		}{{&r.known, kind.known(i)}, {&r.unknown, kind.unknown(i)}}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, turn := range order {
			took, answer, err := t.ask(ctx, client, kind.path, turn.body)
			if err != nil {
				return nil, err
			}
			if i >= warmUp {
				turn.side.times = append(turn.side.times, took)
				turn.side.answers[answer]++
			}
		}
	}
	return r, nil
}

// ask sends a request and waits for the whole answer.
func (t *target) ask(ctx context.Context, c *http.Client, path, body string) (took time.Duration, answer string, err error) {
	start := time.Now()
	res, err := post(ctx, c, t.url+"/api/auth"+path, body)
	if err != nil {
		return 0, "", err
	}
	n, err := io.Copy(io.Discard, res.Body)
	took = time.Since(start)
	_ = res.Body.Close()
	return took, fmt.Sprintf("%d of %d bytes", res.StatusCode, n), err
}

// verdict tells whether time tells the two apart, by how much at the median, and
// how likely chance is.
func (r *race) verdict() (difference time.Duration, p float64, alike bool) {
	difference = median(r.known.times) - median(r.unknown.times)
	_, p = mannWhitney(r.known.times, r.unknown.times)
	return difference, p, p > leastP || difference.Abs() < leastDifference
}

// judge prints the numbers. Times are printed and not judged, as everywhere here.
func (r *race) judge(name string) error {
	difference, p, alike := r.verdict()
	verdict := "alike"
	if !alike {
		verdict = "TIME TELLS"
	}
	const unit = time.Microsecond
	fmt.Printf("%-34s known p50 %8s p99 %8s  unknown p50 %8s p99 %8s  difference %8s  p %.3g  %s\n", name,
		median(r.known.times).Round(unit), quantile(r.known.times, 0.99), median(r.unknown.times).Round(unit), quantile(r.unknown.times, 0.99), difference.Round(unit), p, verdict)
	if !maps.Equal(r.known.answers, r.unknown.answers) || len(r.known.answers) != 1 {
		return fmt.Errorf("%s: a known address is answered %v, an unknown one %v", name, r.known.answers, r.unknown.answers)
	}
	return nil
}
