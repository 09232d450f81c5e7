package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// The vector of Standard Webhooks 1.0, which its libraries share.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	key, err := webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// senders in tests are functions.
type senderFunc func(ctx context.Context, m config.Message) error

func (f senderFunc) Send(ctx context.Context, m config.Message) error { return f(ctx, m) }

func letterTo(to string) config.Message {
	data := wire.NewObject()
	data.Set("url", "https://app.example.com/verify?token=tok-123456")
	data.Set("token", "tok-123456")
	data.Set("otp", "482913")
	return config.Message{Type: "verification-email", To: to, Data: data}
}

func TestTemporaryFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	busy, final := fmt.Errorf("%w: busy", ErrTemporary), errors.New("no such mailbox")
	for name, test := range map[string]struct {
		outcomes []error
		pauses   error
		attempts int
		fails    bool
	}{
		"success needs one":                         {[]error{nil}, nil, 1, false},
		"a failure that passes needs two":           {[]error{busy, nil}, nil, 2, false},
		"a failure that stays gets three":           {[]error{busy, busy, busy}, nil, 3, true},
		"a final failure is final":                  {[]error{final}, nil, 1, true},
		"a final failure after a temporary one too": {[]error{busy, final}, nil, 2, true},
		"the end of the context ends the attempts":  {[]error{busy}, context.Canceled, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempts := 0
			s := senderFunc(func(context.Context, config.Message) error {
				attempts++
				return test.outcomes[attempts-1]
			})
			err := deliver(s, func(context.Context, time.Duration) error { return test.pauses })(t.Context(), letterTo("ada@example.net"))
			if attempts != test.attempts || (err != nil) != test.fails {
				t.Errorf("%d attempts, %v", attempts, err)
			}
		})
	}
}

func TestErrorsHoldNothingOfTheMessage(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a link":              "554 rejected because of https://app.example.com/verify?token=tok-123456",
		"a token":             "554 looks like a secret: tok-123456",
		"a wrapped link":      "554 rejected: https://app.example.com/verify?tok=\r\nen=tok-123456",
		"a code":              "554 message says 482913",
		"the address":         "550 ada@example.net does not exist",
		"the whole letter":    "554 " + strings.Repeat("Hello, open https://app.example.com/verify?token=tok-123456 now. ", 50),
		"a link of other use": "see https://postmaster.example.org/?ref=abcdef",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := senderFunc(func(context.Context, config.Message) error { return errors.New(text) })
			err := Deliver(s)(t.Context(), letterTo("ada@example.net"))
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{"tok-123456", "482913", "ada@example.net", "://", "\n"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q holds %q", err, secret)
				}
			}
			if len(err.Error()) > maxError+100 || !strings.Contains(err.Error(), "verification-email") {
				t.Errorf("%d bytes: %q", len(err.Error()), err)
			}
			if errors.Unwrap(err) != nil {
				t.Error("the error still carries its cause")
			}
		})
	}
}

func TestEveryLetterNeedsWhatItShows(t *testing.T) {
	t.Parallel()
	l, err := NewLetters("")
	if err != nil {
		t.Fatal(err)
	}
	for kind, spec := range letters() {
		for _, missing := range spec.needs {
			data := wire.NewObject()
			for _, name := range spec.needs {
				if name != missing {
					data.Set(name, "value-of-"+name)
				}
			}
			if _, err := l.Write(config.Message{Type: kind, To: "ada@example.net", Data: data}); err == nil {
				t.Errorf("%s was written without %s", kind, missing)
			}
			data.Set(missing, 5.0)
			if _, err := l.Write(config.Message{Type: kind, To: "ada@example.net", Data: data}); err == nil {
				t.Errorf("%s was written with a number as %s", kind, missing)
			}
		}
	}
	if _, err := l.Write(config.Message{Type: "unknown"}); !errors.Is(err, ErrNoLetter) {
		t.Errorf("an unknown type: %v", err)
	}
}

// invitation has what messages about one have, as objects in each other.
func invitation(organization string) *wire.Object {
	inviter, data := wire.NewObject(), wire.ObjectOf("id", "an-invitation", "role", "member", "email", "ada@example.net")
	inviter.Set("user", wire.ObjectOf("name", "Charles"))
	data.Set("organization", wire.ObjectOf("name", organization))
	data.Set("inviter", inviter)
	return data
}

func TestEveryMessageHasALetterWithItsLinkOrCode(t *testing.T) {
	t.Parallel()
	l, err := NewLetters("Acme")
	if err != nil {
		t.Fatal(err)
	}
	const link = "https://app.example.com/go?token=tok-123456"
	types := config.MessageTypes()
	if len(types) == 0 {
		t.Fatal("there are no messages")
	}
	for _, kind := range types {
		data := wire.ObjectOf("url", link, "token", "tok-123456", "newEmail", "countess@example.net", "otp", "493817")
		goesOn := link
		if kind == "two-factor-otp" {
			goesOn = "493817"
		}
		if kind == "organization-invitation" {
			goesOn = "Analytical Engines"
			data = invitation(goesOn)
		}
		mail, err := l.Write(config.Message{Type: kind, To: "ada@example.net", Data: data})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if !strings.HasSuffix(mail.Subject, " · Acme") {
			t.Errorf("%s: the subject %q does not say whose it is", kind, mail.Subject)
		}
		for form, text := range map[string]string{"text": mail.Text, "HTML": mail.HTML} {
			for _, want := range []string{goesOn, "ada@example.net", "Acme"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s: the %s lacks %s:\n%s", kind, form, want, text)
				}
			}
			if kind == "change-email-confirmation" && !strings.Contains(text, "countess@example.net") {
				t.Errorf("%s: the %s does not name the new address:\n%s", kind, form, text)
			}
		}
	}
	if len(letters()) != len(types) {
		t.Errorf("%d letters for %d messages", len(letters()), len(types))
	}
}

func TestLettersQuoteWhatPeopleChose(t *testing.T) {
	t.Parallel()
	l, err := NewLetters("Tom & <b>Co</b>\r\nBcc: eve@example.org")
	if err != nil {
		t.Fatal(err)
	}
	m := letterTo(`"<script>"@example.net`)
	m.Data.Set("url", `javascript:alert(1)`)
	mail, err := l.Write(m)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(mail.Subject, "\r\n") {
		t.Errorf("the subject has lines: %q", mail.Subject)
	}
	for _, bad := range []string{"<script>", "<b>Co", `href="javascript:`} {
		if strings.Contains(mail.HTML, bad) {
			t.Errorf("the HTML holds %s:\n%s", bad, mail.HTML)
		}
	}
}
