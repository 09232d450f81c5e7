package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

const (
	backgroundWorkers = 16               // tasks that run at once
	backgroundQueue   = 1024             // tasks that wait
	backgroundTimeout = 60 * time.Second // of one task
)

// background runs work that a request must not wait for, such as mail: bounded
// in number and time, isolated from panics, drained on Close.
type background struct {
	log   *slog.Logger
	slots chan struct{}
	// handler runs tasks instead, when the application has its own runner.
	handler func(name string, task func(context.Context))

	mu     sync.Mutex
	idle   *sync.Cond
	open   int // tasks queued or running
	closed bool
}

func newBackground(log *slog.Logger, handler func(string, func(context.Context))) *background {
	b := &background{log: log, slots: make(chan struct{}, backgroundWorkers), handler: handler}
	b.idle = sync.NewCond(&b.mu)
	return b
}

func (b *background) run(ctx context.Context, name string, fn func(context.Context) error) {
	b.mu.Lock()
	if b.closed || b.open >= backgroundWorkers+backgroundQueue {
		closed := b.closed
		b.mu.Unlock()
		b.log.Error("background task dropped", "task", name, "closing", closed)
		return
	}
	b.open++
	b.mu.Unlock()
	if b.handler != nil {
		b.handOver(ctx, name, fn)
		return
	}
	go func() {
		b.slots <- struct{}{}
		defer func() { <-b.slots }()
		defer b.finished()
		b.do(ctx, name, fn)
	}()
}

// inBackground runs a store's own chores, which belong to no request.
func (a *Auth) inBackground(name string, fn func(context.Context) error) {
	a.background.run(context.Background(), name, fn)
}

// do runs a task and logs its failure.
func (b *background) do(ctx context.Context, name string, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, backgroundTimeout)
	defer cancel()
	if err := protect(ctx, fn); err != nil {
		b.log.Error("background task failed", "task", name, "error", err)
	}
}

// handOver gives a task to the application's runner, with the values of the
// request and the runner's own deadline. The task counts until it has run, once.
func (b *background) handOver(values context.Context, name string, fn func(context.Context) error) {
	var once sync.Once
	task := func(ctx context.Context) {
		once.Do(func() {
			defer b.finished()
			b.do(withValues{ctx, values}, name, fn)
		})
	}
	err := protect(values, func(context.Context) error {
		b.handler(name, task)
		return nil
	})
	if err != nil {
		b.log.Error("advanced.backgroundTasks.handler failed", "task", name, "error", err)
		once.Do(b.finished)
	}
}

// withValues is a context with the deadline of one and the values of another.
type withValues struct {
	context.Context //nolint:containedctx // it is one

	values context.Context //nolint:containedctx // lends its values
}

func (c withValues) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

func (b *background) finished() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open--; b.open == 0 {
		b.idle.Broadcast()
	}
}

// wait blocks until no task is queued or running, or the context ends.
func (b *background) wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.idle.Broadcast()
	})
	defer stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.open > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%d background tasks are still running: %w", b.open, err)
		}
		b.idle.Wait()
	}
	return nil
}

// close refuses new tasks and waits for the others.
func (b *background) close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.wait(ctx)
}

var errPanic = errors.New("panic")

// protect turns a panic of fn into an error that carries the stack for the log.
func protect(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return fn(ctx)
}
