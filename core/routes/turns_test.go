package routes_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// slowFirst is a hasher whose first work waits.
type slowFirst struct {
	tally
	once           sync.Once
	begun, release chan struct{}
}

func (h *slowFirst) Hash(ctx context.Context, pw string) (string, error) {
	h.once.Do(func() {
		close(h.begun)
		<-h.release
	})
	return h.tally.Hash(ctx, pw)
}

// An application calls in its own transaction while a request has the turn and
// needs the connection that the transaction holds: neither would ever go on.
func TestATransactionDoesNotWaitForItsTurn(t *testing.T) {
	h := &slowFirst{begun: make(chan struct{}), release: make(chan struct{})}
	s := authtest.New(t, func(o *core.Options) { o.Hasher = h })
	var answer *authtest.Answer
	var request sync.WaitGroup
	request.Go(func() { answer = s.Client().Post("/sign-up/email", body(nil)) })
	<-h.begun
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := s.Store().Tx(ctx, func(ctx context.Context) error {
		close(h.release)
		_, err := s.Routes.SignUpEmail.Call(ctx, routes.SignUpEmailInput{Name: "Ann", Email: email, Password: password})
		return err
	})
	request.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("both wait for each other")
	}
	// Either of them may be first.
	switch {
	case err == nil:
		answers(t, answer, http.StatusUnprocessableEntity, userExists)
	case errors.Is(err, core.ErrUserExists):
		same(t, "status of the request", http.StatusOK, answer.Status)
	default:
		t.Errorf("the call gets %v", err)
	}
	count(t, s, "user", 1)
}
