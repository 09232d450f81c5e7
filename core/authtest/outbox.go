package authtest

import (
	"context"
	"sync"
	"testing"
)

// Outbox keeps the messages that the server sent, of every kind.
type Outbox struct {
	mu       sync.Mutex
	messages []any
}

// Keep returns a sender for messages of one kind, such as
// core.ResetPasswordEmail, that puts them into the outbox.
func Keep[T any](o *Outbox) func(ctx context.Context, message T) error {
	return func(_ context.Context, message T) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.messages = append(o.messages, message)
		return nil
	}
}

// Sent returns the messages of one kind so far, in order. Mail is sent in the
// background: call Server.Settle first.
func Sent[T any](o *Outbox) []T {
	o.mu.Lock()
	defer o.mu.Unlock()
	var sent []T
	for _, m := range o.messages {
		if message, ok := m.(T); ok {
			sent = append(sent, message)
		}
	}
	return sent
}

// Last returns the message of one kind that was sent last. The test fails if
// there is none; see Sent.
func Last[T any](t testing.TB, o *Outbox) T {
	t.Helper()
	sent := Sent[T](o)
	if len(sent) == 0 {
		t.Fatalf("no %T was sent", *new(T))
	}
	return sent[len(sent)-1]
}
