package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

// program is the server's binary and the directory that it keeps its data in.
type program struct{ binary, dir string }

// process is a running server.
type process struct {
	api    string // base URL of its API
	cmd    *exec.Cmd
	stderr *bytes.Buffer
}

var apiURL = regexp.MustCompile(`http://\S+/api/auth`)

// start runs `gatehouse dev` on a free port and waits until it says where it
// listens.
func (p program) start(ctx context.Context) (*process, error) {
	cmd := exec.CommandContext(ctx, p.binary, "dev", "--addr", "localhost:0") //nolint:gosec // the binary is the one to test
	cmd.Dir = p.dir
	s := &process{cmd: cmd, stderr: &bytes.Buffer{}}
	cmd.Stderr = s.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if s.api = apiURL.FindString(lines.Text()); s.api != "" {
			return s, nil
		}
	}
	err = cmd.Wait()
	return nil, fmt.Errorf("the server did not say where it listens: %w\n%s", err, s.stderr)
}

// kill ends the server without a chance to finish anything.
func (s *process) kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill the server: %w\n%s", err, s.stderr)
	}
	err := s.cmd.Wait()
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("the server was gone before it was killed: %w\n%s", err, s.stderr)
	}
	return nil
}

// stop ends the server as an init system does, which must be clean.
func (s *process) stop() error {
	if err := errors.Join(s.cmd.Process.Signal(syscall.SIGTERM), s.cmd.Wait()); err != nil {
		return fmt.Errorf("stop the server: %w\n%s", err, s.stderr)
	}
	return nil
}
