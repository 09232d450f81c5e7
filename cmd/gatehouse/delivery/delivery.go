// Package delivery brings messages of the server to people: by SMTP, as letters
// made from templates, or by a webhook that hands them to another service.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// Sender delivers one message. An error that matches ErrTemporary may go away.
type Sender interface {
	Send(ctx context.Context, m config.Message) error
}

// ErrTemporary marks failures that are worth another attempt.
var ErrTemporary = errors.New("temporary failure")

// The pauses between attempts. Together with the time that the attempts take
// they stay below the minute that a background task has.
var pauses = [...]time.Duration{time.Second, 5 * time.Second}

// Deliver returns the function that the configuration hands messages to. It
// tries again after temporary failures, and its errors can be logged: they hold
// nothing of what the message says, even when the other end quotes it.
func Deliver(s Sender) config.Deliver { return deliver(s, pause) }

func deliver(s Sender, pause func(context.Context, time.Duration) error) config.Deliver {
	return func(ctx context.Context, m config.Message) error {
		for attempt := 0; ; attempt++ {
			err := s.Send(ctx, m)
			if err == nil {
				return nil
			}
			if attempt == len(pauses) || !errors.Is(err, ErrTemporary) || pause(ctx, pauses[attempt]) != nil {
				return fmt.Errorf("deliver %s, attempt %d: %s", m.Type, attempt+1, redact(err.Error(), m))
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	maxError = 300 // bytes of an error that are kept
	shortest = 4   // bytes from which on a value is looked for in errors
)

// redact takes every value of the message, and the address, out of a text.
func redact(text string, m config.Message) string {
	secrets := values([]string{m.To}, m.Data)
	for _, s := range secrets {
		if len(s) >= shortest {
			text = strings.ReplaceAll(text, s, "[removed]")
		}
	}
	// A server that quotes a link may have wrapped or escaped it.
	words := strings.Fields(text)
	for i, w := range words {
		if strings.Contains(w, "://") || len(w) > 64 {
			words[i] = "[removed]"
		}
	}
	text = strings.Join(words, " ")
	if len(text) > maxError {
		text = text[:maxError]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		text += "…"
	}
	return text
}

// values collects the texts in a value as messages carry them.
func values(into []string, v any) []string {
	switch v := v.(type) {
	case string:
		return append(into, v)
	case []any:
		for _, e := range v {
			into = values(into, e)
		}
	case *wire.Object:
		for _, e := range v.All() {
			into = values(into, e)
		}
	}
	return into
}
