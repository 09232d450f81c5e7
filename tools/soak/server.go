package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	floodConfiguration = `
secret: soak-secret-0123456789-abcdefghijklmnopqrstu
baseURL: http://localhost:3000
database: {dialect: sqlite, dsn: soak.db}
emailAndPassword: {enabled: true}
rateLimit: {enabled: false}
`
	user = `{"name":"Soak","email":"soak@example.com","password":"correct horse battery"}`

	startTimeout = 10 * time.Second
	stopTimeout  = 30 * time.Second
	// rest is how long the server has to give memory back after the flood.
	rest = 40 * time.Second
)

// target is the server under test.
type target struct {
	url string
	cmd *exec.Cmd
	dir string
}

// startServer runs a server with a configuration and a database of its own.
func startServer(ctx context.Context, binary, configuration string) (*target, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return nil, err
	}
	t := &target{dir: dir}
	if err := os.WriteFile(filepath.Join(dir, "soak.yaml"), []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	migrate := exec.CommandContext(ctx, binary, "migrate", "--config", "soak.yaml")
	migrate.Dir = dir
	if out, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("migrate: %w\n%s", err, out)
	}
	t.cmd = exec.CommandContext(ctx, binary, "serve", "--config", "soak.yaml", "--addr", "127.0.0.1:0")
	t.cmd.Dir = dir
	logs, err := t.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	listening := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			var entry struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" {
				listening <- entry.Address
			}
		}
	}()
	select {
	case addr := <-listening:
		t.url = "http://" + addr
		return t, nil
	case <-time.After(startTimeout):
		t.kill()
		return nil, errors.New("the server does not listen")
	}
}

// kill removes what is left of the server.
func (t *target) kill() {
	_ = t.cmd.Process.Kill()
	_ = os.RemoveAll(t.dir)
}

// stop wants a clean end.
func (t *target) stop() error {
	if err := t.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- t.cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(stopTimeout):
		return errors.New("the server does not end")
	}
}

// signUp makes the user and returns the cookies of a session.
func (t *target) signUp(ctx context.Context) ([]*http.Cookie, error) {
	res, err := post(ctx, http.DefaultClient, t.url+"/api/auth/sign-up/email", user)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign-up is answered %d", res.StatusCode)
	}
	return res.Cookies(), nil
}

// alone measures a sign-in that has the server to itself.
func (t *target) alone(ctx context.Context) (time.Duration, error) {
	best := time.Hour
	for range 5 {
		start := time.Now()
		res, err := post(ctx, http.DefaultClient, t.url+"/api/auth/sign-in/email", user)
		if err != nil {
			return 0, err
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("sign-in is answered %d", res.StatusCode)
		}
		best = min(best, time.Since(start))
	}
	return best, nil
}

func post(ctx context.Context, c *http.Client, url, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.Do(req)
}

// watchMemory samples the resident memory until the returned function is called,
// which returns the highest, in bytes.
func (t *target) watchMemory() (stop func() int64) {
	end, highest := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		var top int64
		for {
			select {
			case <-tick.C:
				if rss, err := t.resident(); err == nil {
					top = max(top, rss)
				}
			case <-end:
				highest <- top
				return
			}
		}
	}()
	return func() int64 {
		close(end)
		return <-highest
	}
}

// settle leaves the server alone and returns what it then holds, in bytes.
func (t *target) settle(ctx context.Context) (int64, error) {
	select {
	case <-time.After(rest):
		return t.resident()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// resident reads VmRSS, in bytes. It exists on Linux only.
func (t *target) resident() (int64, error) {
	f, err := os.Open("/proc/" + strconv.Itoa(t.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no VmRSS")
}
