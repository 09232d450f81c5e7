package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// redisPrefix is that of all keys.
const redisPrefix = "bench:"

// shelf is a Redis with sessions in it.
type shelf struct {
	*local.Redis
	sessions []exchange // to ask for
}

// redisShelf starts a Redis, once. It writes nothing to the disk.
func (b *bench) redisShelf() (*shelf, error) {
	if b.shelf != nil {
		return b.shelf, nil
	}
	server, err := local.NewRedis(b.ctx, b.dir, "--appendonly", "no")
	if err != nil {
		return nil, err
	}
	err = server.Start(b.ctx)
	if server.Proc != nil {
		b.later(server.Proc.Abandon)
	}
	if err != nil {
		return nil, err
	}
	b.shelf = &shelf{Redis: server}
	return b.shelf, nil
}

// stock signs users in at a Gatehouse, once, for all contenders: what one server
// has written the others read.
func (b *bench) stock(w *workload, d *database) error {
	shelf, err := b.redisShelf()
	if err != nil || len(shelf.sessions) > 0 {
		return err
	}
	server, err := startGatehouse(b, w, d, "stock")
	if err != nil {
		return err
	}
	defer server.Abandon()
	for n := range min(few, d.signers()) {
		email := mail(n + 1)
		body, err := json.Marshal(settings{"email": email, "password": userPassword})
		if err != nil {
			return err
		}
		_, given, err := call(b.ctx, http.MethodPost, server.addr, "/sign-in/email", "", string(body))
		if err != nil {
			return fmt.Errorf("sign in for Redis: %w", err)
		}
		shelf.sessions = append(shelf.sessions, exchange{get("/get-session", cookieHeader(given...)), of(email)})
	}
	return nil
}

// shelved asks for the sessions in Redis.
func shelved(s *stage) (source, error) { return cycle(s.shelf.sessions), nil }
