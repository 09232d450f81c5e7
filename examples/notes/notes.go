// Package notes is an example of a plugin: users keep short notes.
package notes

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// ErrTooMany refuses a note to somebody who has as many as there may be.
var ErrTooMany = core.NewError(http.StatusBadRequest, "TOO_MANY_NOTES", "You have too many notes")

// Options configures the plugin. The zero value is the default.
type Options struct {
	Limit int64 `opt:"limit"` // notes of one user; 100 unless set
}

// Note is a row of the table, and what answers carry of it.
type Note struct {
	ID        string         `db:"id"`
	UserID    string         `db:"userId,index,ref=user,noreturn"` // goes with the user
	Text      string         `db:"text"`
	CreatedAt time.Time      `db:"createdAt,now"`
	Extra     map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what the tags let an answer carry.
func (n Note) MarshalJSON() ([]byte, error) { return db.MarshalRecord(n) }

// Plugin carries the endpoint, for calls in process.
type Plugin struct {
	limit int64
	auth  *core.Auth
	notes *db.Model[Note]

	Add core.Bound[AddInput, Note]
}

// New returns the plugin for one server.
func New(o Options) *Plugin {
	if o.Limit == 0 {
		o.Limit = 100
	}
	return &Plugin{limit: o.Limit}
}

// ID names the plugin.
func (p *Plugin) ID() string { return "notes" }

// Setup declares the table, the endpoint, its limit, and the hook.
func (p *Plugin) Setup(s *core.Setup) (err error) {
	p.auth = s.Auth()
	if p.notes, err = db.NewModel[Note]("note", p.auth.Now); err != nil {
		return err
	}
	s.Table(p.notes.Table)
	p.Add = core.Route(s, core.Endpoint[AddInput, Note]{
		Method: http.MethodPost, Path: "/notes/add", OperationID: "addNote", Summary: "Keep a note",
		Use: []core.Middleware{core.RequireSession}, Handle: p.add,
	})
	s.RateLimit(core.PathIs("/notes/add"), ratelimit.Rule{Window: time.Minute, Max: 10})
	s.After(core.Hook{Match: core.MatchPath("/sign-up/email"), Run: p.welcome})
	s.ErrorCodes(ErrTooMany)
	return nil
}

// AddInput is the body of POST /notes/add.
type AddInput struct {
	Text string `json:"text" check:"min=1,max=500"`
}

func (p *Plugin) add(c *core.Ctx, in AddInput) (out *Note, err error) {
	err = c.Tx(func() error { // nobody else adds one of this user's between counting and writing
		user := c.Session().User.ID
		if err := p.auth.Store().Lock(c.Context(), "notes of "+user); err != nil {
			return err
		}
		n, err := p.auth.Store().Count(c.Context(), p.notes.Table, db.Where{db.By("userId", user)})
		if err != nil {
			return err
		}
		if n >= p.limit {
			return ErrTooMany
		}
		out, err = p.keep(c, user, in.Text)
		return err
	})
	return out, err
}

func (p *Plugin) keep(c *core.Ctx, user, text string) (*Note, error) {
	row, err := p.auth.Store().Create(c.Context(), p.notes.Table, db.Row{"userId": user, "text": text})
	if err != nil {
		return nil, err
	}
	n, err := p.notes.Record(row)
	n = p.notes.Output(n)
	return &n, err
}

// welcome gives a first note to whoever has just signed up.
func (p *Plugin) welcome(c *core.Ctx) error {
	if c.NewSession() == nil {
		return nil // refused, or the address has to be proven first
	}
	if _, err := p.keep(c, c.NewSession().User.ID, "Welcome!"); err != nil {
		c.Log().Warn("no welcome note", "error", err) // which is no reason to fail the sign-up
	}
	return nil
}
