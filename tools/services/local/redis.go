package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startTimeout is how long Redis may take to answer.
const startTimeout = 60 * time.Second

// Redis is a Redis, or a Valkey, which can be started again and again on its port.
type Redis struct {
	Port string
	Proc *Process // of the last start

	binary, dir string
	args        []string
}

// NewRedis finds the program and chooses a port; nothing runs yet. args are more
// of its options.
func NewRedis(ctx context.Context, dir string, args ...string) (*Redis, error) {
	r := &Redis{dir: dir, args: args}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			r.binary = path
			break
		}
	}
	if r.binary == "" {
		return nil, &MissingError{Reason: "needs redis-server or valkey-server in PATH: install redis or valkey"}
	}
	var err error
	if r.Port, err = FreePort(ctx); err != nil {
		return nil, err
	}
	return r, os.Mkdir(r.data(), 0o700)
}

func (r *Redis) data() string { return filepath.Join(r.dir, "redis") }

// Start runs it and waits until it answers. The caller ends Proc, also when
// there is an error.
func (r *Redis) Start(ctx context.Context) error {
	args := append([]string{"--bind", "127.0.0.1", "--port", r.Port, "--dir", r.data(), "--save", ""}, r.args...)
	proc, err := Start(r.dir, "redis", exec.Command(r.binary, args...)) //nolint:gosec,noctx // the caller ends it
	if err != nil {
		return err
	}
	r.Proc = proc
	return Until(ctx, startTimeout, "Redis answers", func() error { return r.Command(ctx, "PING", "+PONG") })
}

// URL is where it is.
func (r *Redis) URL() string { return "redis://127.0.0.1:" + r.Port }

// Command sends an inline command and wants an answer of one line.
func (r *Redis) Command(ctx context.Context, text, want string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", "127.0.0.1:"+r.Port)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second)) // a TCP connection has one
	_, err = fmt.Fprintf(conn, "%s\r\n", text)
	line, readErr := bufio.NewReader(conn).ReadString('\n')
	if err := errors.Join(err, readErr); err != nil {
		return err
	}
	if line = strings.TrimSpace(line); line != want {
		return fmt.Errorf("redis answers %s to %s", line, text)
	}
	return nil
}
