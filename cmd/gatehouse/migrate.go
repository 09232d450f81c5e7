package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
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
	s, plan, err := m.plan(ctx, !c.DryRun)
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
	done := 0
	_, err = s.migrate(ctx, func(step db.Step) {
		done++
		t.printf("[%d/%d] %s\n", done, max(done, len(plan.Steps)), title(step))
	})
	if err != nil {
		return err
	}
	t.printf("The database is up to date.\n")
	return nil
}

type statusCommand struct {
	Check bool `help:"Exit with 1 when something is missing."`
	JSON  bool `help:"Print {upToDate, steps, conflicts} as JSON."`
}

// Run shows the plan.
func (c *statusCommand) Run(ctx context.Context, t *terminal, m *migrateCommand) error {
	s, plan, err := m.plan(ctx, false)
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
	s, plan, err := m.plan(ctx, false)
	if err != nil {
		return err
	}
	defer s.close()
	if len(plan.Conflicts) > 0 {
		t.notef("%s", describe(plan))
		return errors.New("columns disagree with the configuration; SQL for the rest alone would not help")
	}
	var sql strings.Builder
	for _, step := range plan.Steps {
		fmt.Fprintf(&sql, "-- %s\n%s;\n\n", title(step), strings.TrimSuffix(strings.TrimSpace(step.SQL), ";"))
	}
	if c.Output == "-" {
		t.printf("%s", sql.String())
		return nil
	}
	if err := os.WriteFile(c.Output, []byte(sql.String()), 0o644); err != nil { //nolint:gosec // a schema is no secret
		return fmt.Errorf("write the SQL: %w", err)
	}
	t.printf("%d statements in %s\n", len(plan.Steps), c.Output)
	return nil
}

// plan opens the database and compares. Unless it may be created, a missing
// development database is an empty one in memory, so that looking makes no file.
func (m *migrateCommand) plan(ctx context.Context, create bool) (*service, *db.Plan, error) {
	cfg, err := m.load(create)
	if err != nil {
		return nil, nil, err
	}
	// A secret has no influence on tables: migrating must not need one.
	cfg.Options.Secret, cfg.Options.Secrets, cfg.Options.Production = newSecret(), nil, false
	cfg.Options.Logger.Disabled = true
	s, err := open(ctx, cfg, nil)
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
		cfg, err := config.Load(m.Config, config.Source{Env: os.LookupEnv, Deliver: unused})
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
