package ratelimit

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// secondaryPrefix keeps the counters apart from upstream's: 1.6.9 writes the
// same JSON without a lock, and 1.7 counts in plain numbers under the same key,
// which fails on JSON. Sharing them would break both.
const secondaryPrefix = "rate-limit:"

// Secondary keeps the counters in a secondary storage, under
// "rate-limit:<ip>|<path>", as upstream's JSON:
//
//	{"key":"203.0.113.7|/sign-in/email","count":3,"lastRequest":1700000000000}
//
// lastRequest is in milliseconds since 1970. A counter ends by itself after the
// window of the rule that last counted. The clock is the caller's: servers that
// share the storage need clocks that agree.
type Secondary struct{ storage secondary.Storage }

var _ Store = (*Secondary)(nil)

// Counter is what a secondary.Storage also implements that has a better way to
// count than [Secondary]: in one step of its own, or by a clock that all servers
// share.
type Counter interface {
	// RateLimits returns the store of the counters, the same at every call.
	RateLimits() Store
}

// InSecondary returns the store that counts in a secondary storage: its own where
// it is a [Counter], else a [Secondary].
func InSecondary(s secondary.Storage) Store {
	if c, ok := s.(Counter); ok {
		return c.RateLimits()
	}
	return NewSecondary(s)
}

// NewSecondary returns a store that counts in a secondary storage.
func NewSecondary(s secondary.Storage) *Secondary { return &Secondary{storage: s} }

// Consume implements [Store]. The error is the storage's.
func (s *Secondary) Consume(ctx context.Context, key string, rule Rule, now time.Time) (decision Decision, err error) {
	key, now = KeptKey(key), db.Millis(now)
	err = secondary.Change(ctx, s.storage, secondaryPrefix+key, func(old string) (string, time.Duration, bool, error) {
		state := decodeState(old)
		var next State
		if next, decision = state.Next(rule, now); next.sameAs(state) {
			return "", 0, false, nil
		}
		text, err := encodeState(key, next)
		return text, rule.Window, true, err
	})
	if err != nil {
		return Decision{}, err
	}
	return decision, nil
}

func encodeState(key string, s State) (string, error) {
	o := wire.NewObject()
	o.Set("key", key)
	o.Set("count", s.Count)
	o.Set("lastRequest", s.LastRequest.UnixMilli())
	text, err := wire.Marshal(o)
	return string(text), err
}

// decodeState reads a state. What is none counts as never seen, as upstream.
func decodeState(text string) State {
	v, err := wire.Decode([]byte(text), wire.Limits{})
	o, ok := v.(*wire.Object)
	if err != nil || !ok {
		return State{}
	}
	number := func(member string) (int64, bool) {
		v, _ := o.Get(member)
		f, ok := v.(float64)
		return int64(f), ok && f >= 0 && f < 1<<53
	}
	count, counted := number("count")
	last, timed := number("lastRequest")
	if !counted || !timed {
		return State{}
	}
	return State{Count: int(count), LastRequest: time.UnixMilli(last).UTC()}
}
