package config

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"go.yaml.in/yaml/v3"
)

// Server configures the standalone server. A zero value leaves the choice to
// the server.
type Server struct {
	Addr    string   `opt:"addr"` // "HOST:PORT"; an empty host listens on every address
	SMTP    *SMTP    `opt:"smtp"` // nil when the file has none
	Webhook *Webhook `opt:"webhook"`

	ShutdownTimeout   time.Duration `opt:"shutdownTimeout"`
	ReadHeaderTimeout time.Duration `opt:"readHeaderTimeout"`
	BodyTimeout       time.Duration `opt:"bodyTimeout"`
	LogFormat         string        `opt:"logFormat"` // "json" or "text"
}

// SMTP is the server that delivers mail.
type SMTP struct {
	Host     string `opt:"host"`
	Port     int    `opt:"port"`     // 1 to 65535; 0 when the file has none
	Username string `opt:"username"` // empty: no authentication
	Password string `opt:"password"`
	From     string `opt:"from"` // an address, with or without a name
	TLS      string `opt:"tls"`  // "starttls", "tls", "none", or empty when the file has none
}

// Webhook is a service that gets every message instead of a mail server.
type Webhook struct {
	URL    string `opt:"url"`    // http or https
	Secret string `opt:"secret"` // signs what is sent
}

var (
	tlsModes   = []string{"starttls", "tls", "none"}
	logFormats = []string{"json", "text"}
)

func (d *decoder) server(path string, n *yaml.Node) {
	if isNull(n) {
		return
	}
	d.set(path, n, &d.config.Server)
	if has(n, "smtp") && has(n, "webhook") {
		d.fail(n.Line, path, "smtp and webhook exclude each other")
	}
}

func (d *decoder) serverAddr(path string, n *yaml.Node) {
	addr := &d.config.Server.Addr
	if !d.set(path, n, addr) {
		return
	}
	_, port, err := net.SplitHostPort(*addr)
	if number, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || strconv.FormatUint(number, 10) != port {
		d.fail(n.Line, path, `expected HOST:PORT, such as "127.0.0.1:3000" or ":3000"`)
	}
}

func (d *decoder) smtp(path string, n *yaml.Node) {
	s := &SMTP{}
	d.config.Server.SMTP = s
	if !d.set(path, n, s) || !d.need(path, n, "host", "from") {
		return
	}
	if s.Host == "" {
		d.fail(n.Line, below(path, "host"), "must not be empty")
	}
	if s.Port > 65535 {
		d.fail(n.Line, below(path, "port"), "expected a port from 1 to 65535")
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		d.fail(n.Line, below(path, "from"), `expected an address, such as "App <no-reply@example.com>"`)
	}
	if s.Password != "" && s.Username == "" {
		d.fail(n.Line, below(path, "username"), "is missing: there is a password")
	}
	if s.Username != "" && s.TLS == "none" {
		d.fail(n.Line, below(path, "tls"), "none would send the password in the clear: use starttls or tls")
	}
}

func (d *decoder) webhook(path string, n *yaml.Node) {
	w := &Webhook{}
	d.config.Server.Webhook = w
	if !d.set(path, n, w) || !d.need(path, n, "url", "secret") {
		return
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		d.fail(n.Line, below(path, "url"), "expected an http or https URL")
	}
}

// Format writes nothing of the account, whatever the verb.
func (s SMTP) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "config.SMTP(%s:%d)", s.Host, s.Port)
}

// LogValue keeps the account out of logs.
func (s SMTP) LogValue() slog.Value { return slog.StringValue(s.Host) }

// MarshalJSON writes the host only.
func (s SMTP) MarshalJSON() ([]byte, error) { return wire.Marshal(map[string]any{"host": s.Host}) }

// Format writes nothing of the webhook, whatever the verb: its URL may be secret too.
func (w Webhook) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "config.Webhook") }

// LogValue keeps the webhook out of logs.
func (w Webhook) LogValue() slog.Value { return slog.StringValue("config.Webhook") }

// MarshalJSON writes nothing of the webhook.
func (w Webhook) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }
