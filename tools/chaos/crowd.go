package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// breath is between two requests of a reader.
	breath = 50 * time.Millisecond
	// patience is how long nobody comes after somebody who got no good answer:
	// each of them is audited later.
	patience = 500 * time.Millisecond
)

// crowd is users who do things at once.
type crowd struct {
	*bench
	letters *mailbox
	watch   *watch
	stopCtx context.Context //nolint:containedctx // ends when the crowd is to stop
	halt    context.CancelFunc
	wg      sync.WaitGroup

	mu    sync.Mutex
	users []*user
	wrong []error
	waits int // for letters that did not come
}

// startCrowd lets users live, each followed by the next one. At
// most one request of each has an unknown end, the last.
func (b *bench) startCrowd(c *client, m *mailbox, name string) *crowd {
	cr := &crowd{bench: b, letters: m, watch: c.watch}
	cr.stopCtx, cr.halt = context.WithCancel(b.ctx)
	for i := range b.clients {
		random := b.random(nameNumber(name) + uint64(i))
		cr.wg.Go(func() {
			for n := 0; !cr.stopped(); n++ {
				l := &life{crowd: cr, user: &user{}, client: c, random: random, name: fmt.Sprintf("%s-%d-%d", name, i, n)}
				err := l.live()
				cr.add(l.user, err)
				switch {
				case errors.Is(err, errUnknown):
					_ = b.rest(patience)
				case err != nil:
					return
				}
			}
		})
	}
	return cr
}

// nameNumber gives each crowd of a scenario users who do other things.
func nameNumber(name string) (n uint64) {
	for _, c := range []byte(name) {
		n = n*131 + uint64(c)
	}
	return n
}

func (c *crowd) add(u *user, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users = append(c.users, u)
	if err != nil && !errors.Is(err, errUnknown) {
		c.wrong = append(c.wrong, err)
	}
}

func (c *crowd) stopped() bool { return c.stopCtx.Err() != nil }

// mail waits for a letter.
func (c *crowd) mail(kind, to string) string {
	t := c.letters.take(c.stopCtx, kind, to)
	if t == "" && !c.stopped() {
		c.mu.Lock()
		c.waits++
		c.mu.Unlock()
	}
	return t
}

// stop lets every user finish the request at hand, and returns all of them. The
// error is the first answer that no server may give.
func (c *crowd) stop() ([]*user, error) {
	c.halt()
	c.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.wrong) > 0 {
		return c.users, fmt.Errorf("a wrong answer (of %d): %w", len(c.wrong), c.wrong[0])
	}
	return c.users, c.ctx.Err()
}
