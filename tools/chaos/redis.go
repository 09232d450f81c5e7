package main

import "github.com/gatehouse-auth/gatehouse/tools/services/local"

// redis is a Redis of the scenario's own. It writes everything down at once, so
// that what it has acknowledged is there when it has been killed.
type redis struct {
	*local.Redis
	*bench
}

func (b *bench) startRedis() (*redis, error) {
	server, err := local.NewRedis(b.ctx, b.dir, "--appendonly", "yes", "--appendfsync", "always")
	if err != nil {
		return nil, err
	}
	r := &redis{server, b}
	return r, r.start()
}

func (r *redis) start() error {
	before := r.Proc
	err := r.Start(r.ctx)
	if r.Proc != before {
		r.later(r.Proc.Abandon)
	}
	return err
}
