package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
	"github.com/gatehouse-auth/gatehouse/facade/database/mysql"
	"github.com/gatehouse-auth/gatehouse/facade/database/postgres"
	"github.com/gatehouse-auth/gatehouse/facade/database/redis"
)

// drivers links every database: whoever installs the program needs no tags.
func drivers() database.Drivers {
	return database.Drivers{Postgres: postgres.Open, MySQL: mysql.Open, Redis: redis.Open}
}

// How long a command waits at its start for a database or a Redis that is away:
// enough for those that are started together, and soon over, so that whoever
// supervises the program hears of it.
const (
	startTimeout = 5 * time.Second
	firstPause   = 100 * time.Millisecond // between two tries; doubles
)

// connect opens what a configuration names and puts it into the options. What is
// away, or does not accept connections yet, is tried again until startTimeout has
// passed; waiting hears why, once. Everything else that is wrong is an error at
// once.
func connect(ctx context.Context, d database.Drivers, cfg *config.Config, waiting func(error)) (*database.Stores, error) {
	bounded, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var last error
	for pause := firstPause; ; pause *= 2 {
		stores, err := d.Open(bounded, cfg)
		switch {
		case err == nil:
			return stores, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case bounded.Err() != nil:
			if last == nil {
				last = err // the only try took all the time
			}
			return nil, away(last)
		case errors.Is(err, database.ErrMissing) || errors.Is(err, database.ErrNotLinked):
			return nil, &configError{err}
		case !errors.Is(err, db.ErrUnavailable):
			return nil, err
		}
		if last == nil {
			waiting(err)
		}
		last = err
		select {
		case <-time.After(pause):
		case <-bounded.Done():
		}
	}
}

func away(err error) error {
	return fmt.Errorf("%w; waited for %s: start it, or correct where the configuration says it is", err, startTimeout)
}

// waiting tells a person why nothing happens yet.
func (t *terminal) waiting(err error) { t.notef("gatehouse: waiting for an answer: %s\n", err) }
