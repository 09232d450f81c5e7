package session

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// mostMarks bounds the marks of one value: some may have been left behind.
const mostMarks = 16

// announce keeps values right that a transaction of the database makes outdated,
// whatever is lost while it commits.
//
// Ahead of the commit each value of the tokens gets a mark, and whoever meets a
// marked one asks the database. Without the storage nothing is committed.
// Afterwards renew brings each value up to date and takes that mark away, also
// where the transaction has failed. Should the storage, or this process, be lost
// before that, the marks stay, and cost a look at the database.
//
// Every change has a mark of its own: of several at once, the first to be done
// leaves those of the others.
func (s *shelf) announce(ctx context.Context, tokens func(context.Context) ([]string, error), renew func(ctx context.Context, token, mark string) error) error {
	mark := rand.Text()
	renewAll := func(ctx context.Context) {
		list, err := tokens(ctx)
		for i := 0; err == nil && i < len(list); i++ {
			err = renew(ctx, list[i], mark)
		}
		if err != nil {
			s.away(ctx, err)
		}
	}
	err := db.BeforeCommit(ctx, func(ctx context.Context) error {
		db.AfterRollback(ctx, renewAll)
		list, err := tokens(ctx)
		if err != nil {
			return err
		}
		for _, token := range list {
			if err := s.mark(ctx, token, mark); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.AfterCommit(ctx, func(ctx context.Context) error {
		renewAll(ctx)
		return nil
	})
}

func (s *shelf) mark(ctx context.Context, token, mark string) error {
	_, err := s.change(ctx, token, func(v value, found WithUser) (value, time.Time, bool, error) {
		v.Changing = append(slices.Clone(v.Changing), mark)
		v.Changing = v.Changing[max(len(v.Changing)-mostMarks, 0):]
		return v, found.Session.ExpiresAt, true, nil
	})
	return err
}

// unmarked are the marks without one.
func unmarked(marks []string, mark string) []string {
	return slices.DeleteFunc(slices.Clone(marks), func(m string) bool { return m == mark })
}
