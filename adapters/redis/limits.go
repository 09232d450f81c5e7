package redis

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// limitPrefix keeps the counters apart from upstream's, which 1.6.9 and 1.7 keep
// in forms of their own under "<ip>|<path>", and from those of
// ratelimit.Secondary, which go by other clocks.
const limitPrefix = "limit:"

// consume is ratelimit.State.Next of a counter that ends with its window, as the
// other stores' do. KEYS[1] holds "<count> <last request>", the
// time in milliseconds since 1970; what is no such text counts as never seen.
// ARGV are the maximum, the window in milliseconds, and the time where it is not
// the server's to tell. The answer is how many milliseconds the block lasts, 0
// for a request that is allowed.
//
// The value lives for a millisecond more than the window, so that the comparison
// here decides and not the expiry.
const consume = `
local max, window, time = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not time then
  local clock = redis.call('TIME')
  time = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
end
local count, last = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
count, last = tonumber(count or 0), tonumber(last or 0)
local function keep(count, last)
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', count, last), 'PX', string.format('%.0f', window + 1))
end
if count == 0 then
  keep(1, time)
  return 0
end
local quiet = time - last
if quiet < 0 then
  last, quiet = time, 0
  if count >= max then
    keep(count, last)
  end
end
if quiet < window and count >= max then
  return window - quiet
end
if quiet >= window then
  count = 0
end
keep(count + 1, time)
return 0
`

// RateLimits returns the store that core counts requests in where this is the
// secondary storage: one script judges and counts a request.
//
// The clock is that of Redis, which all servers share. By clocks of their own two
// servers that differ by more than a window would each find the other's last
// request long ago, and let everybody through who asks them in turn. When the
// clock of Redis is set back, or a replica with another one takes over, a block
// lasts for at most one window from then.
//
// A counter ends by itself after the window of the rule that last counted.
func (s *Storage) RateLimits() ratelimit.Store { return s.limits }

var _ ratelimit.Counter = (*Storage)(nil)

type limits struct {
	storage      *Storage
	consume      *rueidis.Lua
	callersClock bool
}

// Consume implements ratelimit.Store.
func (l *limits) Consume(ctx context.Context, key string, rule ratelimit.Rule, now time.Time) (ratelimit.Decision, error) {
	// Fractions of a millisecond make the window longer, never shorter.
	window := (rule.Window + time.Millisecond - 1).Milliseconds()
	args := []string{strconv.Itoa(rule.Max), strconv.FormatInt(window, 10), ""}
	if l.callersClock {
		args[2] = strconv.FormatInt(now.UnixMilli(), 10)
	}
	left, err := l.storage.run(ctx, "limit", l.consume, limitPrefix+ratelimit.KeptKey(key), args...)
	if err != nil {
		return ratelimit.Decision{}, err
	}
	// Whole seconds, rounded up.
	return ratelimit.Decision{Allowed: left == 0, RetryAfter: time.Duration((left+999)/1000) * time.Second}, nil
}
