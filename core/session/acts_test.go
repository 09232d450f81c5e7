package session_test

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// outcome is what an act says of itself.
type outcome struct {
	began session.Session // by create
	ok    bool            // of extend or update
	errs  []error
}

// act does one thing with a session of Ann's, or for her.
type act func(w *world, s session.Session, out *outcome) func(context.Context)

func report(out *outcome, err error) {
	if err != nil {
		out.errs = append(out.errs, err)
	}
}

func create(w *world, _ session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) {
		rec, err := w.Sessions().Create(ctx, session.Session{ExpiresAt: w.Clock.Now().Add(day)}, w.ann)
		out.began = rec
		// A user who is gone gets no session.
		if !errors.Is(err, db.ErrReference) {
			report(out, err)
		}
	}
}

func endAll(w *world, _ session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) { report(out, w.Sessions().DeleteAll(ctx, w.ann.ID)) }
}

func endOthers(w *world, _ session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) { report(out, w.Sessions().DeleteOthers(ctx, w.ann.ID, "another")) }
}

func end(w *world, s session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) { report(out, w.Sessions().Delete(ctx, s.Token)) }
}

func extend(w *world, s session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) {
		now := w.Clock.Now()
		_, ok, err := w.Sessions().Extend(ctx, s.Token, now, now.Add(2*day))
		out.ok = ok
		report(out, err)
	}
}

func expire(w *world, s session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) {
		report(out, w.Sessions().DeleteExpired(ctx, s.Token, s.ExpiresAt))
	}
}

func update(w *world, s session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) {
		_, _, err := w.Sessions().Update(ctx, s.Token, db.Row{"theme": "dark"})
		report(out, err)
	}
}

func rename(name string) act {
	return func(w *world, _ session.Session, out *outcome) func(context.Context) {
		return func(ctx context.Context) {
			_, _, err := w.Users().Update(ctx, w.ann.ID, db.Row{"name": name})
			report(out, err)
		}
	}
}

func deleteUser(w *world, _ session.Session, out *outcome) func(context.Context) {
	return func(ctx context.Context) {
		_, err := w.Users().Delete(ctx, w.ann.ID)
		report(out, err)
	}
}
