package session

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// entry names one session of a user in the list of them. An entry without a
// session is harmless; a session without an entry cannot be found by its user.
type entry struct {
	Token     string `json:"token"`
	ExpiresAt int64  `json:"expiresAt"` // in milliseconds since 1970
}

// listKey is where the list of a user's sessions stands, as upstream.
func listKey(userID string) string { return "active-sessions-" + userID }

// parseList reads a list. As upstream, one that is no list is an empty one.
func parseList(text string) []entry {
	var list []entry
	if text == "" || json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// listText writes a list as upstream does, without what has expired, and tells
// how long to keep it: until its last session ends.
func (s *shelf) listText(list []entry) (string, time.Duration, error) {
	now := s.now().UnixMilli()
	list = slices.DeleteFunc(list, func(e entry) bool { return e.ExpiresAt <= now })
	slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(a.ExpiresAt, b.ExpiresAt) })
	if len(list) == 0 {
		return "", 0, nil
	}
	ttl := s.ttl(time.UnixMilli(list[len(list)-1].ExpiresAt))
	if ttl == 0 {
		return "", 0, nil
	}
	text, err := wire.Marshal(list)
	return string(text), ttl, err
}

// listed are the tokens in the list of a user, expired or not.
func (s *shelf) listed(ctx context.Context, userID string) ([]string, error) {
	return s.listedSince(ctx, userID, time.Time{})
}

// listedSince are those that have not expired at a time.
func (s *shelf) listedSince(ctx context.Context, userID string, at time.Time) ([]string, error) {
	text, err := s.storage.Get(ctx, listKey(userID))
	if err != nil {
		return nil, fmt.Errorf("read the list of sessions: %w", err)
	}
	list := parseList(text)
	tokens, seen := make([]string, 0, len(list)), make(map[string]bool, len(list))
	for _, e := range list {
		if !seen[e.Token] && e.ExpiresAt > at.UnixMilli() {
			seen[e.Token] = true
			tokens = append(tokens, e.Token)
		}
	}
	return tokens, nil
}

// lately is a time at which a session that has a value now had not expired, also
// by the clock of another server.
func (s *shelf) lately() time.Time { return s.now().Add(-time.Hour) }

// enlist puts a session into the list of its user. An entry that ends later
// keeps its time: it must not end before the session does.
func (s *shelf) enlist(ctx context.Context, rec Session) error {
	return s.changeList(ctx, rec.UserID, func(list []entry) []entry {
		e := entry{Token: rec.Token, ExpiresAt: rec.ExpiresAt.UnixMilli()}
		for _, old := range list {
			if old.Token == e.Token {
				e.ExpiresAt = max(e.ExpiresAt, old.ExpiresAt)
			}
		}
		return append(without(list, rec.Token), e)
	})
}

// strike takes sessions out of the list of a user.
func (s *shelf) strike(ctx context.Context, userID string, tokens ...string) error {
	if len(tokens) == 0 {
		return nil
	}
	return s.changeList(ctx, userID, func(list []entry) []entry { return without(list, tokens...) })
}

func without(list []entry, tokens ...string) []entry {
	return slices.DeleteFunc(slices.Clone(list), func(e entry) bool { return slices.Contains(tokens, e.Token) })
}

func (s *shelf) changeList(ctx context.Context, userID string, next func([]entry) []entry) error {
	err := secondary.Change(ctx, s.storage, listKey(userID), func(old string) (string, time.Duration, bool, error) {
		text, ttl, err := s.listText(next(parseList(old)))
		return text, ttl, err == nil && text != old, err
	})
	if err != nil {
		return fmt.Errorf("change the list of sessions: %w", err)
	}
	return nil
}

// remove ends sessions of a user and takes them out of the list.
func (s *shelf) remove(ctx context.Context, userID string, tokens []string) error {
	if len(tokens) == 0 {
		return nil
	}
	if err := s.drop(ctx, tokens...); err != nil {
		return err
	}
	return s.strike(ctx, userID, tokens...)
}

// drop removes the values of tokens, and leaves the list.
func (s *shelf) drop(ctx context.Context, tokens ...string) error {
	if err := s.storage.Delete(ctx, tokens...); err != nil {
		return fmt.Errorf("remove sessions: %w", err)
	}
	return nil
}

// endListed ends what the list of a user names, but for one token.
//
// A session that begins meanwhile is written after its entry and looks at the
// list then. So the values go first, while the list still names them should
// something fail; and once more when the list has changed, for one that was
// written in between and still found its entry.
func (s *shelf) endListed(ctx context.Context, userID, except string) error {
	for {
		old, err := s.storage.Get(ctx, listKey(userID))
		if err != nil {
			return fmt.Errorf("read the list of sessions: %w", err)
		}
		var ended []string
		for _, e := range parseList(old) {
			if e.Token != except {
				ended = append(ended, e.Token)
			}
		}
		if len(ended) == 0 {
			return nil
		}
		if err := s.drop(ctx, ended...); err != nil {
			return err
		}
		text, ttl, err := s.listText(without(parseList(old), ended...))
		if err != nil {
			return err
		}
		done, err := s.storage.CompareAndSet(ctx, listKey(userID), old, text, ttl)
		if err == nil && done {
			err = s.storage.Delete(ctx, ended...)
		}
		if err != nil {
			return fmt.Errorf("end the sessions of a user: %w", err)
		}
		if done {
			return nil
		}
	}
}
