package organization

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// activeIn is what a session has as its active organization or team, or "".
func activeIn(s *session.WithUser, field string) string {
	if s == nil {
		return ""
	}
	id, _ := s.Session.Extra[field].(string)
	return id
}

// named is the organization that a call names, or the active one, or "".
func (p *Plugin) named(c *core.Ctx, given *string) string {
	if given != nil && *given != "" {
		return *given
	}
	return activeIn(c.CurrentSession(), activeOrganization)
}

// activate changes what is active in the session of a call, and tells the client. A
// session that has ended meanwhile is over.
func (p *Plugin) activate(ctx context.Context, c *core.Ctx, set db.Row) error {
	changed, err := p.store(ctx, c, set)
	if err != nil {
		return err
	}
	return c.RefreshSessionCookies(changed)
}

// activateQuietly is activate beside something else that has been done: as upstream,
// the session's cookies stay as they are, and a session that has ended is none of
// its business. A cache that this call has written would remember what was before,
// and where sessions live in their cookies, those are all there is.
func (p *Plugin) activateQuietly(ctx context.Context, c *core.Ctx, set db.Row) error {
	changed, err := p.store(ctx, c, set)
	if errors.Is(err, core.ErrSessionOver) {
		return nil
	}
	_, remembers := c.Cookies().Get(c.CookieSpecs().SessionData.Name)
	if err != nil || !remembers && !p.auth.SessionsInCookies() {
		return err
	}
	return c.RefreshSessionCookies(changed)
}

func (p *Plugin) store(ctx context.Context, c *core.Ctx, set db.Row) (session.WithUser, error) {
	if c.CurrentSession() == nil { // a hook has signed the user out
		return session.WithUser{}, core.ErrSessionOver
	}
	current := *c.CurrentSession()
	changed, ok, err := p.auth.Sessions().Update(ctx, current.Session.Token, set)
	switch {
	case err != nil:
		return session.WithUser{}, err
	case ok:
		current.Session = changed
	case p.auth.SessionsInCookies():
		current.Session.UpdatedAt = now(c)
		current.Session.Extra = maps.Clone(current.Session.Extra)
		maps.Copy(current.Session.Extra, set)
	default:
		return session.WithUser{}, core.ErrSessionOver
	}
	return current, nil
}

// forget takes an organization that the user is not in from the session, if it is
// the active one there: a refusal changes nothing else. What a cookie says of that
// may be of the past.
func (p *Plugin) forget(ctx context.Context, c *core.Ctx, organizationID string) error {
	current := c.CurrentSession()
	if activeIn(current, activeOrganization) != organizationID {
		return nil
	}
	if !p.auth.SessionsInCookies() {
		stored, ok, err := p.auth.Sessions().ByToken(ctx, current.Session.Token)
		if err != nil || !ok || activeIn(&stored, activeOrganization) != organizationID {
			return err
		}
	}
	return p.activateQuietly(ctx, c, db.Row{activeOrganization: nil})
}

// forgetting is forget as something that follows a change.
func (p *Plugin) forgetting(c *core.Ctx, organizationID string) following {
	return func(ctx context.Context) error { return p.forget(ctx, c, organizationID) }
}

// SetActiveInput is the body of POST /organization/set-active. An id that is null
// leaves no organization active.
type SetActiveInput struct {
	OrganizationID   input.Opt[string] `json:"organizationId" doc:"The organization; null for none"`
	OrganizationSlug *string           `json:"organizationSlug" doc:"Its slug, where no id is given"`
}

func (p *Plugin) setUpActive(s *core.Setup) {
	p.SetActiveOrganization = core.Route(s, core.Endpoint[SetActiveInput, Organization]{
		Method: http.MethodPost, Path: "/organization/set-active", OperationID: "setActiveOrganization",
		Summary: "Make an organization the active one of the session",
		Doc:     core.Doc{Success: "The organization; null where none is active", Nullable: true},
		Use:     []core.Middleware{p.signedIn}, Handle: p.setActive,
	})
}

func (p *Plugin) setActive(c *core.Ctx, in SetActiveInput) (*Organization, error) {
	current := activeIn(c.Session(), activeOrganization)
	wanted, slug := in.OrganizationID.Or(""), text(in.OrganizationSlug)
	switch {
	case in.OrganizationID.Null && current == "":
		return nil, nil //nolint:nilnil // JSON's null
	case in.OrganizationID.Null:
		return nil, p.activate(c.Context(), c, db.Row{activeOrganization: nil})
	case wanted == "" && slug == "" && current == "":
		return nil, nil //nolint:nilnil // JSON's null
	case wanted == "" && slug == "":
		wanted = current
	}
	org, ok, err := p.byIDOrSlug(c, wanted, slug)
	if err != nil {
		return nil, err
	}
	if !ok && wanted == "" {
		return nil, ErrNotFound
	}
	member := false
	if ok {
		_, member, err = p.members.of(c.Context(), org.ID, c.Session().User.ID)
		if err != nil {
			return nil, err
		}
	}
	if !member {
		// Also for an organization that there is not: who is not in it cannot tell.
		if err := p.forget(c.Context(), c, cmp.Or(org.ID, wanted)); err != nil {
			return nil, err
		}
		return nil, ErrNotAMember.WithStatus(http.StatusForbidden)
	}
	if err := p.activate(c.Context(), c, db.Row{activeOrganization: org.ID}); err != nil {
		return nil, err
	}
	return new(p.organizations.out(org)), nil
}

// byIDOrSlug finds an organization by its id, or without one by its slug.
func (p *Plugin) byIDOrSlug(c *core.Ctx, id, slug string) (Organization, bool, error) {
	if id != "" {
		return p.organizations.byID(c.Context(), id)
	}
	return p.organizations.bySlug(c.Context(), slug)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
