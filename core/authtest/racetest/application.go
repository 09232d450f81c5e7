package racetest

import (
	"context"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Application is the application behind the servers of a race: it remembers what
// it hears, wherever that happened.
type Application struct {
	mu    sync.Mutex
	heard []Event
}

// Event is something that an application hears about somebody.
type Event struct {
	Kind    string
	Address string // whom it is about: an e-mail address, a phone number
	Token   string // what was sent there, if anything: a token, a code, an id
}

// VerificationMail is the kind of the events that every application hears of,
// unless Configure sets another sender. The mails are in the outbox of
// Round.Server too; of those of another process there the address and the token
// are known.
const VerificationMail = "verification mail"

// Hear remembers something that has happened. Functions that Configure sets call
// it, from any goroutine.
func (a *Application) Hear(e Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = append(a.heard, e)
}

// Told is a hook that remembers whom it was called for.
func (a *Application) Told(kind string) func(context.Context, user.User) error {
	return func(_ context.Context, u user.User) error {
		a.Hear(Event{Kind: kind, Address: u.Email})
		return nil
	}
}

// Sender is a sender of messages, such as core.ResetPasswordEmail, that remembers
// them: read tells whom one is for and what it brings.
func Sender[T any](a *Application, kind string, read func(message T) (address, token string)) func(context.Context, T) error {
	return func(_ context.Context, message T) error {
		address, token := read(message)
		a.Hear(Event{Kind: kind, Address: address, Token: token})
		return nil
	}
}

// listen lets the application hear of verification mails. They go on to others,
// which are outboxes.
func (a *Application) listen(o *core.Options, others ...func(context.Context, core.VerificationEmail) error) {
	heard := Sender(a, VerificationMail, func(m core.VerificationEmail) (string, string) { return m.User.Email, m.Token })
	others = append(others, o.EmailVerification.SendVerificationEmail, heard)
	o.EmailVerification.SendVerificationEmail = func(ctx context.Context, m core.VerificationEmail) error {
		for _, send := range others {
			if err := send(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}
}

// take returns what was heard so far, and forgets it.
func (a *Application) take() []Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	heard := a.heard
	a.heard = nil
	return heard
}

// about are the events of a kind about an address.
func (a *Application) about(kind, address string) (events []Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.heard {
		if e.Kind == kind && e.Address == address {
			events = append(events, e)
		}
	}
	return events
}
