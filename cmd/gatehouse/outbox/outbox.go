// Package outbox keeps the messages that a server under development would have
// sent, for a person or a test to read.
package outbox

import (
	"context"
	"net/http"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// Limit is how many messages are kept; older ones go.
const Limit = 1000

// Outbox is a list of messages, safe for concurrent use. The zero value is empty.
type Outbox struct {
	mu       sync.Mutex
	messages []config.Message // oldest first
}

// Deliver keeps a message. It is a config.Deliver.
func (o *Outbox) Deliver(_ context.Context, m config.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.messages) == Limit {
		o.messages = append(o.messages[:0], o.messages[1:]...)
	}
	o.messages = append(o.messages, m)
	return nil
}

// Messages returns what is there, oldest first.
func (o *Outbox) Messages() []config.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]config.Message(nil), o.messages...)
}

// Clear empties the outbox.
func (o *Outbox) Clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.messages = nil
}

// Handler answers GET with a JSON array of {type, to, data}, oldest first, once
// idle has returned: by then everything that earlier requests send is there. A
// DELETE empties the outbox and answers 204.
func (o *Outbox) Handler(idle func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			o.list(w, r, idle)
		case http.MethodDelete:
			// What an earlier request still sends belongs to what is removed.
			if wait(w, r, idle) {
				o.Clear()
				w.WriteHeader(http.StatusNoContent)
			}
		default:
			w.Header().Set("Allow", "GET, DELETE")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		}
	})
}

func (o *Outbox) list(w http.ResponseWriter, r *http.Request, idle func(context.Context) error) {
	if !wait(w, r, idle) {
		return
	}
	list := []any{}
	for _, m := range o.Messages() {
		entry := wire.NewObject()
		entry.Set("type", m.Type)
		entry.Set("to", m.To)
		entry.Set("data", m.Data)
		list = append(list, entry)
	}
	body, err := wire.Marshal(list)
	if err != nil {
		http.Error(w, "A message in the outbox cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the reader may be gone
}

func wait(w http.ResponseWriter, r *http.Request, idle func(context.Context) error) bool {
	if err := idle(r.Context()); err != nil {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "Messages are still on their way. Try again.", http.StatusServiceUnavailable)
		return false
	}
	return true
}
