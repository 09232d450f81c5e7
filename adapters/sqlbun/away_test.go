package sqlbun_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

func TestWhatIsAway(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"refused":                    &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"reset":                      &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"no such host":               &net.DNSError{Err: "no such host", IsNotFound: true},
		"no answer in time":          &net.OpError{Op: "dial", Err: context.DeadlineExceeded},
		"ended":                      io.EOF,
		"cut":                        io.ErrUnexpectedEOF,
		"closed":                     net.ErrClosed,
		"of no use any more":         driver.ErrBadConn,
		"given back":                 sql.ErrConnDone,
		"broken on its way":          &net.OpError{Op: "remote error", Err: errors.New("tls: bad record MAC")},
		"a server's internal mishap": &net.OpError{Op: "remote error", Err: errors.New("tls: internal error")},
	} {
		err = fmt.Errorf("wrapped: %w", err)
		if !sqlbun.Away(err) || sqlbun.TLSFailure(err) != "" {
			t.Errorf("%s: away %t, TLS %q", name, sqlbun.Away(err), sqlbun.TLSFailure(err))
		}
	}
}

func TestWhatOfTLSDoesNotPass(t *testing.T) {
	t.Parallel()
	verification := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	unreached := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"an authority":                          {verification(x509.UnknownAuthorityError{}), "authority that is not trusted"},
		"an authority, without the host":        {x509.UnknownAuthorityError{}, "authority that is not trusted"},
		"another host":                          {verification(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "secret"}), "another host"},
		"expired":                               {verification(x509.CertificateInvalidError{Reason: x509.Expired}), "expired"},
		"not for servers":                       {verification(x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}), "not valid"},
		"not verified for another reason":       {verification(errors.New("secret")), "not valid"},
		"no TLS":                                {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "no TLS"},
		"a certificate of ours":                 {&net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, "refuses TLS"},
		"a version of ours":                     {&net.OpError{Op: "remote error", Err: errors.New("tls: protocol version not supported")}, "refuses TLS"},
		"beside an address where nobody is":     {errors.Join(unreached, verification(x509.UnknownAuthorityError{})), "authority"},
		"beside an address, in the other order": {errors.Join(verification(x509.UnknownAuthorityError{}), unreached), "authority"},
	} {
		err := fmt.Errorf("wrapped: %w", c.err)
		got := sqlbun.TLSFailure(err)
		if sqlbun.Away(err) || !strings.Contains(got, c.want) || strings.Contains(got, "secret") {
			t.Errorf("%s: away %t, TLS %q, want %q", name, sqlbun.Away(err), got, c.want)
		}
	}
}
