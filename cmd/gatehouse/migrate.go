package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

type migrateCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration; without it, the database of gatehouse dev in the current directory."`

	Apply    applyCommand    `cmd:"" default:"withargs" help:"Show what is missing and add it (what gatehouse migrate does by itself)."`
	Status   statusCommand   `cmd:"" help:"Show what is missing."`
	Generate generateCommand `cmd:"" help:"Write what is missing as SQL, to be run by other means."`
}

type applyCommand struct {
	DryRun bool `help:"Show the plan and change nothing."`
}

// Run shows the plan, then runs it step by step.
func (c *applyCommand) Run(ctx context.Context, t *terminal, m *migrateCommand) error {
	// A signal ends the migration in order: what can be undone is.
	ctx, stop := signals(ctx)
	defer stop()
	s, plan, err := m.plan(ctx, t, !c.DryRun)
	if err != nil {
		return err
	}
	defer s.close()
	t.show(plan)
	if len(plan.Conflicts) > 0 {
		t.notef("gatehouse: nothing was changed: alter these columns, or rename the fields in the configuration\n")
		return errReported
	}
	if plan.Empty() || c.DryRun {
		return nil
	}
	p := newProgress(t, len(plan.Steps))
	_, err = s.migrate(ctx, p.step)
	p.end()
	if err != nil {
		return unfinished(err)
	}
	if p.done == 0 {
		t.printf("Another process has migrated it meanwhile.\n")
	}
	t.printf("The database is up to date.\n")
	return nil
}

// unfinished says what stands of a migration that failed, and what to do.
func unfinished(err error) error {
	const again = "mend the cause and run `gatehouse migrate` again"
	var conflict *db.ConflictError
	var undo *sqlbun.UndoError
	switch {
	case errors.As(err, &conflict):
		return err // it says what to do
	case errors.As(err, &undo):
		var steps strings.Builder
		for _, s := range undo.Stand {
			steps.WriteString("  " + s.String() + "\n")
		}
		return fmt.Errorf("migrate the database: %w\nThese steps were done and stand:\n%sThe others were not, or were undone: %s; it goes on from there", undo.Err, &steps, again)
	case errors.Is(err, db.ErrUnavailable):
		return fmt.Errorf("%w\nThe connection was lost: `gatehouse migrate status` shows what the database lacks; %s", err, again)
	}
	return fmt.Errorf("%w\nNothing was changed: %s", err, again)
}

type statusCommand struct {
	Check bool `help:"Exit with 1 when something is missing."`
	JSON  bool `help:"Print {upToDate, steps, conflicts} as JSON."`
}

// Run shows the plan.
func (c *statusCommand) Run(ctx context.Context, t *terminal, m *migrateCommand) error {
	s, plan, err := m.plan(ctx, t, false)
	if err != nil {
		return err
	}
	defer s.close()
	if c.JSON {
		text, err := wire.Marshal(document(plan))
		if err != nil {
			return fmt.Errorf("status: %w", err)
		}
		t.printf("%s\n", text)
	} else {
		t.show(plan)
	}
	if c.Check && !plan.Empty() {
		return errReported
	}
	return nil
}

type generateCommand struct {
	Output string `required:"" short:"o" placeholder:"FILE" help:"File to write, - for standard output."`
}

// Run writes the statements.
func (c *generateCommand) Run(ctx context.Context, t *terminal, m *migrateCommand) error {
	s, plan, err := m.plan(ctx, t, false)
	if err != nil {
		return err
	}
	defer s.close()
	if len(plan.Conflicts) > 0 {
		t.notef("%s", describe(plan))
		return errors.New("columns disagree with the configuration; SQL for the rest alone would not help")
	}
	sql := plan.SQL()
	if c.Output == "-" {
		t.printf("%s", sql)
		return nil
	}
	if err := os.WriteFile(c.Output, []byte(sql), 0o644); err != nil { //nolint:gosec // a schema is no secret
		return fmt.Errorf("write the SQL: %w", err)
	}
	t.printf("%d statements in %s\n", len(plan.Steps), c.Output)
	return nil
}

// plan opens the database and compares. Unless it may be created, a missing
// development database is an empty one in memory, so that looking makes no file.
func (m *migrateCommand) plan(ctx context.Context, t *terminal, create bool) (*service, *db.Plan, error) {
	cfg, err := m.load(create)
	if err != nil {
		return nil, nil, err
	}
	// A secret has no influence on tables: migrating must not need one.
	cfg.Options.Secret, cfg.Options.Secrets, cfg.Options.Production = newSecret(), nil, false
	cfg.Options.Logger.Disabled = true
	if cfg.Redis != nil {
		// Tables depend on whether there is a secondary storage, not on which:
		// migrating must not need one that answers.
		cfg.Redis, cfg.Options.SecondaryStorage = nil, secondary.NewMemory(nil)
	}
	s, err := open(ctx, cfg, nil, t.waiting)
	if err != nil {
		return nil, nil, err
	}
	plan, err := s.plan(ctx)
	if err != nil {
		s.close()
		return nil, nil, err
	}
	return s, plan, nil
}

func (m *migrateCommand) load(create bool) (*config.Config, error) {
	unused := func(context.Context, config.Message) error { return nil }
	if m.Config != "" {
		cfg, err := config.Load(m.Config, config.Source{
			Env: os.LookupEnv, Deliver: unused,
			// Whoever migrates need not have the passwords of all the rest.
			Unused: []string{"secret", "secrets", "secondaryStorage", "server"},
		})
		if err != nil {
			return nil, &configError{err}
		}
		return cfg, nil
	}
	cfg, err := devConfig("3000", "", unused)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(devDatabase); errors.Is(err, os.ErrNotExist) && !create {
		cfg.Database.DSN = ":memory:"
	}
	return cfg, nil
}
