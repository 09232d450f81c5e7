package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

const (
	honest = 32 // connections of the honest client
	// drip is how long a slow client waits between two bytes.
	drip = 10 * time.Second
	// slowLength is the least length of a measurement, in which slow clients send
	// several bytes, or are cut off and come again. -quick does not wait for that.
	slowLength = 30 * time.Second
)

// slow is how an honest client fares.
type slow struct {
	Connections, Honest int
	Beside              []beside
}

// beside are the honest client's figures beside others.
type beside struct {
	What string
	figures
}

// measureSlow measures an honest client alone, beside connections that send a
// byte of their headers every ten seconds, and beside ones that do so with a body.
func (b *bench) measureSlow() error {
	if err := descriptors(b.plan.slow); err != nil {
		return err
	}
	w := allWorkloads()[0]
	d, err := b.filled(b.sizes[0], w.options())
	if err != nil {
		return err
	}
	server, err := startGatehouse(b, &w, d, "slow")
	if err != nil {
		return err
	}
	defer server.Abandon()
	s := &stage{bench: b, workload: &w, database: d, addr: server.addr}
	next, err := w.requests(s)
	if err != nil {
		return err
	}
	length := b.length
	if !b.quick {
		length = max(length, slowLength)
	}
	b.Slow = &slow{Connections: b.plan.slow, Honest: honest}
	body := fmt.Sprintf("POST /api/auth/sign-in/email HTTP/1.1\r\nHost: localhost:3000\r\nOrigin: %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", origin)
	for _, of := range []struct {
		what, at string // what is sent at once
		count    int
	}{
		{"nobody", "", 0},
		{"slow headers", "GET /api/auth/get-session HTTP/1.1\r\nHost: localhost:3000\r\nX-Slow: ", b.plan.slow},
		{"slow bodies", body, b.plan.slow},
	} {
		crowd := b.crowd(server.addr, of.at, of.count)
		f, err := s.measure(server, next, honest, b.warm, length)
		opened, most := crowd()
		if err != nil {
			return fmt.Errorf("beside %s: %w", of.what, err)
		}
		if of.count > 0 {
			of.what = fmt.Sprintf("%d %s (%d opened, at most %d at once)", of.count, of.what, opened, most)
		}
		b.Slow.Beside = append(b.Slow.Beside, beside{of.what, f})
	}
	return nil
}

// crowd opens slow connections, and another one for each that the server closes,
// until the returned function is called, which tells how many there were. It
// returns when all have been opened once.
func (b *bench) crowd(addr, at string, count int) (stop func() (opened, most int)) {
	ctx, cancel := context.WithCancel(b.ctx)
	var all, open, most atomic.Int64
	var wg, first sync.WaitGroup
	for range count {
		first.Add(1)
		wg.Go(func() {
			once := sync.OnceFunc(first.Done)
			defer once()
			for ctx.Err() == nil {
				c, err := dial(ctx, addr)
				if err != nil {
					_ = local.Rest(ctx, time.Second) // one that is refused does not try without end
					continue
				}
				all.Add(1)
				n := open.Add(1)
				for top := most.Load(); n > top && !most.CompareAndSwap(top, n); {
					top = most.Load()
				}
				once()
				c.dribble(ctx, at)
				open.Add(-1)
				c.close()
			}
		})
	}
	first.Wait()
	return func() (int, int) {
		cancel()
		wg.Wait()
		return int(all.Load()), int(most.Load())
	}
}

// dribble sends the beginning of a request and then byte after byte, until the
// server has enough of it.
func (c *connection) dribble(ctx context.Context, at string) {
	stop := context.AfterFunc(ctx, func() { _ = c.net.SetDeadline(time.Now()) })
	defer stop()
	if _, err := c.net.Write([]byte(at)); err != nil {
		return
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _, _ = c.answer() // or the end, which is one
	}()
	tick := time.NewTicker(drip)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := c.net.Write([]byte("x")); err != nil {
				_ = c.net.SetDeadline(time.Now())
			}
		case <-closed:
			return
		}
	}
}
