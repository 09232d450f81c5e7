package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const stopTimeout = 30 * time.Second

// process is a program that runs below a scenario; its output goes to a file.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   *os.File
	ended chan struct{} // closed when it is gone
	err   error         // of the end; read after ended
}

// startProcess runs a command and adds what it prints to a file in dir.
func startProcess(dir, name string, cmd *exec.Cmd) (*process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // in the directory of the scenario
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		_ = log.Close()
		return nil, err
	}
	p := &process{name: name, cmd: cmd, log: log, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		_ = log.Close()
		close(p.ended)
	}()
	return p, nil
}

// running tells whether it has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// kill ends it without a chance to finish anything. That it was gone before is
// an error.
func (p *process) kill() error {
	_ = p.cmd.Process.Kill()
	<-p.ended
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("%s was gone before it was killed: %s; see %s", p.name, p.cmd.ProcessState, p.log.Name())
	}
	return nil
}

// stop ends it as an init system does, which has to be clean.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("%s does not end", p.name)
	}
	if p.err != nil {
		return fmt.Errorf("%s did not end well: %w; see %s", p.name, p.err, p.log.Name())
	}
	return nil
}

// abandon removes it, whatever its state.
func (p *process) abandon() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// use is what a process holds.
type use struct {
	threads, files int
	resident       int64 // bytes
}

// usage reads what a process holds. It exists on Linux only.
func (p *process) usage() (use, error) {
	proc := "/proc/" + strconv.Itoa(p.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "/status") //nolint:gosec // of a process of ours
	if err != nil {
		return use{}, err
	}
	var u use
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		switch name {
		case "Threads":
			u.threads, err = strconv.Atoi(number)
		case "VmRSS":
			u.resident, err = strconv.ParseInt(number, 10, 64)
			u.resident <<= 10
		}
		if err != nil {
			return use{}, err
		}
	}
	files, err := os.ReadDir(proc + "/fd")
	u.files = len(files)
	return u, err
}

// children lists the processes below one.
func children(pid int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var list []int
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		// The name, in brackets, may hold anything; the parent is the second field
		// after it.
		_, rest, ok := strings.Cut(string(stat[strings.LastIndexByte(string(stat), '('):]), ") ")
		fields := strings.Fields(rest)
		if ok && len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			list = append(list, child)
		}
	}
	return list, nil
}

// signalAll sends a signal to processes; those that have ended are no error.
func signalAll(pids []int, s syscall.Signal) error {
	var errs []error
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// freePort finds a port of this machine that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
