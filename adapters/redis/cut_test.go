package redis_test

import (
	"bytes"
	"errors"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// A call whose answer is lost has happened once, is an error, and the next one
// has a connection again.
func TestALostAnswerIsAnErrorAndNothingIsRepeated(t *testing.T) {
	t.Parallel()
	r := startSingle(t)
	way := cutBefore(t, r.address)
	s, err := redis.Open(t.Context(), "redis://"+way.address, patient())
	if err != nil {
		t.Fatal(err)
	}
	defer closeStorage(t, s)
	calls := []struct {
		op, command string
		try         func() (bool, error)
	}{
		{"set", "set", func() (bool, error) { return false, s.Set(t.Context(), "key", "value", time.Hour) }},
		{"get", "get", func() (bool, error) { v, err := s.Get(t.Context(), "key"); return v != "", err }},
		{"compare and set", "evalsha", func() (bool, error) { return s.CompareAndSet(t.Context(), "key", "value", "other", time.Hour) }},
		{"limit", "evalsha", func() (bool, error) {
			d, err := s.RateLimits().Consume(t.Context(), "key", three, time.Now())
			return d.Allowed, err
		}},
		{"delete", "del", func() (bool, error) { return false, s.Delete(t.Context(), "key") }},
	}
	for _, c := range calls { // so that the server knows the scripts
		if _, err := c.try(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Set(t.Context(), "key", "value", time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		before := r.ran(t, c.command)
		way.lose(c.command)
		told, err := c.try()
		if told || !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s: %v, %v", c.op, told, err)
		}
		if after := r.ran(t, c.command); after != before+1 {
			t.Errorf("%s ran %d times", c.op, after-before)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("the call after %s: %v", c.op, err)
		}
	}
	if got := r.cli(t, "GET", redis.DefaultKeyPrefix+"limit:key"); !regexp.MustCompile(`^2 \d+$`).MatchString(got) {
		t.Errorf("the counter is %q, want two requests", got)
	}
}

// ran is how often the server has run a command.
func (s *single) ran(t *testing.T, command string) int {
	t.Helper()
	found := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+)`).FindStringSubmatch(s.cli(t, "INFO", "commandstats"))
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// road is a way to a server that can lose an answer.
type road struct {
	address string
	lost    atomic.Pointer[[]byte] // the command whose answer closes the connection
}

// lose loses the answer to the next command of a name.
func (w *road) lose(command string) {
	text := []byte("\r\n" + strings.ToUpper(command) + "\r\n")
	w.lost.Store(&text)
}

func cutBefore(t *testing.T, address string) *road {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	w := &road{address: listener.Addr().String()}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				_ = near.Close()
				continue
			}
			var cut atomic.Bool
			go carry(near, far, func(sent []byte) bool {
				if lost := w.lost.Load(); lost != nil && bytes.Contains(sent, *lost) && w.lost.CompareAndSwap(lost, nil) {
					cut.Store(true)
				}
				return true
			})
			go carry(far, near, func([]byte) bool { return !cut.Load() })
		}
	}()
	return w
}

// carry passes on what it reads while it may, and closes both ends then.
func carry(from, to net.Conn, may func([]byte) bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if err != nil || !may(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
