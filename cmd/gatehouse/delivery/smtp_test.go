package delivery_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/delivery"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

const (
	token = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl"
	link  = "https://app.example.com/api/auth/verify-email?token=" + token + "&callbackURL=%2F"
)

func verification(to string) config.Message {
	data := wire.NewObject()
	data.Set("url", link)
	data.Set("token", token)
	return config.Message{Type: "verification-email", To: to, Data: data}
}

func newSMTP(t *testing.T, f *fakeSMTP, change func(*delivery.SMTPConfig)) delivery.Sender {
	t.Helper()
	cfg := delivery.SMTPConfig{Host: f.host, Port: f.port, From: "Example App <no-reply@example.com>", TLS: "none", AppName: "Example"}
	if change != nil {
		change(&cfg)
	}
	s, err := delivery.NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestALetterArrivesInBothForms(t *testing.T) {
	t.Parallel()
	f := (&fakeSMTP{}).start(t)
	if err := newSMTP(t, f, nil).Send(t.Context(), verification("ada@example.net")); err != nil {
		t.Fatal(err)
	}
	commands, mails := f.seen()
	if !strings.Contains(commands, "MAIL FROM:<no-reply@example.com>") || !strings.Contains(commands, "RCPT TO:<ada@example.net>") || len(mails) != 1 {
		t.Fatalf("%d mails\n%s", len(mails), commands)
	}
	msg, err := mail.ReadMessage(strings.NewReader(mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": `"Example App" <no-reply@example.com>`, "To": "<ada@example.net>", "Auto-Submitted": "auto-generated",
	} {
		if got := msg.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if subject != "Confirm your e-mail address · Example" || !strings.HasSuffix(msg.Header.Get("Message-Id"), "@example.com>") {
		t.Errorf("Subject: %s, Message-ID: %s", subject, msg.Header.Get("Message-Id"))
	}
	forms := parts(t, msg)
	if !strings.Contains(forms["text/plain"], "\n"+link+"\r\n") {
		t.Errorf("the text has no line with the link:\n%s", forms["text/plain"])
	}
	if !strings.Contains(forms["text/html"], `href="`+strings.ReplaceAll(link, "&", "&amp;")+`"`) {
		t.Errorf("the HTML does not link:\n%s", forms["text/html"])
	}
}

// parts reads the alternatives of a mail by their media type.
func parts(t *testing.T, msg *mail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %s, %v", kind, err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		out[kind] = string(text)
	}
}

func TestWithTLSNothingIsSaidInTheClear(t *testing.T) {
	t.Parallel()
	srv := certificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	for name, test := range map[string]struct {
		mode    string
		server  *tls.Config
		first   bool
		roots   *x509.CertPool
		arrives bool
	}{
		"STARTTLS with a good certificate gets the password and the mail":  {"", srv.TLS, false, roots, true},
		"STARTTLS with a strange certificate gets nothing":                 {"", srv.TLS, false, x509.NewCertPool(), false},
		"a server without STARTTLS gets nothing":                           {"", nil, false, roots, false},
		"TLS first with a good certificate gets the password and the mail": {"tls", srv.TLS, true, roots, true},
		"TLS first with a strange certificate gets nothing":                {"tls", srv.TLS, true, x509.NewCertPool(), false},
		"a server that speaks first in the clear gets nothing":             {"tls", srv.TLS, false, roots, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := (&fakeSMTP{tls: test.server, first: test.first}).start(t)
			s := newSMTP(t, f, func(c *delivery.SMTPConfig) {
				c.TLS, c.RootCAs, c.Username, c.Password = test.mode, test.roots, "user", "smtp-password"
			})
			err := s.Send(t.Context(), verification("ada@example.net"))
			commands, mails := f.seen()
			if (err == nil) != test.arrives || (len(mails) == 1) != test.arrives || strings.Contains(commands, "AUTH PLAIN") != test.arrives {
				t.Errorf("error %v, %d mails\n%s", err, len(mails), commands)
			}
		})
	}
}

func TestRecipientsThatAreNoPlainAddressGetNothing(t *testing.T) {
	t.Parallel()
	for _, to := range []string{
		"", "nobody", "Ada <ada@example.net>", "ada@example.net, eve@example.org", "ada@example.net\r\nBcc: eve@example.org", "<ada@example.net>",
	} {
		f := (&fakeSMTP{}).start(t)
		if err := newSMTP(t, f, nil).Send(t.Context(), verification(to)); err == nil {
			t.Errorf("%q was accepted", to)
		}
		if commands, _ := f.seen(); commands != "" {
			t.Errorf("%q reached the server:\n%s", to, commands)
		}
	}
}

func TestAnswersOfTheServerTellWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers   map[string]string
		temporary bool
	}{
		"a mailbox that does not exist is final":     {map[string]string{"RCPT": "550 5.1.1 no such user"}, false},
		"a mailbox that is busy is temporary":        {map[string]string{"RCPT": "450 4.2.1 try later"}, true},
		"a full queue is temporary":                  {map[string]string{".": "451 4.3.1 queue full"}, true},
		"a refused message is final":                 {map[string]string{".": "554 5.7.1 spam"}, false},
		"a sender that is not welcome here is final": {map[string]string{"MAIL": "553 5.7.1 not you"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := (&fakeSMTP{answers: test.answers}).start(t)
			err := newSMTP(t, f, nil).Send(t.Context(), verification("ada@example.net"))
			if err == nil || errors.Is(err, delivery.ErrTemporary) != test.temporary {
				t.Errorf("got %v", err)
			}
		})
	}
	f := (&fakeSMTP{}).start(t)
	_ = f.listener.Close()
	if err := newSMTP(t, f, nil).Send(t.Context(), verification("ada@example.net")); !errors.Is(err, delivery.ErrTemporary) {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestSMTPConfigurationsThatCannotWork(t *testing.T) {
	t.Parallel()
	good := delivery.SMTPConfig{Host: "mail.example.com", From: "no-reply@example.com"}
	if _, err := delivery.NewSMTP(good); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*delivery.SMTPConfig){
		"smtp.host":      func(c *delivery.SMTPConfig) { c.Host = "smtp://mail.example.com" },
		"smtp.from":      func(c *delivery.SMTPConfig) { c.From = "nobody" },
		"smtp.port":      func(c *delivery.SMTPConfig) { c.Port = 70000 },
		"smtp.tls":       func(c *delivery.SMTPConfig) { c.TLS = "maybe" },
		"smtp.tls: none": func(c *delivery.SMTPConfig) { c.TLS, c.Username, c.Password = "none", "u", "hunter2" },
		"smtp.username":  func(c *delivery.SMTPConfig) { c.Password = "hunter2" },
	} {
		cfg := good
		change(&cfg)
		if _, err := delivery.NewSMTP(cfg); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
