package database

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// Stores are an open database and an open secondary storage. Either may be
// missing.
type Stores struct {
	database  db.Adapter
	secondary secondary.Storage
}

// Ping asks all of it at the same time; the error names what does not answer.
func (s *Stores) Ping(ctx context.Context) error {
	var secondaryStorage error
	var asking sync.WaitGroup
	asking.Go(func() { secondaryStorage = s.PingSecondaryStorage(ctx) })
	database := s.PingDatabase(ctx)
	asking.Wait()
	return errors.Join(database, secondaryStorage)
}

// PingDatabase asks whether the database answers. One that is missing does.
func (s *Stores) PingDatabase(ctx context.Context) error {
	return ping(ctx, databaseOption, s.database)
}

// PingSecondaryStorage asks whether the secondary storage answers. One that is
// missing does.
func (s *Stores) PingSecondaryStorage(ctx context.Context) error {
	return ping(ctx, secondaryOption, s.secondary)
}

// Close ends the use of all of it. It waits for running queries until ctx ends.
func (s *Stores) Close(ctx context.Context) error {
	return errors.Join(closed(ctx, databaseOption, s.database), closed(ctx, secondaryOption, s.secondary))
}

// The options that name what is open, in errors.
const (
	databaseOption  = "database"
	secondaryOption = "secondaryStorage"
)

func ping(ctx context.Context, option string, store any) error {
	if p, ok := store.(interface{ Ping(context.Context) error }); ok {
		return named(option, p.Ping(ctx))
	}
	return nil
}

func closed(ctx context.Context, option string, store any) error {
	if c, ok := store.(interface{ Close(context.Context) error }); ok {
		return named(option, c.Close(ctx))
	}
	return nil
}

func named(option string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", option, err)
	}
	return nil
}
