package replay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
)

// redisCounters stands before the keys of counters in Redis, whose values are
// "<count> <time of the last request in milliseconds>".
const redisCounters = "limit:"

// Redis opens secondary storages on the Redis that tests have, below a prefix
// whose keys are gone with the test.
func Redis(t testing.TB) OpenSecondary {
	t.Helper()
	n := redistest.New(t)
	s := n.Open(redis.Options{SkipServerClock: true})
	look := looker{n}
	return func(ctx context.Context, _ func() time.Time) (*Secondary, error) {
		return &Secondary{Storage: s, all: look.all, remove: look.remove, empty: look.empty}, look.empty(ctx)
	}
}

// looker looks at the keys of a test past the adapter.
type looker struct{ *redistest.Namespace }

func (l looker) all(ctx context.Context) (map[string]held, error) {
	out := map[string]held{}
	for _, key := range l.Keys() {
		full := l.Prefix + key
		text, err := l.Client.Do(ctx, l.Client.B().Get().Key(full).Build()).ToString()
		if rueidis.IsRedisNil(err) {
			continue // its time was up
		}
		if err != nil {
			return nil, err
		}
		left, err := l.Client.Do(ctx, l.Client.B().Pttl().Key(full).Build()).AsInt64()
		if err != nil {
			return nil, err
		}
		if counter, is := strings.CutPrefix(key, redisCounters); is {
			if text, err = counted(counter, text); err != nil {
				return nil, err
			}
			key = counterPrefix + counter
		}
		out[key] = held{text: text, left: time.Duration(max(left, 0)) * time.Millisecond, ownClock: true}
	}
	return out, nil
}

// counted is the value of a counter in the form of upstream's.
func counted(key, text string) (string, error) {
	var count, last int64
	if _, err := fmt.Sscanf(text, "%d %d", &count, &last); err != nil {
		return "", fmt.Errorf("the counter %q holds %q: %w", key, text, err)
	}
	return fmt.Sprintf(`{"key":%s,"count":%d,"lastRequest":%d}`, quote(key), count, last), nil
}

func (l looker) remove(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if counter, is := strings.CutPrefix(key, counterPrefix); is {
			key = redisCounters + counter
		}
		if err := l.Client.Do(ctx, l.Client.B().Del().Key(l.Prefix+key).Build()).Error(); err != nil {
			return err
		}
	}
	return nil
}

func (l looker) empty(ctx context.Context) error { return l.remove(ctx, l.Keys()) }
