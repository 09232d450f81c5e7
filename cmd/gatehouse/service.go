package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/outbox"
	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/server"
	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/startpage"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
)

const (
	closeTimeout = 5 * time.Second // of the database, when all else has ended

	// sparePing is how long a probe waits for a Redis that is not needed. Load
	// balancers often wait for no more than a second.
	sparePing = 500 * time.Millisecond
)

// service is a configured server with what it keeps its data in.
type service struct {
	auth   *gatehouse.Auth
	stores *database.Stores
	box    *outbox.Outbox // nil unless developing
}

// open connects to the database and builds the server. With a box the service
// is one for development. waiting hears of a database that has to be waited for.
func open(ctx context.Context, cfg *config.Config, box *outbox.Outbox, waiting func(error)) (*service, error) {
	stores, err := connect(ctx, drivers(), cfg, waiting)
	if err != nil {
		return nil, err
	}
	s := &service{stores: stores, box: box}
	if s.auth, err = gatehouse.New(cfg.Options); err != nil {
		s.close()
		return nil, &configError{err}
	}
	return s, nil
}

// close disconnects. What the database had acknowledged is kept either way.
func (s *service) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = s.stores.Close(ctx)
}

// plan tells what the database lacks. A store that makes its tables by itself
// lacks nothing.
func (s *service) plan(ctx context.Context) (*db.Plan, error) {
	m, ok := s.auth.Migrator()
	if !ok {
		return &db.Plan{}, nil
	}
	plan, err := m.Plan(ctx, s.auth.Tables())
	if err != nil {
		return nil, fmt.Errorf("compare the database with the configuration: %w", err)
	}
	return plan, nil
}

// migrate brings the database to the declared tables. progress, which may be
// nil, hears of each step when it is done.
func (s *service) migrate(ctx context.Context, progress func(db.Step)) (*db.Plan, error) {
	m, ok := s.auth.Migrator()
	if !ok {
		return &db.Plan{}, nil
	}
	plan, err := m.Apply(ctx, s.auth.Tables(), progress)
	if err != nil {
		return plan, fmt.Errorf("migrate the database: %w", err)
	}
	return plan, nil
}

// run serves until ctx ends and everything is drained.
func (s *service) run(ctx context.Context, listeners []net.Listener, cfg server.Config) error {
	var err error
	if cfg.Handler, err = s.handler(); err != nil {
		return err
	}
	cfg.Flush, cfg.Ready = s.auth.Close, s.ready
	return server.New(cfg).Run(ctx, listeners)
}

// ready asks the database and the Redis. A Redis that does not answer keeps a
// server from being ready where sessions are nowhere else: all servers share it,
// and one that can still tell who is signed in is better than none.
func (s *service) ready(ctx context.Context) error {
	o := s.auth.Options()
	if o.Database == nil || !o.Session.StoreSessionInDatabase {
		return s.stores.Ping(ctx)
	}
	var redis error
	var asking sync.WaitGroup
	asking.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, sparePing)
		defer cancel()
		redis = s.stores.PingSecondaryStorage(ctx)
	})
	err := s.stores.PingDatabase(ctx)
	asking.Wait()
	switch {
	case err != nil:
		return errors.Join(err, redis)
	case redis != nil:
		return &server.DegradedError{Err: redis}
	}
	return nil
}

func (s *service) handler() (http.Handler, error) {
	if s.box == nil {
		return s.auth, nil
	}
	o := s.auth.Options()
	// The page is served from the root of its own origin: of the base URL it
	// needs the path, which a base URL that follows the request has as well.
	base, err := origin.NewResolver(origin.Config{BaseURL: cmp.Or(o.BaseURL, "http://localhost"), BasePath: o.BasePath})
	if err != nil {
		return nil, &configError{err}
	}
	static, _ := base.Static()
	page, err := startpage.New(strings.TrimSuffix(static.Path, "/"))
	if err != nil {
		return nil, err
	}
	d := &server.Dev{Page: page.Page(), Assets: page.Assets(), Outbox: s.box.Handler(s.auth.Idle), Next: s.auth}
	if u, err := origin.Parse(o.BaseURL); err == nil {
		d.Hosts = []string{strings.Trim(u.Hostname(), "[]")}
	}
	return d, nil
}

// signals returns a context that ends with the first signal to stop. A second
// one ends the program at once.
func signals(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// closeAll closes listeners that no server took over; those that one did are
// closed already.
func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}

// exposure is what is wrong with an address of a server for development that is
// exposed.
const exposure = "can be reached from other machines, and anybody who reaches it can read the outbox"

// exposed are the addresses that other machines may reach.
func exposed(listeners []net.Listener) []string {
	var list []string
	for _, l := range listeners {
		if addr := l.Addr().String(); !origin.IsLoopback(addr) {
			list = append(list, addr)
		}
	}
	return list
}
