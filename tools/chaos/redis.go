package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// redis is a Redis of the scenario's own. It writes everything down at once, so
// that what it has acknowledged is there when it has been killed.
type redis struct {
	*bench
	binary, dir, port string
	proc              *process
}

func (b *bench) startRedis() (*redis, error) {
	var binary string
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		return nil, &skipError{"needs redis-server or valkey-server in PATH: install redis or valkey"}
	}
	port, err := freePort(b.ctx)
	if err != nil {
		return nil, err
	}
	r := &redis{bench: b, binary: binary, dir: filepath.Join(b.dir, "redis"), port: port}
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		return nil, err
	}
	return r, r.start()
}

func (r *redis) start() error {
	cmd := exec.Command(r.binary, "--bind", "127.0.0.1", "--port", r.port, "--dir", r.dir, //nolint:gosec,noctx // the scenario ends it
		"--save", "", "--appendonly", "yes", "--appendfsync", "always")
	proc, err := startProcess(r.bench.dir, "redis", cmd)
	if err != nil {
		return err
	}
	r.proc = proc
	r.later(proc.abandon)
	return r.until(startTimeout, "Redis answers", func() error { return r.command("PING", "+PONG") })
}

func (r *redis) url() string { return "redis://127.0.0.1:" + r.port }

// command sends an inline command and wants an answer.
func (r *redis) command(text, want string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(r.ctx, "tcp", "127.0.0.1:"+r.port)
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
