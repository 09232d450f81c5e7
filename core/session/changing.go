package session

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

const (
	// mostMarks bounds the marks of one value: some may have been left behind.
	mostMarks = 16
	// markLife is more than a commit and what follows it take, and clocks differ.
	markLife = 10 * time.Minute
)

// announce keeps values right that a transaction of the database makes outdated,
// whatever is lost while it commits.
//
// Ahead of the commit each value of the tokens gets a mark, and whoever meets a
// marked one asks the database. Without the storage nothing is committed.
// Afterwards renew brings each value up to date and takes that mark away, also
// where the transaction was rolled back. Should the storage, this process, or the
// outcome of the commit be lost, the marks stay until a later renewal finds them
// old, and cost a look at the database.
//
// Every change has a mark of its own: of several at once, the first to be done
// leaves those of the others.
func (s *shelf) announce(ctx context.Context, tokens func(context.Context) ([]string, error), renew func(ctx context.Context, token, mark string) error) error {
	mark := s.newMark()
	renewAll := func(ctx context.Context) error {
		list, err := tokens(ctx)
		for i := 0; err == nil && i < len(list); i++ {
			err = renew(ctx, list[i], mark)
		}
		return err
	}
	return s.aroundCommit(ctx, func(ctx context.Context) error {
		db.AfterRollback(ctx, func(ctx context.Context) { s.tell(ctx, renewAll(ctx)) })
		list, err := tokens(ctx)
		if err != nil {
			return err
		}
		return s.markAll(ctx, list, mark)
	}, renewAll)
}

// aroundCommit runs what must have happened when the transaction of ctx commits,
// and afterwards what does no harm if it fails.
func (s *shelf) aroundCommit(ctx context.Context, before, after func(context.Context) error) error {
	if err := db.BeforeCommit(ctx, before); err != nil {
		return err
	}
	return s.afterCommit(ctx, after)
}

func (s *shelf) afterCommit(ctx context.Context, after func(context.Context) error) error {
	return db.AfterCommit(ctx, func(ctx context.Context) error {
		s.tell(ctx, after(ctx))
		return nil
	})
}

// markAll marks values, many at once: others wait for the transaction.
func (s *shelf) markAll(ctx context.Context, tokens []string, mark string) error {
	const few, workers = 8, 16
	if len(tokens) <= few {
		for _, token := range tokens {
			if err := s.mark(ctx, token, mark); err != nil {
				return err
			}
		}
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan string)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for token := range next {
				if err := s.mark(ctx, token, mark); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, token := range tokens {
		if ctx.Err() != nil {
			break
		}
		next <- token
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

func (s *shelf) mark(ctx context.Context, token, mark string) error {
	_, err := s.change(ctx, token, func(v value, found WithUser) (value, time.Time, bool, error) {
		v.Changing = append(slices.Clone(v.Changing), mark)
		v.Changing = v.Changing[max(len(v.Changing)-mostMarks, 0):]
		return v, found.Session.ExpiresAt, true, nil
	})
	return err
}

// newMark is a time in milliseconds, and something that no other mark has.
func (s *shelf) newMark() string {
	return strconv.FormatInt(s.now().UnixMilli(), 10) + "-" + rand.Text()
}

// unmarked are the marks without one, and without those that were left behind.
func (s *shelf) unmarked(marks []string, mark string) []string {
	oldest := s.now().Add(-markLife).UnixMilli()
	return slices.DeleteFunc(slices.Clone(marks), func(m string) bool {
		since, _, _ := strings.Cut(m, "-")
		ms, err := strconv.ParseInt(since, 10, 64)
		return m == mark || err != nil || ms < oldest
	})
}

// tell reports what has failed and does no harm: a list may name more sessions
// than there are, and a marked value is not believed.
func (s *shelf) tell(ctx context.Context, err error) {
	if err != nil {
		s.away(ctx, err)
	}
}
