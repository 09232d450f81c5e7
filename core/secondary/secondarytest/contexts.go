package secondarytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

func contextTests(t *testing.T, open Open) {
	for name, end := range map[string]struct {
		start func(context.Context) (context.Context, context.CancelFunc)
		want  error
	}{
		"a context that was cancelled stops every call": {context.WithCancel, context.Canceled},
		"a deadline that has passed does, too": {
			func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, 0) },
			context.DeadlineExceeded,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := open.begin(t)
			f.set("key", "a", time.Hour)
			ctx, cancel := end.start(f.ctx)
			cancel()
			for call, err := range map[string]error{
				"get":             second(f.s.Get(ctx, "key")),
				"set":             f.s.Set(ctx, "key", "b", time.Hour),
				"delete":          f.s.Delete(ctx, "key"),
				"compare and set": second(f.s.CompareAndSet(ctx, "key", "a", "b", time.Hour)),
				"change": secondary.Change(ctx, f.s, "key", func(string) (string, time.Duration, bool, error) {
					t.Error("the function of a change ran")
					return "b", time.Hour, true, nil
				}),
			} {
				if !errors.Is(err, end.want) {
					t.Errorf("%s: %v, want %v", call, err, end.want)
				}
			}
			f.want("key", "a")
		})
	}
	t.Run("nothing is told together with an error", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", time.Hour)
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		if value, _ := f.s.Get(ctx, "key"); value != "" {
			t.Errorf("get says %q", value)
		}
		if done, _ := f.s.CompareAndSet(ctx, "key", "a", "b", 0); done {
			t.Error("compare and set says that it wrote")
		}
	})
}

func second[T any](_ T, err error) error { return err }
