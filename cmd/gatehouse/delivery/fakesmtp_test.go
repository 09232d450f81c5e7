package delivery_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeSMTP is a mail server that keeps what it is told.
type fakeSMTP struct {
	host string
	port int

	tls     *tls.Config       // nil: none
	first   bool              // TLS comes first, instead of STARTTLS
	answers map[string]string // by command, instead of the usual answer

	mu       sync.Mutex
	commands []string
	mails    []string
	listener net.Listener
}

// certificate borrows the one of httptest, which is for 127.0.0.1 and example.com.
func certificate(t *testing.T) *httptest.Server {
	t.Helper()
	srv := httptest.NewTLSServer(nil)
	t.Cleanup(srv.Close)
	return srv
}

func (f *fakeSMTP) start(t *testing.T) *fakeSMTP {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.listener = l
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("not a TCP address")
	}
	f.host, f.port = "127.0.0.1", addr.Port
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { f.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return f
}

// seen returns the commands and the mails so far.
func (f *fakeSMTP) seen() (commands string, mails []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.commands, "\n"), append([]string(nil), f.mails...)
}

func (f *fakeSMTP) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	// A client that forgets its connection fails its test, and does not hang it.
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if f.first {
		conn = tls.Server(conn, f.tls)
	}
	in := bufio.NewReader(conn)
	secure := f.first
	say := func(s string) { _, _ = fmt.Fprintf(conn, "%s\r\n", s) }
	say("220 mail.example.com ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		f.mu.Lock()
		f.commands = append(f.commands, line)
		f.mu.Unlock()
		command, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if answer, ok := f.answers[command]; ok {
			say(answer)
			continue
		}
		switch command {
		case "EHLO":
			say("250-mail.example.com")
			if f.tls != nil && !secure {
				say("250-STARTTLS")
			}
			if secure {
				say("250-AUTH PLAIN")
			}
			say("250 ENHANCEDSTATUSCODES")
		case "STARTTLS":
			say("220 go ahead")
			upgraded := tls.Server(conn, f.tls)
			conn, in, secure = upgraded, bufio.NewReader(upgraded), true
		case "AUTH":
			say("235 welcome")
		case "DATA":
			say("354 go ahead")
			if !f.data(in) {
				return
			}
			if answer, ok := f.answers["."]; ok {
				say(answer)
				continue
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (f *fakeSMTP) data(in *bufio.Reader) bool {
	var mail strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.mails = append(f.mails, mail.String())
			return true
		}
		mail.WriteString(strings.TrimPrefix(line, "."))
	}
}
