package redis

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// compareAndSet writes ARGV[2] under KEYS[1] if ARGV[1] is there. ARGV[3] is the
// lifetime in milliseconds, 0 for none; without a value the key is deleted.
const compareAndSet = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
`

// Get implements secondary.Storage.
func (s *Storage) Get(ctx context.Context, key string) (string, error) {
	var value string
	err := s.call(ctx, "get", func(ctx context.Context) (err error) {
		value, err = s.client.Do(ctx, s.client.B().Get().Key(s.prefix+key).Build()).ToString()
		if errors.Is(err, rueidis.Nil) {
			return nil
		}
		return err
	})
	return value, err
}

// Set implements secondary.Storage.
func (s *Storage) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	b, key := s.client.B(), s.prefix+key
	var command rueidis.Completed
	switch {
	case value == "" || ttl < 0:
		command = b.Del().Key(key).Build()
	case ttl == 0:
		command = b.Set().Key(key).Value(value).Build()
	default:
		command = b.Set().Key(key).Value(value).PxMilliseconds(lifetime(ttl)).Build()
	}
	return s.call(ctx, "set", func(ctx context.Context) error { return s.client.Do(ctx, command).Error() })
}

// Delete implements secondary.Storage. Each key is a command of its own, since in
// a Cluster they are on different servers; all are sent at once.
func (s *Storage) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return ctx.Err()
	}
	commands := make(rueidis.Commands, len(keys))
	for i, key := range keys {
		commands[i] = s.client.B().Del().Key(s.prefix + key).Build()
	}
	return s.call(ctx, "delete", func(ctx context.Context) error { return s.all(ctx, commands) })
}

// all sends commands at once and returns the first error.
func (s *Storage) all(ctx context.Context, commands rueidis.Commands) error {
	for _, result := range s.client.DoMulti(ctx, commands...) {
		if err := result.Error(); err != nil {
			return err
		}
	}
	return nil
}

// CompareAndSet implements secondary.Storage.
func (s *Storage) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	milliseconds := int64(0)
	switch {
	case ttl < 0:
		value = ""
	case ttl > 0:
		milliseconds = lifetime(ttl)
	}
	done, err := s.run(ctx, "compare and set", s.compare, key, old, value, strconv.FormatInt(milliseconds, 10))
	return done == 1, err
}

// run runs a script on a key, which answers a number. Only where the server says
// that it does not know the script, it is sent once more, in full.
func (s *Storage) run(ctx context.Context, op string, script *rueidis.Lua, key string, args ...string) (int64, error) {
	var n int64
	err := s.call(ctx, op, func(ctx context.Context) (err error) {
		n, err = script.Exec(ctx, s.client, []string{s.prefix + key}, args).AsInt64()
		return err
	})
	return n, err
}

// call makes one call of the server, within the timeout, unless it is known not
// to answer.
func (s *Storage) call(ctx context.Context, op string, do func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return failed(ctx, op, err)
	}
	leave, err := s.gate.enter()
	if err != nil {
		return failed(ctx, op, err)
	}
	result := broken // should do panic
	defer func() { leave(result) }()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err = do(bounded)
	result = outcomeOf(ctx, err)
	return failed(ctx, op, err)
}

// lifetime is a ttl in milliseconds, at least one.
func lifetime(ttl time.Duration) int64 { return max(ttl.Milliseconds(), 1) }
