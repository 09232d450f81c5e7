package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

const (
	origin       = "http://localhost:3000" // of the application; the servers have other ports
	startTimeout = 60 * time.Second

	webhookSecret = "chaos-webhook-secret-0123456789" //nolint:gosec // of a webhook on this machine
)

// settings are options of the configuration file, by their names.
type settings map[string]any

// configuration is that of every scenario, with changes on top. Limits are off,
// as one machine plays all users.
func configuration(mail *mailbox, changes settings) settings {
	s := settings{
		"secret":            "chaos-secret-0123456789-abcdefghijklmnop",
		"baseURL":           origin,
		"emailAndPassword":  settings{"enabled": true, "sendResetPassword": true, "revokeSessionsOnPasswordReset": true},
		"emailVerification": settings{"sendVerificationEmail": true, "sendOnSignUp": true},
		"user": settings{
			"changeEmail": settings{"enabled": true, "sendChangeEmailConfirmation": true},
			"deleteUser":  settings{"enabled": true, "sendDeleteAccountVerification": true},
		},
		"rateLimit": settings{"enabled": false},
		"server":    settings{"webhook": settings{"url": mail.url, "secret": webhookSecret}},
	}
	maps.Copy(s, changes)
	return s
}

// program is a configured Gatehouse that can be started again and again.
type program struct {
	*bench
	name string // of its log
	args []string
	addr string
}

// newProgram writes the configuration, brings the database to it and chooses a
// port, which the server keeps when it is started again.
func (b *bench) newProgram(name string, s settings, args ...string) (*program, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, name+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	migrate := exec.CommandContext(b.ctx, b.binary, "migrate", "--config", file) //nolint:gosec // the binary is the one to test
	migrate.Dir = b.dir
	if out, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("gatehouse migrate: %w\n%s", err, out)
	}
	port, err := local.FreePort(b.ctx)
	if err != nil {
		return nil, err
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	return &program{b, name, append([]string{"serve", "--config", file, "--addr", addr}, args...), addr}, nil
}

// url is the base URL of its API.
func (p *program) url() string { return "http://" + p.addr + "/api/auth" }

// start runs it and waits until it is ready.
func (p *program) start() (*local.Process, error) {
	cmd := exec.Command(p.binary, p.args...) //nolint:gosec,noctx // the binary is the one to test; the scenario ends it
	cmd.Dir = p.dir
	s, err := local.Start(p.dir, p.name, cmd)
	if err != nil {
		return nil, err
	}
	p.later(s.Abandon)
	return s, p.until(startTimeout, p.name+" does not become ready; see "+s.Log, func() error {
		if !s.Running() {
			return fmt.Errorf("it has ended: %w", s.Err)
		}
		return p.probe("/readyz", time.Second)
	})
}

// probe wants 200 from a path of the server's own.
func (p *program) probe(path string, within time.Duration) error {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: within}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, "http://"+p.addr+path, nil)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", path, res.StatusCode)
	}
	return nil
}
