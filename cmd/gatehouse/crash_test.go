package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// Whoever was told that an account exists can sign in, whenever the server was
// killed; whoever was not may try again.
func TestAcknowledgedSignUpsSurviveKill(t *testing.T) {
	t.Parallel()
	const rounds, clients, acknowledged = 3, 2, 2
	dir := t.TempDir()
	accepted := map[string]bool{}
	tried := []string{}
	for round := range rounds {
		p := start(t, dir, "dev", "--addr", "127.0.0.1:0")
		var mu sync.Mutex
		var wg sync.WaitGroup
		enough := make(chan struct{})
		for client := range clients {
			wg.Go(func() {
				for n := 0; ; n++ {
					email := fmt.Sprintf("user-%d-%d-%d@example.com", round, client, n)
					mu.Lock()
					tried = append(tried, email)
					mu.Unlock()
					status, answer, err := p.browser().try("POST", "/api/auth/sign-up/email", signUp(email))
					if err != nil {
						return // the server is gone
					}
					if status != 200 {
						t.Errorf("sign-up: status %d, %s", status, answer)
						return
					}
					mu.Lock()
					accepted[email] = true
					if len(accepted) == (round+1)*acknowledged {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		finished := make(chan struct{})
		go func() {
			wg.Wait()
			close(finished)
		}()
		select {
		case <-enough:
		case <-finished: // all have failed, and said so
		}
		p.stop(os.Kill)
		<-finished
	}
	p := start(t, dir, "dev", "--addr", "127.0.0.1:0")
	for _, email := range tried {
		b := p.browser()
		status, answer, err := b.try("POST", "/api/auth/sign-in/email", signUp(email))
		if err != nil {
			t.Fatal(err)
		}
		if status == 200 {
			continue // acknowledged, or written without the answer getting through
		}
		if accepted[email] {
			t.Errorf("%s was signed up and cannot sign in: status %d, %s", email, status, answer)
		}
		// Half a user, without an account, could neither sign in nor up.
		b.send(200, "POST", "/api/auth/sign-up/email", signUp(email))
	}
}

func signUp(email string) string {
	return strings.Replace(credentials, "ada@example.com", email, 1)
}
