package sqltest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// TLS is how a driver and its server come to speak TLS.
type TLS struct {
	// Greet is the server's part of what is said before the handshake. offers tells
	// whether the server has TLS.
	Greet func(conn net.Conn, offers bool) error
	// Open opens a database at an address, by TLS only. verify asks for a
	// certificate of the host by an authority that the system trusts.
	Open func(ctx context.Context, addr string, verify bool) error
	// Parameter is named by the errors as what to correct.
	Parameter string
}

// Run runs the suite: where TLS can never work, Open says so, and not that the
// database is away, which would be waited for.
func (s TLS) Run(t *testing.T) {
	t.Parallel()
	at := func(from, to int) *x509.Certificate {
		return &x509.Certificate{
			NotBefore: time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(to, 1, 1, 0, 0, 0, 0, time.UTC),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		}
	}
	elsewhere := at(2000, 9999)
	elsewhere.IPAddresses, elsewhere.DNSNames = nil, []string{"db.example.com"}
	for _, c := range []struct {
		name       string
		server     *tls.Config // nil for one without TLS
		unverified bool
		want       string
	}{
		{"a certificate of an unknown authority", signed(t, at(2000, 9999)), false, "authority that is not trusted"},
		{"a certificate of another host", signed(t, elsewhere), false, "another host"},
		{"a certificate that has expired", signed(t, at(2000, 2001)), false, "expired"},
		{"a certificate from the future", signed(t, at(9000, 9999)), false, "expired or is not valid yet"},
		{"a server that wants a certificate of the client's", wanting(signed(t, at(2000, 9999))), true, "refuses TLS"},
		{"a server without TLS", nil, false, "speaks no TLS"},
		{"a server without TLS, unverified", nil, true, "speaks no TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := s.Open(t.Context(), s.serve(t, c.server), !c.unverified)
			if err == nil || errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), s.Parameter) {
				t.Errorf("the error is %v, want %q and %q, and not db.ErrUnavailable", err, c.want, s.Parameter)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		listener := listen(t)
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Open(t.Context(), listener.Addr().String(), true); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("the error is %v, want db.ErrUnavailable", err)
		}
	})
	t.Run("a server that hangs up instead of a handshake", func(t *testing.T) {
		t.Parallel()
		addr := s.accept(t, func(conn net.Conn) { _ = s.Greet(conn, true) })
		if err := s.Open(t.Context(), addr, true); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("the error is %v, want db.ErrUnavailable", err)
		}
	})
}

// signed is a server with a certificate that it has signed itself.
func signed(t *testing.T, cert *x509.Certificate) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert.SerialNumber = big.NewInt(1)
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// wanting is a server that refuses clients without a certificate, in a version
// of TLS where that is part of the handshake.
func wanting(config *tls.Config) *tls.Config {
	config.ClientAuth, config.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
	return config
}

// serve answers up to the end of the handshake.
func (s TLS) serve(t *testing.T, config *tls.Config) (addr string) {
	t.Helper()
	return s.accept(t, func(conn net.Conn) {
		if s.Greet(conn, config != nil) == nil && config != nil {
			_ = tls.Server(conn, config).HandshakeContext(t.Context())
		}
		// What is closed with something unread takes back what it has said.
		_, _ = io.Copy(io.Discard, conn)
	})
}

func (s TLS) accept(t *testing.T, serve func(conn net.Conn)) (addr string) {
	t.Helper()
	listener := listen(t)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
