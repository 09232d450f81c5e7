package main

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
)

// gate is a TCP proxy in front of a service that can be made to hang, or to
// vanish.
type gate struct {
	net.Listener
	t      *testing.T
	target string

	mu     sync.Mutex
	open   chan struct{} // closed while bytes may pass
	conns  []net.Conn
	absent bool
}

// through starts a gate and returns it with the address that leads through it.
func through(t *testing.T, address string) (g *gate, via string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		t.Fatal("the test needs the service's address as a URL")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g = &gate{Listener: l, t: t, target: u.Host, open: make(chan struct{})}
	close(g.open)
	var serving sync.WaitGroup
	serving.Go(func() { g.serve(&serving) })
	t.Cleanup(func() {
		_ = l.Close()
		g.vanish()
		g.resume()
		serving.Wait()
	})
	u.Host = l.Addr().String()
	return g, u.String()
}

func (g *gate) serve(serving *sync.WaitGroup) {
	for {
		client, err := g.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(g.t.Context(), "tcp", g.target)
		g.mu.Lock()
		if err != nil || g.absent {
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			g.mu.Unlock()
			continue
		}
		g.conns = append(g.conns, client, server)
		g.mu.Unlock()
		serving.Go(func() { g.pass(server, client) })
		serving.Go(func() { g.pass(client, server) })
	}
}

// pass copies from one to the other, at no time while the gate hangs.
func (g *gate) pass(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		<-open
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// hang keeps every byte back from now on; connections stay and are accepted.
func (g *gate) hang() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
}

// vanish cuts all connections and takes no new one.
func (g *gate) vanish() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.absent = true
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns = nil
}

// resume ends what hang or vanish began.
func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.absent = false
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// pollTime lies between two requests that ask whether something has come about.
const pollTime = 10 * time.Millisecond

// until asks until the answer has a status, at most for a while.
func (b *browser) until(want int, path string) {
	b.t.Helper()
	status := 0
	for end := time.Now().Add(patience); time.Now().Before(end); {
		var err error
		if status, _, err = b.try("GET", path, ""); err != nil {
			b.t.Fatal(err)
		}
		if status == want {
			return
		}
		time.Sleep(pollTime)
	}
	b.t.Fatalf("GET %s: still %d, want %d", path, status, want)
}

// marker is the password of the databases, which no log may show.
const marker = "marker-Pa55word"

// hangTimeout is when a request of which the database keeps the answer is long
// overdue: the server gives it 10 s.
const hangTimeout = 2 * patience

// A store that hangs or is away makes the server not ready and its requests
// 503, never lost; the process stays, and with the store everything is back.
func TestAServerOutlivesItsDatabaseAndItsRedis(t *testing.T) {
	t.Parallel()
	for name, configured := range map[string]func(t *testing.T) (*gate, string){
		"PostgreSQL": func(t *testing.T) (*gate, string) {
			dsn := fresh()["postgres"](t)
			u, err := url.Parse(dsn)
			if err != nil {
				t.Fatal("the DSN does not parse")
			}
			// A server that trusts its clients takes any password.
			if _, guarded := u.User.Password(); !guarded {
				u.User = url.UserPassword(u.User.Username(), marker)
			}
			g, via := through(t, u.String())
			return g, configuration("postgres", via, "")
		},
		"MySQL": func(t *testing.T) (*gate, string) {
			server, dsn := services.MySQL(t), fresh()["mysql"](t)
			u, err := url.Parse(dsn)
			if err != nil {
				t.Fatal("the DSN does not parse")
			}
			name := strings.TrimPrefix(u.Path, "/")
			user := name[:min(len(name), 32)] // MySQL takes no longer one
			sqltest.MySQLExec(t, dsn, "CREATE USER "+user+" IDENTIFIED BY '"+marker+"'", "GRANT ALL ON "+name+".* TO "+user)
			t.Cleanup(func() { sqltest.MySQLExec(t, server, "DROP USER "+user) })
			u.User = url.UserPassword(user, marker)
			g, via := through(t, u.String())
			return g, configuration("mysql", via, "")
		},
		"Redis": func(t *testing.T) (*gate, string) {
			n := redistest.New(t)
			g, via := through(t, n.URL)
			return g, configuration("sqlite", "auth.db", fmt.Sprintf("secondaryStorage: {redis: %q, keyPrefix: %q}\n", via, n.Prefix))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, text := configured(t)
			p := start(t, migrated(t, text), "serve", "--config", "auth.yaml", "--addr", "127.0.0.1:0")
			b := p.browser()
			b.Timeout = hangTimeout
			b.send(200, "POST", "/api/auth/sign-up/email", credentials)
			b.send(200, "GET", "/readyz", "")

			g.vanish()
			b.until(503, "/readyz")
			b.send(503, "GET", "/api/auth/get-session", "")
			b.send(200, "GET", "/livez", "")
			g.resume()
			b.until(200, "/readyz")
			b.send(200, "GET", "/api/auth/get-session", "")

			g.hang()
			const many = 40 // more than the pool has connections
			statuses := make(chan string, many)
			for range many {
				go func() {
					status, _, err := b.try("GET", "/api/auth/get-session", "")
					statuses <- fmt.Sprintf("%d %v", status, err)
				}()
			}
			b.send(200, "GET", "/livez", "")
			b.send(503, "GET", "/readyz", "")
			var got []string
			for range many {
				got = append(got, <-statuses)
			}
			slices.Sort(got)
			if got = slices.Compact(got); len(got) != 1 || got[0] != "503 <nil>" {
				t.Errorf("while it hangs: %v, want 503 each time", got)
			}
			g.resume()
			b.until(200, "/readyz")
			if answer := b.send(200, "GET", "/api/auth/get-session", ""); !strings.Contains(answer, "ada@example.com") {
				t.Errorf("the session is gone: %s", answer)
			}
			if code := p.stop(syscall.SIGTERM); code != 0 {
				t.Errorf("exit code %d\n%s", code, p.output)
			}
			if log := p.output.String(); !strings.Contains(log, `"not ready"`) || strings.Contains(log, marker) || strings.Contains(log, "goroutine ") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}
