package redis_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

const password = "s3cret-Pa55"

// No error of Open shows what a URL holds, whatever is wrong with it.
func TestAURLThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	guarded := miniredis.RunT(t)
	guarded.RequireAuth("another")
	var d net.ListenConfig
	free, err := d.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url, says string
		away            bool
	}{
		{"nothing", "", "must start with redis://", false},
		{"another scheme", "postgres://u:" + password + "@h/1", "must start with redis://", false},
		{"a password with a slash", "redis://:a/" + password + "@h:6379", "cannot be read; write redis://", false},
		{"a password with a question mark", "redis://:a?" + password + "@h:6379", "cannot be read", false},
		{"a database that is no number", "rediss://:" + password + "@h:6379/" + password, "cannot be read; write rediss://", false},
		{"a parameter that is none", "redis://:" + password + "@h:6379?masterset=" + password, "none of addr, client_name", false},
		{"nobody there", "redis://:" + password + "@" + nobody, "unavailable: dial tcp " + nobody, true},
		{"no server of several there", "redis://:" + password + "@" + nobody + "?addr=" + nobody, "unavailable: dial tcp", true},
		{"no socket there", "unix://:" + password + "@/nowhere/redis.sock", "no such file", true},
		{"the wrong password", "redis://:" + password + "@" + guarded.Addr(), "refuses the user", false},
		{"no password", "redis://" + guarded.Addr(), "refuses the user", false},
		{"no TLS there", "rediss://:" + password + "@" + guarded.Addr(), "unavailable: ", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := redis.Open(t.Context(), c.url, patient())
			if err == nil {
				closeStorage(t, s)
				t.Fatal("it opens")
			}
			if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, password) {
				t.Errorf("the error is %q, want %q in it", text, c.says)
			}
			if errors.Is(err, db.ErrUnavailable) != c.away {
				t.Errorf("%v: matches db.ErrUnavailable: %v, want %v", err, !c.away, c.away)
			}
		})
	}
}

func TestURLsThatOpen(t *testing.T) {
	t.Parallel()
	fake := miniredis.RunT(t)
	fake.RequireUserAuth("ada", password)
	socket := filepath.Join(t.TempDir(), "redis.sock")
	startServer(t, "--port", "0", "--unixsocket", socket, "--requirepass", password).waitFor(t, "unix", socket)
	for name, url := range map[string]string{
		"a name and a password":       "redis://ada:" + password + "@" + fake.Addr(),
		"a database":                  "redis://ada:" + password + "@" + fake.Addr() + "/3",
		"of Valkey":                   "valkey://ada:" + password + "@" + fake.Addr(),
		"the protocol of old servers": "redis://ada:" + password + "@" + fake.Addr() + "?protocol=2",
		"a socket":                    "unix://:" + password + "@" + socket,
		"a database behind a socket":  "unix://:" + password + "@" + socket + "?db=2",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := redis.Open(t.Context(), url, patient())
			if err != nil {
				t.Fatal(err)
			}
			defer closeStorage(t, s)
			if err := s.Set(t.Context(), "key", "value", time.Hour); err != nil {
				t.Error(err)
			}
			if got, err := s.Get(t.Context(), "key"); got != "value" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	needTLS(t)
	cert, key := selfSigned(t)
	port := freePort(t)
	startServer(t, "--port", "0", "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no").waitFor(t, "tcp", "127.0.0.1:"+port)
	if _, err := redis.Open(t.Context(), "rediss://localhost:"+port, patient()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	s, err := redis.Open(t.Context(), "rediss://localhost:"+port+"?skip_verify=true", patient())
	if err != nil {
		t.Fatal(err)
	}
	defer closeStorage(t, s)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// needTLS skips the test, or fails it, where the server is built without TLS: of
// two wrong settings it complains about the first one.
func needTLS(t *testing.T) {
	t.Helper()
	name := program(t)
	out, err := exec.CommandContext(t.Context(), name, "--tls-port", "0", "--port", "none").CombinedOutput()
	if err == nil {
		t.Fatalf("%s takes a port that is none:\n%s", name, out)
	}
	if bytes.Contains(out, []byte("tls-port")) {
		missing(t, name+" is built without TLS: install one that has it")
	}
}

// selfSigned writes a certificate for localhost that nobody vouches for, and its
// key.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestAClientOfTheApplicationStaysOpen(t *testing.T) {
	t.Parallel()
	n := newNamespace(t)
	s := redis.New(n.Client, redis.Options{KeyPrefix: n.Prefix})
	closeStorage(t, s)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	owned := n.Open(redis.Options{})
	closeStorage(t, owned)
	if err := owned.Ping(t.Context()); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("after Close: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Ping(ended); !errors.Is(err, context.Canceled) || errors.Is(err, db.ErrUnavailable) {
		t.Errorf("after the end of the context: %v", err)
	}
}
