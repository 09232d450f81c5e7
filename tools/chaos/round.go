package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// tally counts sign-ups by how they ended.
type tally struct {
	acknowledged int // answered with 200 before the kill
	whole        int // not answered, and the user is there
	absent       int // not answered, and the user is not there
}

func (t *tally) add(o tally) {
	t.acknowledged += o.acknowledged
	t.whole += o.whole
	t.absent += o.absent
}

func (t tally) String() string {
	return fmt.Sprintf("%d sign-ups answered, %d of the unanswered were done, %d were not", t.acknowledged, t.whole, t.absent)
}

// attempt is one sign-up that was sent.
type attempt struct {
	email        string
	acknowledged bool
	cookie       string // of the session, when it was acknowledged
}

// round starts the server, kills it in the middle of sign-ups, starts it again
// and checks every one of them.
func round(ctx context.Context, p program, n, clients int, longest time.Duration) (tally, error) {
	server, err := p.start(ctx)
	if err != nil {
		return tally{}, err
	}
	life := time.Duration(rand.Int64N(int64(longest))) //nolint:gosec // when to kill is no secret
	attempts, err := signUpUntilKilled(ctx, server, n, clients, life)
	if err != nil {
		return tally{}, err
	}
	if server, err = p.start(ctx); err != nil {
		return tally{}, fmt.Errorf("start again: %w", err)
	}
	var t tally
	restarted := newAPI(server.api)
	for _, a := range attempts {
		if err := t.check(ctx, restarted, a); err != nil {
			_ = server.kill() // the finding matters more
			return t, err
		}
	}
	return t, server.stop()
}

// signUpUntilKilled lets clients sign up as fast as they can, each with new
// addresses, until the server is killed.
func signUpUntilKilled(ctx context.Context, server *process, n, clients int, life time.Duration) ([]attempt, error) {
	var (
		mu       sync.Mutex
		attempts []attempt
		odd      error
		wg       sync.WaitGroup
	)
	target := newAPI(server.api)
	for client := range clients {
		wg.Go(func() {
			for i := 0; ; i++ {
				a := attempt{email: fmt.Sprintf("round-%d.client-%d.%d@example.com", n, client, i)}
				answer, err := target.signUp(ctx, a.email)
				mu.Lock()
				switch {
				case err != nil: // killed: nobody knows
				case answer.status == http.StatusOK:
					a.acknowledged, a.cookie = true, answer.cookie
				default:
					odd = fmt.Errorf("sign up %s: %s", a.email, answer)
				}
				attempts = append(attempts, a)
				mu.Unlock()
				if err != nil || !a.acknowledged {
					return
				}
			}
		})
	}
	select {
	case <-time.After(life):
	case <-ctx.Done():
	}
	err := server.kill()
	wg.Wait()
	if err == nil {
		err = odd
	}
	if err == nil {
		err = ctx.Err()
	}
	return attempts, err
}

// check asks the restarted server about one sign-up.
func (t *tally) check(ctx context.Context, server api, a attempt) error {
	in, err := server.signIn(ctx, a.email)
	if err != nil {
		return err
	}
	switch {
	case a.acknowledged && in.status != http.StatusOK:
		return fmt.Errorf("%s was signed up and is lost: sign-in answers %s", a.email, in)
	case a.acknowledged:
		t.acknowledged++
		return server.checkSession(ctx, a)
	case in.status == http.StatusOK:
		t.whole++
		return nil
	case in.status != http.StatusUnauthorized:
		return fmt.Errorf("sign in %s: %s", a.email, in)
	}
	up, err := server.signUp(ctx, a.email)
	if err != nil {
		return err
	}
	if up.status != http.StatusOK {
		return fmt.Errorf("%s is half written: sign-in answers 401, and sign-up %s", a.email, up)
	}
	t.absent++
	return nil
}
