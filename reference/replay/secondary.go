package replay

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// OpenSecondary opens an empty secondary storage for one scenario, whose clock is
// now.
type OpenSecondary func(ctx context.Context, now func() time.Time) (*Secondary, error)

// Secondary is a secondary storage, and a look at what it keeps. Counters stand
// there under counterPrefix as upstream's JSON, whatever they look like inside.
type Secondary struct {
	secondary.Storage
	all    func(ctx context.Context) (map[string]held, error)
	remove func(ctx context.Context, keys []string) error
	empty  func(ctx context.Context) error
}

// held is a value as the storage has it.
type held struct {
	text string
	// left is how long it will live, where the storage has a clock of its own;
	// zero is for ever.
	left     time.Duration
	ownClock bool
}

// slack is what may have passed of a lifetime since it was given.
const slack = time.Minute

// isFor tells whether the value can have been given that lifetime.
func (h held) isFor(ttl time.Duration) bool {
	return !h.ownClock || (h.left == 0) == (ttl == 0) && h.left <= ttl+time.Second && h.left > ttl-slack
}

// MemorySecondary opens a secondary storage in memory.
func MemorySecondary(_ context.Context, now func() time.Time) (*Secondary, error) {
	m := secondary.NewMemory(now)
	return &Secondary{
		Storage: m,
		all: func(context.Context) (map[string]held, error) {
			out := map[string]held{}
			for key, text := range m.All() {
				out[key] = held{text: text}
			}
			return out, nil
		},
		remove: func(ctx context.Context, keys []string) error { return m.Delete(ctx, keys...) },
		empty: func(ctx context.Context) error {
			for key := range m.All() {
				if err := m.Delete(ctx, key); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}
