package replay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// outcome is what Gatehouse did with a scenario, in the form of a recording but
// with the values themselves.
type outcome struct {
	steps  []map[string]any
	outbox []any
	rows   map[string]any
	schema map[string]any
	// unordered says that lists came in no order that was asked for.
	unordered bool
	open      opener
}

// player plays the steps of one scenario.
type player struct {
	*server
	scenario *Scenario
	jars     map[string]*jar
	saved    map[string]string
	origin   *url.URL
	prefix   string
}

func play(ctx context.Context, s *Scenario, on Storages) (out *outcome, err error) {
	srv, err := start(ctx, s, on)
	if err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if e := srv.close(ctx); err == nil && e != nil {
			err = e
		}
	}()
	p := &player{server: srv, scenario: s, jars: map[string]*jar{}, saved: map[string]string{}}
	if err := p.locate(); err != nil {
		return nil, err
	}
	out = &outcome{open: opener{srv.keys, keyPairs{}}, unordered: srv.database != nil && srv.database.unordered}
	for i := range s.Steps {
		if err := p.step(ctx, &s.Steps[i], out); err != nil {
			return nil, fmt.Errorf("step %d: %w", s.Steps[i].Number, err)
		}
	}
	out.outbox = srv.outbox.all()
	if s.Schema {
		if out.schema, err = p.schema(ctx); err != nil {
			return nil, err
		}
	}
	out.rows, err = p.allRows(ctx, out.open)
	return out, err
}

// locate finds out what requests are for: the configured base URL, else what a
// local server would be called.
func (p *player) locate() error {
	o := p.Options()
	base := "http://localhost:3000"
	switch {
	case o.BaseURL != "":
		base = o.BaseURL
	case o.DynamicBaseURL != nil && o.DynamicBaseURL.Fallback != "":
		base = o.DynamicBaseURL.Fallback
	}
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	p.origin, p.prefix = u, u.Path
	if u.Path == "" || u.Path == "/" {
		p.prefix = "/api/auth"
		if o.BasePath != "" {
			p.prefix = o.BasePath
		}
	}
	return nil
}

func (p *player) step(ctx context.Context, s *Step, out *outcome) error {
	if s.Advance != "" {
		d, err := duration(s.Advance)
		if err != nil {
			return err
		}
		p.clock.Advance(d)
	}
	if err := p.change(ctx, s); err != nil {
		return err
	}
	if s.Request == "" {
		return nil
	}
	for range s.Times {
		shown, err := p.ask(ctx, s, out.open)
		if err != nil {
			return err
		}
		out.steps = append(out.steps, shown)
		p.clock.Advance(tick)
	}
	return nil
}

// ask plays the request of a step and returns the outcome in the form of a
// recording.
func (p *player) ask(ctx context.Context, s *Step, open opener) (map[string]any, error) {
	sent := len(p.outbox.all())
	if p.storage != nil {
		if err := p.storage.mark(ctx); err != nil {
			return nil, err
		}
	}
	play := p.request
	if s.Call != "" {
		play = p.call
	}
	answer, err := play(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := p.Idle(ctx); err != nil {
		return nil, err
	}
	if err := p.save(s, answer, p.outbox.all()[sent:]); err != nil {
		return nil, err
	}
	if err := open.pairs.see(ctx, p); err != nil {
		return nil, err
	}
	shown := open.describe(answer)
	if headers, ok := shown["headers"].(map[string]any); ok && s.Call != "" {
		delete(headers, "content-type")
	}
	if shown["calls"], err = p.heard.take(); err != nil {
		return nil, err
	}
	if p.storage != nil {
		if shown["storage"], err = p.storage.changes(ctx); err != nil {
			return nil, err
		}
	}
	return shown, nil
}

// change does what a step wants with the rows and the storage.
func (p *player) change(ctx context.Context, s *Step) error {
	for what, operation := range s.Fault {
		if what != secondaryStorage {
			p.faults[what] = operation
			continue
		}
		if p.storage == nil {
			return errNoStorage
		}
		if err := p.storage.fault(operation); err != nil {
			return err
		}
	}
	if s.Delete == secondaryStorage {
		if p.storage == nil {
			return errNoStorage
		}
		return p.storage.empty(ctx)
	}
	if s.Set == nil && s.Delete == "" {
		return nil
	}
	if p.database == nil {
		return errors.New("the profile has database: none, so there are no rows")
	}
	table := func(model string) (*db.Table, error) {
		if t := p.Table(model); t != nil {
			return t, nil
		}
		return nil, fmt.Errorf("there is no model %q", model)
	}
	for model, fields := range s.Set {
		t, err := table(model)
		if err != nil {
			return err
		}
		set := db.Row{}
		for name, v := range fields {
			set[name] = v
			if f := t.Field(name); f != nil && v != nil {
				if set[name], err = db.Coerce(f, v); err != nil {
					return fmt.Errorf("set %s.%s: %w", model, name, err)
				}
			}
		}
		if _, err := p.database.Update(ctx, db.Change{Table: t, Set: set}); err != nil {
			return err
		}
	}
	if s.Delete == "" {
		return nil
	}
	t, err := table(s.Delete)
	if err != nil {
		return err
	}
	_, err = p.database.Delete(ctx, db.Removal{Table: t})
	return err
}

// secondaryStorage is how a step names the storage where others name a model.
const secondaryStorage = "secondaryStorage"

var errNoStorage = errors.New("the profile has no secondaryStorage")

// allRows reads every table that has rows, by model.
func (p *player) allRows(ctx context.Context, open opener) (map[string]any, error) {
	out := map[string]any{}
	if p.database == nil {
		return out, nil
	}
	for _, t := range p.Tables() {
		rows, err := p.database.rows(ctx, t)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			columns, _ := row.(map[string]any)
			for name, v := range columns {
				columns[name] = open.revealed(v)
			}
		}
		if len(rows) > 0 {
			out[t.Model] = rows
		}
	}
	return out, nil
}

// schema returns the names of tables and columns by model.
func (p *player) schema(ctx context.Context) (map[string]any, error) {
	out := map[string]any{}
	for _, t := range p.Tables() {
		columns, err := p.database.columns(ctx, t)
		if err != nil {
			return nil, err
		}
		list := make([]any, len(columns))
		for i, c := range columns {
			list[i] = c
		}
		out[t.Model] = map[string]any{"table": t.Name, "columns": list}
	}
	return out, nil
}
