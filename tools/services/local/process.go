package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const stopTimeout = 30 * time.Second

// Process is a program that runs below the caller, in a process group of its own:
// Ctrl+C on the terminal does not reach it, and whoever has started it ends it.
// Its output goes to a file.
type Process struct {
	Name string
	Log  string        // path of the file with what it prints
	Done chan struct{} // closed when it is gone
	Err  error         // of the end; to be read after Done

	cmd *exec.Cmd
}

// Start runs a command and adds what it prints to the file name.log in dir.
func Start(dir, name string, cmd *exec.Cmd) (*Process, error) {
	log, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // in the directory of the caller
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		_ = log.Close()
		return nil, err
	}
	p := &Process{Name: name, Log: log.Name(), cmd: cmd, Done: make(chan struct{})}
	go func() {
		p.Err = cmd.Wait()
		_ = log.Close()
		close(p.Done)
	}()
	return p, nil
}

// PID is the process, and the group that those below it belong to.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Running tells whether it has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.Done:
		return false
	default:
		return true
	}
}

// Signal sends a signal to the process alone.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Kill ends it without a chance to finish anything. That it was gone before is
// an error.
func (p *Process) Kill() error {
	p.Abandon()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("%s was gone before it was killed: %s; see %s", p.Name, p.cmd.ProcessState, p.Log)
	}
	return nil
}

// Stop ends it as an init system does, which has to be clean.
func (p *Process) Stop() error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.Name, err)
	}
	select {
	case <-p.Done:
	case <-time.After(stopTimeout):
		p.Abandon()
		return fmt.Errorf("%s does not end", p.Name)
	}
	if p.Err != nil {
		return fmt.Errorf("%s did not end well: %w; see %s", p.Name, p.Err, p.Log)
	}
	return nil
}

// Abandon removes it, whatever its state, with the processes below it.
func (p *Process) Abandon() {
	if p.Running() { // else the number may be somebody else's by now
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	}
	<-p.Done
}
