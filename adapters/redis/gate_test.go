package redis

import (
	"testing"
	"time"
)

// Each line is a call that begins or ends at a time. The times are the caller's.
func TestAGate(t *testing.T) {
	t.Parallel()
	type step struct {
		at     time.Duration
		call   string  // the name of the call
		ends   outcome // how it ends, where it is under way
		turned bool    // away, where it begins
	}
	const ms, soon = time.Millisecond, shutTime
	for name, steps := range map[string][]step{
		"one that times out shuts it, for a while": {
			{at: 0, call: "a"},
			{at: 200 * ms, call: "a", ends: timedOut},
			{at: 200 * ms, call: "b", turned: true},
			{at: 200*ms + soon - 1, call: "c", turned: true},
			{at: 200*ms + soon, call: "d"},
		},
		"one at a time tries again, and its answer opens": {
			{at: 0, call: "a"},
			{at: 0, call: "a", ends: timedOut},
			{at: soon, call: "b"},
			{at: 10 * soon, call: "c", turned: true},
			{at: 10 * soon, call: "b", ends: answered},
			{at: 10 * soon, call: "d"},
			{at: 10 * soon, call: "e"},
		},
		"one that tries and fails keeps it shut": {
			{at: 0, call: "a"},
			{at: 0, call: "a", ends: timedOut},
			{at: soon, call: "b"},
			{at: soon, call: "b", ends: broken},
			{at: soon, call: "c", turned: true},
			{at: 2 * soon, call: "d"},
			{at: 3 * soon, call: "d", ends: timedOut},
			{at: 4*soon - 1, call: "e", turned: true},
			{at: 4 * soon, call: "f"},
		},
		"one that tries and is given up lets the next one try": {
			{at: 0, call: "a"},
			{at: 0, call: "a", ends: timedOut},
			{at: soon, call: "b"},
			{at: soon, call: "b", ends: givenUp},
			{at: soon, call: "c"},
			{at: soon, call: "d", turned: true},
		},
		"any answer opens it": {
			{at: 0, call: "a"},
			{at: 0, call: "b"},
			{at: 1, call: "a", ends: timedOut},
			{at: 2, call: "c", turned: true},
			{at: 3, call: "b", ends: answered},
			{at: 4, call: "d"},
		},
		"one that is slow while others are answered does not shut it": {
			{at: 0, call: "a"}, {at: 1, call: "b"}, {at: 2, call: "b", ends: answered}, {at: 3, call: "a", ends: timedOut}, {at: 4, call: "c"},
		},
		"a connection that breaks does not shut it, nor a caller who leaves": {
			{at: 0, call: "a"}, {at: 1, call: "a", ends: broken}, {at: 2, call: "b"}, {at: 3, call: "b", ends: givenUp}, {at: 4, call: "c"},
		},
		"those that time out together do not keep it shut for longer": {
			{at: 0, call: "a"}, {at: 0, call: "b"}, {at: 0, call: "a", ends: timedOut}, {at: soon - 1, call: "b", ends: timedOut}, {at: soon, call: "c"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Unix(1_773_480_413, 0)
			now := start
			g := &gate{now: func() time.Time { return now }}
			underWay := map[string]func(outcome){}
			for _, s := range steps {
				now = start.Add(s.at)
				if leave, ok := underWay[s.call]; ok {
					leave(s.ends)
					continue
				}
				leave, err := g.enter()
				if (err != nil) != s.turned {
					t.Fatalf("call %s at %v: %v, want to be turned away: %v", s.call, s.at, err, s.turned)
				}
				underWay[s.call] = leave
			}
		})
	}
}
