package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const serveConfig = `
secret: ${TEST_SECRET:-an-ordinary-secret-0123456789abcdefgh}
baseURL: http://localhost:3000
trustedOrigins: ["http://127.0.0.1:*"]
database: {dialect: sqlite, dsn: auth.db}
emailAndPassword: {enabled: true}
`

// configure writes a configuration into a new directory.
func configure(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "auth.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func migrated(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = configure(t, text)
	cmd := exec.CommandContext(t.Context(), "gatehouse", "migrate", "--config", "auth.yaml")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	return dir
}

func TestServeAfterMigrateIsAProductionServer(t *testing.T) {
	t.Parallel()
	p := start(t, migrated(t, serveConfig), "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0")
	b := p.browser()
	b.send(200, "GET", "/livez", "")
	b.send(200, "GET", "/readyz", "")
	b.send(405, "POST", "/readyz", "{}")
	b.send(200, "POST", "/api/auth/sign-up/email", credentials)
	for _, path := range []string{"/", "/dev", "/dev/outbox", "/dev/assets/startpage.js", "/dev/assets/", "/api/authx/ok", "//api/auth/ok", "/nothing"} {
		b.send(404, "GET", path, "")
	}
	b.send(404, "DELETE", "/dev/outbox", "")
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for line := range strings.Lines(p.output.String()) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Level == "" || entry.Msg == "" {
			t.Errorf("not a line of JSON logs: %s", line)
		}
	}
	if log := p.output.String(); strings.Contains(log, "an-ordinary-secret") || strings.Contains(log, "correct horse") {
		t.Errorf("the log holds a secret:\n%s", log)
	}
}

func TestServeInProductionLimitsSignIns(t *testing.T) {
	t.Parallel()
	p := start(t, migrated(t, serveConfig), "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0")
	b := p.browser()
	last := 0
	for range 4 {
		status, _, err := b.try("POST", "/api/auth/sign-in/email", credentials)
		if err != nil {
			t.Fatal(err)
		}
		last = status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the fourth sign-in within ten seconds is answered %d, want 429", last)
	}
}

func TestServeDevMakesItsSchemaAndKeepsMail(t *testing.T) {
	t.Parallel()
	dir := configure(t, serveConfig+"emailVerification: {sendVerificationEmail: true, sendOnSignUp: true}\n")
	p := start(t, dir, "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0", "--dev")
	b := p.browser()
	if got := b.send(200, "GET", "/dev/outbox", ""); got != "[]" {
		t.Errorf("a new outbox holds %s", got)
	}
	b.send(200, "POST", "/api/auth/sign-up/email", credentials)
	var box []struct {
		Type, To string
		Data     map[string]string
	}
	if err := json.Unmarshal([]byte(b.send(200, "GET", "/dev/outbox", "")), &box); err != nil {
		t.Fatal(err)
	}
	if len(box) != 1 || box[0].Type != "verification-email" || box[0].To != "ada@example.com" || len(box[0].Data) != 2 ||
		!strings.HasPrefix(box[0].Data["url"], "http://localhost:3000/api/auth/verify-email?token="+box[0].Data["token"]) {
		t.Errorf("the outbox holds %+v", box)
	}
	b.send(204, "DELETE", "/dev/outbox", "")
	if got := b.send(200, "GET", "/dev/outbox", ""); got != "[]" {
		t.Errorf("a cleared outbox holds %s", got)
	}
	if page := b.send(200, "GET", "/", ""); !strings.Contains(page, `data-api="/api/auth"`) {
		t.Errorf("the start page does not name the API:\n%s", page)
	}
}

// The mail of a sign-up leaves although the server is told to stop right after
// the answer.
func TestMailIsFlushedOnShutdown(t *testing.T) {
	t.Parallel()
	release, got := make(chan struct{}), make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-release
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer hook.Close()
	dir := migrated(t, serveConfig+fmt.Sprintf(`
emailVerification: {sendVerificationEmail: true, sendOnSignUp: true}
server: {webhook: {url: %q, secret: "a webhook secret of some length"}}
`, hook.URL))
	p := start(t, dir, "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0")
	p.browser().send(200, "POST", "/api/auth/sign-up/email", credentials)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	refusing(t, strings.TrimPrefix(p.url, "http://"))
	close(release)
	if body := <-got; !strings.Contains(body, `"type":"verification-email","to":"ada@example.com"`) {
		t.Errorf("the webhook got %s", body)
	}
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.output)
	}
	if strings.Contains(p.output.String(), "token=") {
		t.Errorf("the log holds a token:\n%s", p.output)
	}
}

func TestServeDevWarnsWhereStrangersCanReadTheOutbox(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		addr string
		args []string
		want bool
	}{
		"on every address":               {"0.0.0.0:0", []string{"--dev"}, true},
		"on the loopback":                {"127.0.0.1:0", []string{"--dev"}, false},
		"in production there is nothing": {"0.0.0.0:0", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"serve", "--config", "auth.yaml", "--addr", test.addr}, test.args...)
			p := start(t, configure(t, strings.Replace(serveConfig, "{dialect: sqlite, dsn: auth.db}", "{dialect: memory}", 1)), args...)
			if warned := strings.Contains(p.output.String(), "anybody who reaches it can read the outbox"); warned != test.want {
				t.Errorf("warned: %t, want %t\n%s", warned, test.want, p.output)
			}
		})
	}
}

func TestServeWithoutADatabaseKeepsSessionsInTheirCookies(t *testing.T) {
	t.Parallel()
	dir := configure(t, strings.Replace(serveConfig, "{dialect: sqlite, dsn: auth.db}", "none", 1))
	p := start(t, dir, "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0")
	b := p.browser()
	b.send(200, "GET", "/readyz", "")
	b.send(200, "POST", "/api/auth/sign-up/email", credentials)
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.output)
	}
	again := start(t, dir, "serve", "--config", "auth.yaml", "--addr", strings.TrimPrefix(p.url, "http://"))
	if got := b.send(200, "GET", "/api/auth/get-session", ""); !strings.Contains(got, `"email":"ada@example.com"`) {
		t.Errorf("the session is gone with the process: %s", got)
	}
	again.browser().send(401, "POST", "/api/auth/sign-in/email", credentials)
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("a server that keeps nothing left %v", left)
	}
}
