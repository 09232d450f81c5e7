package redis_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
)

func newNamespace(t *testing.T) *redistest.Namespace {
	t.Helper()
	return redistest.New(t)
}

// server is a Redis of the test's own.
type server struct {
	args    []string
	command *exec.Cmd
	log     *os.File
}

// program finds the server that tests start themselves. Where there is none the
// test is skipped, or fails as for any other service.
func program(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "neither redis-server nor valkey-server is installed")
	return ""
}

// missing ends a test for want of a program.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("GATEHOUSE_REQUIRE_SERVICES") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// client is the program of the server's that sends commands.
func client(t *testing.T) string {
	t.Helper()
	dir, name := filepath.Split(program(t))
	return dir + strings.Replace(name, "-server", "-cli", 1)
}

// startServer starts a server that keeps nothing on disk, unless args say so,
// and ends with the test.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{log: log, args: append([]string{"--save", "", "--dir", t.TempDir(), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"}, args...)}
	if len(args) > 0 && strings.HasSuffix(args[0], ".conf") {
		s.args = args
	}
	s.start(t)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			_, _ = log.Seek(0, io.SeekStart)
			text, _ := io.ReadAll(log)
			t.Logf("the server %v said\n%s", args, text)
		}
		_ = log.Close()
	})
	return s
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.command = exec.CommandContext(context.WithoutCancel(t.Context()), program(t), s.args...)
	s.command.Stdout, s.command.Stderr = s.log, s.log
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
}

// kill ends the server without a word, as a crash does.
func (s *server) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

// waitFor waits until somebody listens at an address.
func (s *server) waitFor(t *testing.T, network, address string) {
	t.Helper()
	eventually(t, func() error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), network, address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
}

// eventually tries until it works, for as long as a test may wait.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

const (
	lowest    = 10000
	bus       = 10000 // above its port the server of a Cluster talks to others
	ephemeral = 32768 // from here on systems choose ports for connections
)

// freePort is a port at which nobody listens, nor where the bus of a Cluster
// would be. No connection takes it before the server does.
func freePort(t *testing.T) string {
	t.Helper()
	// To listen there would be no test: a server that another test starts at this
	// moment holds the listener for a while, and is taken for the one to come.
	free := func(port int) bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			_ = conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	for range 100 {
		if port := lowest + rand.IntN(ephemeral-bus-lowest); free(port) && free(port+bus) {
			return strconv.Itoa(port)
		}
	}
	t.Fatal(errors.New("no port is free"))
	return ""
}

// pause stops the server, which keeps its connections.
func (s *server) pause(t *testing.T) { s.signal(t, syscall.SIGSTOP) }

func (s *server) resume(t *testing.T) { s.signal(t, syscall.SIGCONT) }

func (s *server) signal(t *testing.T, which os.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(which); err != nil {
		t.Fatal(err)
	}
}

// cli sends a command from outside.
func (s *single) cli(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), client(t), append([]string{"-u", "redis://" + s.address}, command...)...).CombinedOutput()
	if err != nil || strings.HasPrefix(string(out), "ERR") {
		t.Fatalf("%v: %v %s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// wantNoSecret looks for keys and values in an error.
func wantNoSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			t.Errorf("the error tells a key or a value: %v", err)
		}
	}
}
