package db

import (
	"errors"
	"fmt"
)

// MigrationTable remembers by name which Migrations a database has had.
const MigrationTable = "gatehouseMigration"

// Migration is a change beyond what tables declare, such as values for a new
// column or an index over several. It runs once in every database, after the
// tables, columns and indexes; with them it is shown before it runs, and undone
// when a later step fails, where the database can undo such steps.
//
// MySQL and MariaDB cannot: there each statement stands by itself, and all
// statements of a Migration run again after one of them, or the note that they
// have run, has failed. Statements for "mysql" must therefore be repeatable:
// "where … is null" on an update, "if not exists" where both servers take it.
type Migration struct {
	// Name is remembered: "<plugin>/<what>". Never give a name to other
	// statements once it was released.
	Name string
	// SQL are the statements by dialect: "postgres", "mysql", "sqlite". A dialect
	// with none has nothing to do; one that is absent is refused.
	SQL map[string][]string
	// Plan returns the statements instead, for whom options may have renamed.
	Plan func(n Names) ([]string, error)
}

// Names tells a Migration what the database calls things, quoted for it.
type Names interface {
	Dialect() string // "postgres", "mysql" or "sqlite"
	Table(model string) (string, error)
	Column(model, field string) (string, error)
}

// Statements returns what a Migration runs.
func (m *Migration) Statements(n Names) ([]string, error) {
	if m.Plan != nil {
		statements, err := m.Plan(n)
		if err != nil {
			return nil, fmt.Errorf("migration %q: %w", m.Name, err)
		}
		return statements, nil
	}
	statements, ok := m.SQL[n.Dialect()]
	if !ok {
		return nil, fmt.Errorf("migration %q has no statements for %s", m.Name, n.Dialect())
	}
	return statements, nil
}

// Check looks for mistakes in the declaration.
func (m *Migration) Check() error {
	switch {
	case m.Name == "" || len(m.Name) > 255:
		return errors.New("a migration needs a name of up to 255 bytes")
	case (m.Plan == nil) == (m.SQL == nil):
		return fmt.Errorf("migration %q needs either SQL or a Plan", m.Name)
	}
	return nil
}
