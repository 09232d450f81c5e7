package sqlbun

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
)

// Away tells whether a driver's error says that there was no database to speak
// to, or no longer, which may pass. A TLSFailure does not pass, and is none.
func Away(err error) bool {
	if TLSFailure(err) != "" {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// TLSFailure says why client and server do not agree on TLS, and what to correct,
// where an error is about that: trying again would not help. It is empty for
// every other error. A driver's own words stay out of it, for they can name
// parts of a DSN.
func TLSFailure(err error) string {
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "the server's certificate has expired or is not valid yet; renew it, or set the clock right"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the server's certificate is for another host; connect to a name that it holds"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the server's certificate is of an authority that is not trusted here; trust it, or have another certificate made"
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return badCertificate
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return badCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return NoTLS
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "remote error" && isRefusal(e.Err.Error()) {
		return "the server refuses TLS as the client offers it; see which versions and which client certificates it accepts"
	}
	return ""
}

const badCertificate = "the server's certificate is not valid; have another one made"

// NoTLS is the TLSFailure of a server that speaks none. Drivers have errors of
// their own for it.
const NoTLS = "the server speaks no TLS; turn it on there, or go without where the network is trusted"

// isRefusal tells by the words of package tls for an alert, whose type it does
// not export, whether the server refuses what it was offered. Others are of
// connections that break.
func isRefusal(alert string) bool {
	for _, words := range []string{"certificate", "handshake failure", "protocol version"} {
		if strings.Contains(alert, words) {
			return true
		}
	}
	return false
}
