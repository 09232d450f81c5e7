package delivery

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/gatehouse-auth/gatehouse/facade/config"
)

const smtpTimeout = 15 * time.Second // of connecting, and of each step after it

// SMTPConfig says how mail leaves.
type SMTPConfig struct {
	Host string
	// Port of the server; default 587, with TLS "tls" 465, with "none" 25.
	Port     int
	Username string // empty: no authentication
	Password string
	From     string // "Name <address>" or an address
	// TLS is "starttls" (default; a server without it gets nothing), "tls" from
	// the first byte, or "none", which sends the links of all users in the clear
	// and is refused together with a password.
	TLS string
	// RootCAs vouch for the server; default: those of the system.
	RootCAs *x509.CertPool
	// AppName signs the letters.
	AppName string
}

// smtp sends letters over a connection of their own.
type smtp struct {
	host    string
	tls     *tls.Config // nil: STARTTLS, or none
	from    *mail.Address
	options []gomail.Option
	letters *Letters
}

// NewSMTP checks the configuration and returns the sender. It does not connect.
func NewSMTP(cfg SMTPConfig) (Sender, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("smtp."+format, args...)) }
	if cfg.Host == "" || strings.ContainsAny(cfg.Host, "/:@ ") && net.ParseIP(cfg.Host) == nil {
		bad("host: want a host name or an address")
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		bad("from: want an address, such as \"Example <no-reply@example.com>\"")
	}
	if cfg.Port < 0 || cfg.Port > 65535 {
		bad("port: %d is not a port", cfg.Port)
	}
	if cfg.Password != "" && cfg.Username == "" {
		bad("username: is needed with a password")
	}
	secure := &tls.Config{ServerName: cfg.Host, RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
	s := &smtp{host: cfg.Host, from: from, options: []gomail.Option{gomail.WithTimeout(smtpTimeout), gomail.WithTLSConfig(secure)}}
	port := 587
	switch cfg.TLS {
	case "", "starttls":
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "tls":
		port = 465
		s.tls = secure
		s.options = append(s.options, gomail.WithSSL())
	case "none":
		port = 25
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
		if cfg.Username != "" {
			bad("tls: none would send the password in the clear: use starttls or tls")
		}
	default:
		bad("tls: %q is not starttls, tls or none", cfg.TLS)
	}
	if cfg.Port != 0 {
		port = cfg.Port
	}
	s.options = append(s.options, gomail.WithPort(port))
	if cfg.Username != "" {
		s.options = append(s.options, gomail.WithUsername(cfg.Username), gomail.WithPassword(cfg.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	s.letters, err = NewLetters(cfg.AppName)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return s, nil
}

// Send implements Sender.
func (s *smtp) Send(ctx context.Context, m config.Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	var opened net.Conn // go-mail leaves it open when the dialogue fails early
	defer func() {
		if opened != nil {
			_ = opened.Close()
		}
	}()
	client, err := gomail.NewClient(s.host, append(slices.Clone(s.options), gomail.WithDialContextFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		opened, err = s.dial(ctx, network, addr)
		return opened, err
	}))...)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("smtp: connect: %w", temporary(err))
	}
	// What goes wrong after the server took the message must not send it twice.
	defer func() { _ = client.CloseWithSMTPClient(conn) }()
	if err := client.SendWithSMTPClient(conn, msg); err != nil {
		return fmt.Errorf("smtp: %w", temporary(err))
	}
	return nil
}

// dial connects, and secures the connection where TLS comes first.
func (s *smtp) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.tls != nil {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, network, addr)
	}
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// compose makes the MIME message.
func (s *smtp) compose(m config.Message) (*gomail.Msg, error) {
	letter, err := s.letters.Write(m)
	if err != nil {
		return nil, err
	}
	// An address of a user is an address and nothing else: no display name, no list.
	to, err := mail.ParseAddress(m.To)
	if err != nil || to.Address != m.To {
		return nil, fmt.Errorf("%s: the recipient is not a plain address", m.Type)
	}
	msg := gomail.NewMsg()
	if err := msg.FromFormat(s.from.Name, s.from.Address); err != nil {
		return nil, fmt.Errorf("smtp.from: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("%s: the recipient is not a plain address", m.Type)
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain)
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation replies
	msg.Subject(letter.Subject)
	msg.SetBodyString(gomail.TypeTextPlain, letter.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, letter.HTML)
	return msg, nil
}

// temporary marks what another attempt may cure: the network, and answers of
// the 4xx class.
func temporary(err error) error {
	var send *gomail.SendError
	var network net.Error
	if errors.As(err, &send) && send.IsTemp() || errors.As(err, &network) {
		return fmt.Errorf("%w: %w", ErrTemporary, err)
	}
	return err
}
