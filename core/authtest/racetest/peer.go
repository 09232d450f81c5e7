package racetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// order tells a peer what to serve: the server of a race on these storages. It
// is the first that comes through the peer's standard input; when that ends, so
// does the peer.
type order struct {
	Race string // its name
	At   Shared
}

// peerVariable is an environment variable that only peers have.
const peerVariable = "GATEHOUSE_TEST_PEER"

// startTime is how long a peer may take to serve, and to end.
const startTime = time.Minute

// What a peer answers, besides requests to the server.
const (
	actionPath = "/race/action"
	settlePath = "/race/settle"
	heardPath  = "/race/heard"
)

// Headers that take to the server of a peer what a connection does not.
const (
	addressHeader = "Race-Remote-Addr"
	timeHeader    = "Race-Time" // in nanoseconds; the clock of the test's server
)

// peer is the server of another process.
type peer struct {
	t     *testing.T
	s     *authtest.Server // of this process
	app   *Application
	base  *url.URL
	proxy *httputil.ReverseProxy
	stop  func()
}

var _ server = (*peer)(nil)

// startPeer starts the peer of a test. It ends with the test, which fails if the
// peer does.
func startPeer(t *testing.T, test string, o order, s *authtest.Server, app *Application) *peer {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := &transcript{address: make(chan string, 1)}
	// The context of the test ends before the peer is asked to.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program, "-test.run="+only(test), "-test.count=1", "-test.timeout=0")
	cmd.Env = append(os.Environ(), peerVariable+"=1")
	cmd.Stdout, cmd.Stderr = said, said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the peer: %v", err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: Racers, DisableCompression: true}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := sync.OnceFunc(func() {
		defer cancel()
		transport.CloseIdleConnections()
		_ = in.Close() // a peer that is gone says so below
		defer time.AfterFunc(startTime, cancel).Stop()
		if err := <-ended; err != nil {
			t.Errorf("the peer: %v\n%s", err, said)
		}
	})
	t.Cleanup(stop)
	if err := json.NewEncoder(in).Encode(o); err != nil {
		t.Fatalf("tell the peer what to serve: %v", err)
	}
	p := &peer{t: t, s: s, app: app, stop: stop}
	late := time.NewTimer(startTime)
	defer late.Stop()
	select {
	case address := <-said.address:
		p.base = &url.URL{Scheme: "http", Host: address}
	case err := <-ended:
		ended <- nil
		t.Fatalf("the peer ended before it served (%v):\n%s", err, said)
	case <-late.C:
		cancel()
		t.Fatalf("the peer does not serve:\n%s", said)
	}
	p.proxy = &httputil.ReverseProxy{Transport: transport, Rewrite: p.rewrite, ModifyResponse: unwrap}
	return p
}

// only is the pattern that selects one test.
func only(test string) string {
	names := strings.Split(test, "/")
	for i, name := range names {
		names[i] = "^" + regexp.QuoteMeta(name) + "$"
	}
	return strings.Join(names, "/")
}

// ServeHTTP passes a request on. Without an answer it is a 502.
func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.proxy.ServeHTTP(w, r) }

func (p *peer) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(p.base)
	r.Out.Host = r.In.Host
	r.Out.Header.Set(addressHeader, r.In.RemoteAddr)
	p.tellTime(r.Out)
}

func (p *peer) tellTime(r *http.Request) {
	r.Header.Set(timeHeader, strconv.FormatInt(p.s.Clock.Now().UnixNano(), 10))
}

// unwrap removes what the connection has added to an answer.
func unwrap(res *http.Response) error {
	res.Header.Del("Date")
	return nil
}

// call asks the peer for something else than a request to its server.
func (p *peer) call(path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base.JoinPath(path).String(), bytes.NewReader(text))
	if err != nil {
		return err
	}
	p.tellTime(r)
	res, err := p.proxy.Transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if text, err = io.ReadAll(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the peer answers %d %s", res.StatusCode, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, answer)
}

// performance asks for a call of an action.
type performance struct {
	Action string
	In     json.RawMessage
}

func (p *peer) perform(action string, in json.RawMessage) (out json.RawMessage, err error) {
	err = p.call(actionPath, performance{action, in}, &out)
	return out, err
}

func (p *peer) settle() error { return p.call(settlePath, nil, new(any)) }

func (p *peer) collect() error {
	var heard []Event
	err := p.call(heardPath, nil, &heard)
	for _, e := range heard {
		p.app.Hear(e)
		if e.Kind == VerificationMail {
			mail := core.VerificationEmail{User: user.User{Email: e.Address}, Token: e.Token}
			err = errors.Join(err, authtest.Keep[core.VerificationEmail](p.s.Outbox)(p.t.Context(), mail))
		}
	}
	return err
}
