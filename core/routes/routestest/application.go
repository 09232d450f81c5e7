package routestest

import (
	"context"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/user"
)

// application is the application behind the servers of a race: it remembers what
// it hears, wherever that happened.
type application struct {
	mu    sync.Mutex
	heard []event
}

// event is something that an application hears about somebody.
type event struct {
	Kind    string
	Address string
	Token   string // of a mail
}

// The kinds of events.
const (
	verificationMail = "verification mail"
	resetMail        = "reset mail"
	deletionMail     = "deletion mail"

	beforeVerification = "before a verification"
	afterVerification  = "after a verification"
	userUpdate         = "after an update of a user"
	passwordReset      = "after a reset"
	beforeDeletion     = "before a deletion"
	afterDeletion      = "after a deletion"
)

// forget makes it an application that has heard nothing.
func (a *application) forget() { a.take() }

// take returns what was heard so far, and forgets it.
func (a *application) take() []event {
	a.mu.Lock()
	defer a.mu.Unlock()
	heard := a.heard
	a.heard = nil
	return heard
}

func (a *application) hear(events ...event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = append(a.heard, events...)
}

// told is a hook that remembers whom it was called for.
func (a *application) told(kind string) func(context.Context, user.User) error {
	return func(_ context.Context, u user.User) error {
		a.hear(event{Kind: kind, Address: u.Email})
		return nil
	}
}

// count is how often it heard something about an address.
func (a *application) count(kind, address string) int { return len(a.tokens(kind, address)) }

// tokens are those of the mails to an address, in the order in which they were
// heard of.
func (a *application) tokens(kind, address string) (tokens []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.heard {
		if e.Kind == kind && e.Address == address {
			tokens = append(tokens, e.Token)
		}
	}
	return tokens
}
