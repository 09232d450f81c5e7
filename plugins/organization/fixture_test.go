package organization_test

import (
	stdcontext "context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/access"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// town is a server with an organization of Ann's.
type town struct {
	*authtest.Server

	t      *testing.T
	plugin *organization.Plugin
	ann    *person
	id     string // of the organization
	anns   string // membership
}

// person is somebody who has signed up.
type person struct {
	*authtest.Client

	id, email string
}

type change = func(*organization.Options, *core.Options)

// server has teams, roles of organizations' own and a sender, unless the test says
// otherwise.
func server(t *testing.T, changes ...change) *town {
	t.Helper()
	s, err := try(t, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func try(t *testing.T, changes ...change) (*town, error) {
	t.Helper()
	w := &town{t: t}
	outbox := &authtest.Outbox{}
	s, err := authtest.Try(t, func(o *core.Options) {
		opts := organization.Options{
			Teams:                organization.Teams{Enabled: true},
			AccessControl:        organization.AccessControl{Statements: organization.DefaultStatements()},
			DynamicAccessControl: organization.DynamicAccessControl{Enabled: true},
			SendInvitationEmail:  authtest.Keep[organization.InvitationEmail](outbox),
		}
		for _, f := range changes {
			f(&opts, o)
		}
		w.plugin = organization.New(opts)
		o.Plugins = append(o.Plugins, w.plugin)
	})
	if err != nil {
		return nil, err
	}
	w.Server = s
	w.Outbox = outbox
	return w, nil
}

// founded is a server on which Ann has made an organization.
func founded(t *testing.T, changes ...change) *town {
	t.Helper()
	w := server(t, changes...)
	w.ann = w.person("ann")
	w.id, w.anns = w.found(w.ann, "acme")
	return w
}

func (w *town) person(name string) *person {
	w.t.Helper()
	p := &person{Client: w.Client(), email: name + "@example.com"}
	id, _ := p.SignUp(p.email, "password123").At(w.t, "user", "id").(string)
	p.id = id
	return p
}

// found makes an organization and returns its id and that of the first membership.
func (w *town) found(p *person, slug string) (id, member string) {
	w.t.Helper()
	a := w.ok(p.Post("/organization/create", map[string]any{"name": strings.ToUpper(slug), "slug": slug}))
	members, _ := a.At(w.t, "members").([]any)
	first, _ := members[0].(*wire.Object)
	v, _ := first.Get("id")
	member, _ = v.(string)
	return a.Text(w.t, "id"), member
}

// member is somebody who has joined Ann's organization, and the membership.
func (w *town) member(name, role string) (*person, string) {
	w.t.Helper()
	p := w.person(name)
	return p, w.join(p, w.id, role)
}

func (w *town) join(p *person, organizationID, role string) string {
	w.t.Helper()
	m, err := w.plugin.AddMember.Call(w.t.Context(), organization.AddMemberInput{UserID: p.id, Role: role, OrganizationID: &organizationID})
	if err != nil {
		w.t.Fatalf("add a member: %v", err)
	}
	return m.ID
}

func (w *town) invite(email, role string, more ...map[string]any) string {
	w.t.Helper()
	body := map[string]any{"email": email, "role": role, "organizationId": w.id}
	for _, m := range more {
		maps.Copy(body, m)
	}
	return w.ok(w.ann.Post("/organization/invite-member", body)).Text(w.t, "id")
}

func (w *town) team(name string) string {
	w.t.Helper()
	return w.ok(w.ann.Post("/organization/create-team", map[string]any{"name": name, "organizationId": w.id})).Text(w.t, "id")
}

// verify makes every address a verified one.
func (w *town) verify() {
	w.t.Helper()
	w.set("user", db.Row{"emailVerified": true})
}

func (w *town) set(model string, set db.Row) {
	w.t.Helper()
	if _, err := w.Store().Update(w.t.Context(), db.Change{Table: w.Table(model), Set: set}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) rows(model string) []db.Row {
	w.t.Helper()
	return w.rowsIn(w.t.Context(), model)
}

// rowsIn is rows as a transaction sees them.
func (w *town) rowsIn(ctx context, model string) []db.Row {
	w.t.Helper()
	rows, err := w.Store().Select(ctx, db.Query{Table: w.Table(model)})
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// calls are what reaches the database, such as "delete member", while on is set.
type calls struct {
	on   bool
	made []string
	// locks are the names of those that were taken.
	locks []string
	// meanwhile runs once, ahead of the call of the name.
	name      string
	meanwhile func(ctx context)
}

func (l *calls) watch(_ *organization.Options, o *core.Options) {
	o.Database = locking{l, dbtest.Watched{Adapter: o.Database, Before: func(ctx context, call dbtest.Call) error {
		if !l.on {
			return nil
		}
		l.made = append(l.made, call.String())
		if do := l.meanwhile; do != nil && call.String() == l.name {
			l.meanwhile = nil
			do(ctx)
		}
		return nil
	}}}
}

type locking struct {
	calls *calls
	dbtest.Watched
}

func (l locking) Lock(ctx context, name string) error {
	if l.calls.on {
		l.calls.locks = append(l.calls.locks, name)
	}
	return l.Watched.Lock(ctx, name)
}

func (w *town) ok(a *authtest.Answer) *authtest.Answer {
	w.t.Helper()
	if a.Status != http.StatusOK {
		w.t.Fatalf("got %d %s", a.Status, a.Body)
	}
	return a
}

// said is the status and the code of an answer, or its message where it has none.
func said(t *testing.T, a *authtest.Answer) string {
	t.Helper()
	if a.Status == http.StatusOK || a.Body == "" {
		return fmt.Sprint(a.Status)
	}
	if code := a.Text(t, "code"); code != "" {
		return fmt.Sprintf("%d %s", a.Status, code)
	}
	return fmt.Sprintf("%d %s", a.Status, a.Text(t, "message"))
}

func (w *town) want(want string, a *authtest.Answer) {
	w.t.Helper()
	if got := said(w.t, a); got != want {
		w.t.Errorf("got %s, want %s (%s)", got, want, a.Body)
	}
}

// active is what a person's session has as its active organization or team.
func (w *town) active(p *person, field string) string {
	w.t.Helper()
	v, _ := w.ok(p.Get("/get-session")).At(w.t, "session", field).(string)
	return v
}

// list are the values of a member in a list.
func list(t *testing.T, a *authtest.Answer, member string) []string {
	t.Helper()
	items, _ := a.JSON(t).([]any)
	out := []string{}
	for _, item := range items {
		o, _ := item.(*wire.Object)
		v, _ := o.Get(member)
		s, _ := v.(string)
		out = append(out, s)
	}
	return out
}

type (
	context    = stdcontext.Context
	statements = access.Statements
)
