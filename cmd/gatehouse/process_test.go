package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what must happen soon; no test passes or fails by it unless
// something hangs.
const patience = 30 * time.Second

// process is a running server, made from this test binary.
type process struct {
	*exec.Cmd
	url string // such as http://127.0.0.1:41234

	t      *testing.T
	output *output
	waited error
	gone   chan struct{}
}

// output collects what a process writes and tells where it listens.
type output struct {
	mu        sync.Mutex
	text      bytes.Buffer
	listening chan string
	once      sync.Once
}

var address = regexp.MustCompile(`Start page +http://localhost:(\d+)|"listening","address":"(?:127\.0\.0\.1|\[::\]|0\.0\.0\.0):(\d+)"`)

func (o *output) line(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.WriteString(s + "\n")
	if m := address.FindStringSubmatch(s); m != nil {
		o.once.Do(func() { o.listening <- m[1] + m[2] })
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs gatehouse in dir and waits until it listens.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{t: t, output: &output{listening: make(chan string, 1)}, gone: make(chan struct{})}
	p.Cmd = exec.CommandContext(t.Context(), "gatehouse", args...)
	p.Dir = dir
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.Stderr = write, write
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	go func() {
		for lines := bufio.NewScanner(read); lines.Scan(); {
			p.output.line(lines.Text())
		}
		_ = read.Close()
		p.waited = p.Wait()
		close(p.gone)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.gone
	})
	select {
	case port := <-p.output.listening:
		p.url = "http://127.0.0.1:" + port
	case <-p.gone:
		t.Fatalf("gatehouse %v ended: %v\n%s", args, p.waited, p.output)
	case <-time.After(patience):
		t.Fatalf("gatehouse %v does not listen:\n%s", args, p.output)
	}
	return p
}

// stop sends a signal and returns the exit code.
func (p *process) stop(s os.Signal) int {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	return p.end()
}

// end waits for the process and returns its exit code, -1 when a signal ended it.
func (p *process) end() int {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(patience):
		p.t.Fatalf("the server does not end:\n%s", p.output)
	}
	return p.ProcessState.ExitCode()
}

// browser is a client with cookies.
type browser struct {
	*http.Client
	t    *testing.T
	base string
}

func (p *process) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &browser{Client: &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}, t: p.t, base: p.url}
}

// try sends a request. The error is the connection's.
func (b *browser) try(method, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Origin", b.base)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := b.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// send is try for requests that must be answered with a status.
func (b *browser) send(want int, method, path, body string) string {
	b.t.Helper()
	status, answer, err := b.try(method, path, body)
	if err != nil || status != want {
		b.t.Fatalf("%s %s: status %d, error %v, want %d\n%s", method, path, status, err, want, answer)
	}
	return answer
}

const credentials = `{"name":"Ada","email":"ada@example.com","password":"correct horse battery"}`

func TestDevKeepsItsUsersAndSessionsOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "dev", "--addr", "127.0.0.1:0")
	b := p.browser()
	if got := b.send(200, "GET", "/api/auth/ok", ""); got != `{"ok":true}` {
		t.Errorf("ok answers %s", got)
	}
	b.send(200, "POST", "/api/auth/sign-up/email", credentials)
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Fatalf("exit code %d after SIGTERM\n%s", code, p.output)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), ":")
	again := start(t, dir, "dev", "--addr", "127.0.0.1:"+port)
	var session struct{ User struct{ Email string } }
	if err := json.Unmarshal([]byte(b.send(200, "GET", "/api/auth/get-session", "")), &session); err != nil || session.User.Email != "ada@example.com" {
		t.Errorf("the session did not survive: %v, %+v", err, session)
	}
	again.browser().send(200, "POST", "/api/auth/sign-in/email", credentials)
	if code := again.stop(os.Interrupt); code != 0 {
		t.Errorf("exit code %d after SIGINT\n%s", code, again.output)
	}
	for _, name := range []string{devDatabase, devSecret} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o: others could read it", name, mode)
		}
	}
}

func TestDevKeepsEveryKindOfMail(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "dev", "--addr", "127.0.0.1:0")
	b := p.browser()
	type message struct {
		Type, To string
		Data     map[string]string
	}
	newest := func() (m message, count int) {
		var box []message
		if err := json.Unmarshal([]byte(b.send(200, "GET", "/dev/outbox", "")), &box); err != nil || len(box) == 0 {
			t.Fatalf("the outbox holds %v, %v", box, err)
		}
		return box[len(box)-1], len(box)
	}
	const to = "ada@example.com"
	for i, step := range []struct{ path, body, kind, data string }{
		{"/sign-up/email", credentials, "verification-email", "token url"},
		{"/request-password-reset", `{"email":"` + to + `","redirectTo":"/"}`, "reset-password", "token url"},
		{"/delete-user", `{"callbackURL":"/"}`, "delete-account", "token url"},
		{"/change-email", `{"newEmail":"countess@example.com"}`, "change-email-confirmation", "newEmail token url"},
	} {
		b.send(200, "POST", "/api/auth"+step.path, step.body)
		m, count := newest()
		if m.Type != step.kind || m.To != to || strings.Join(slices.Sorted(maps.Keys(m.Data)), " ") != step.data || count != i+1 {
			t.Errorf("%s: message %d is %+v", step.path, count, m)
		}
		if !strings.HasPrefix(m.Data["url"], "http://localhost:") || !strings.Contains(m.Data["url"], m.Data["token"]) {
			t.Errorf("%s: the link is %s", step.path, m.Data["url"])
		}
		if step.kind == "verification-email" { // a confirmed address is asked before it changes
			_, link, _ := strings.Cut(m.Data["url"], "/api/auth")
			b.send(200, "GET", "/api/auth"+link, "")
		}
	}
	if log := p.output.String(); strings.Contains(log, "token=") {
		t.Errorf("the log holds a token:\n%s", log)
	}
}

func TestDevTrustsItsOwnNamesOnly(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "dev", "--addr", "127.0.0.1:0")
	p.browser().send(200, "POST", "/api/auth/sign-up/email", credentials)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
	for origin, want := range map[string]int{
		"http://localhost:" + port: 200, "http://127.0.0.1:" + port: 200,
		"http://localhost:1": 403, "https://evil.example": 403, "null": 403,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/auth/sign-in/email", strings.NewReader(credentials))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", origin)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("sign-in from %s: status %d, want %d", origin, res.StatusCode, want)
		}
	}
}

func TestATakenPortIsAClearError(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "gatehouse", "dev", "--addr", l.Addr().String())
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit code 1", err)
	}
	for _, want := range []string{l.Addr().String(), "another program is using the port", "--addr HOST:PORT"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the message lacks %q:\n%s", want, text)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a server that could not start left %v", left)
	}
}

// A request whose body is still on its way when the signal comes is in flight.
func TestARequestInFlightIsFinishedAfterSIGTERM(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "dev", "--addr", "127.0.0.1:0")
	host := strings.TrimPrefix(p.url, "http://")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	half := len(credentials) / 2
	head := "POST /api/auth/sign-up/email HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " + strconv.Itoa(len(credentials)) + "\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	// The handler asks for the body: from here on the request is in flight.
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, credentials[:half]); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	refusing(t, host)
	if _, err := io.WriteString(conn, credentials[half:]); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("the request in flight was cut off: %v\n%s", err, p.output)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("status %d, %v\n%s", res.StatusCode, err, text)
	}
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.output)
	}
}

// refusing waits until nobody listens any more.
func refusing(t *testing.T, host string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("the server goes on accepting connections")
}
