package organization

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (p *Plugin) setUpOrganizations(s *core.Setup) {
	p.CreateOrganization = core.Route(s, core.Endpoint[CreateInput, CreateOutput]{
		Method: http.MethodPost, Path: "/organization/create", OperationID: "createOrganization",
		Summary: "Create an organization, with the user as its owner",
		Doc:     core.Doc{Success: "The organization and its first member", Creates: modelOrganization},
		Handle:  p.create,
	})
	p.CheckOrganizationSlug = core.Route(s, core.Endpoint[CheckSlugInput, CheckSlugOutput]{
		Method: http.MethodPost, Path: "/organization/check-slug", OperationID: "checkOrganizationSlug",
		Summary: "Ask whether a slug is free",
		Use:     []core.Middleware{core.RequireRequestSession}, Handle: p.checkSlug,
	})
	p.UpdateOrganization = core.Route(s, core.Endpoint[UpdateInput, Detailed]{
		Method: http.MethodPost, Path: "/organization/update", OperationID: "updateOrganization",
		Summary: "Change an organization",
		Handle:  p.update,
	})
	p.DeleteOrganization = core.Route(s, core.Endpoint[DeleteInput, Organization]{
		Method: http.MethodPost, Path: "/organization/delete", OperationID: "deleteOrganization",
		Summary: "Delete an organization with all that belongs to it",
		Handle:  p.delete,
	})
	p.setUpActive(s)
}

// CheckSlugInput is the body of POST /organization/check-slug.
type CheckSlugInput struct {
	Slug string `json:"slug" doc:"The slug to ask about"`
}

// CheckSlugOutput says that the slug is free.
type CheckSlugOutput struct {
	Status bool `json:"status"`
}

func (p *Plugin) checkSlug(c *core.Ctx, in CheckSlugInput) (*CheckSlugOutput, error) {
	_, taken, err := p.organizations.bySlug(c.Context(), in.Slug)
	if err == nil && taken {
		err = ErrSlugTaken
	}
	return &CheckSlugOutput{true}, err
}

// UpdateInput is the body of POST /organization/update.
type UpdateInput struct {
	Data           UpdateData `json:"data" doc:"What is to change"`
	OrganizationID *string    `json:"organizationId" doc:"The organization; the active one unless given"`
}

// UpdateData is what of an organization is to change.
type UpdateData struct {
	Name     *string           `json:"name" check:"min=1,max=255" doc:"What the organization is called"`
	Slug     *string           `json:"slug" check:"min=1,max=255" doc:"Its name in addresses, which no other has"`
	Logo     input.Opt[string] `json:"logo" doc:"URL of a picture"`
	Metadata *wire.Object      `json:"metadata,optional" doc:"Anything else, in the place of what there was"`
	// Rest holds the additional fields of the organization.
	Rest *wire.Object `json:",rest,loose"`
}

func (p *Plugin) update(c *core.Ctx, in UpdateInput) (*Detailed, error) {
	set, err := p.changes(in.Data)
	if err != nil {
		return nil, err
	}
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	if acting == nil {
		return nil, errNoUser
	}
	organizationID := p.named(c, in.OrganizationID)
	if organizationID == "" {
		return nil, ErrNotFound
	}
	var e *Event
	h := &p.opts.OrganizationHooks
	err = p.asMember(c, organizationID, acting.User.ID, ErrNotAMember, func(m Member) error {
		if err := p.need(c, m, "organization", "update", ErrMayNotUpdate); err != nil {
			return err
		}
		if in.Data.Slug != nil {
			other, ok, err := p.organizations.bySlug(c.Context(), *in.Data.Slug)
			if err != nil || ok && other.ID != organizationID {
				return errors.Join(err, when(err == nil, ErrSlugTaken))
			}
		}
		e = &Event{User: acting.User, Member: m, Data: maps.Clone(set)}
		if h.BeforeUpdateOrganization != nil {
			var ok bool
			if e.Organization, ok, err = p.organizations.byID(c.Context(), organizationID); err != nil || !ok {
				return orElse(err, ErrNotFound)
			}
		}
		if err := hook(c.Context(), h.BeforeUpdateOrganization, e); err != nil {
			return err
		}
		org, ok, err := p.organizations.change(c.Context(), organizationID, e.Data, ErrSlugTaken)
		if err != nil || !ok {
			return orElse(err, ErrNotFound)
		}
		e.Organization, e.Data = org, nil
		return afterwards(c.Context(), tell(h.AfterUpdateOrganization, e))
	})
	if err != nil {
		return nil, err
	}
	return &Detailed{p.organizations.out(e.Organization)}, nil
}

func (p *Plugin) changes(in UpdateData) (db.Row, error) {
	set, err := p.additional(modelOrganization, in.Rest, "body.data", false)
	if err != nil {
		return nil, err
	}
	if in.Name != nil {
		set["name"] = *in.Name
	}
	if in.Slug != nil {
		set["slug"] = *in.Slug
	}
	if in.Logo.Set {
		set["logo"] = nil
		if logo, ok := in.Logo.Get(); ok {
			set["logo"] = logo
		}
	}
	if in.Metadata != nil {
		text, err := wire.Marshal(in.Metadata)
		if err != nil {
			return nil, err
		}
		set["metadata"] = string(text)
	}
	return set, nil
}

// DeleteInput is the body of POST /organization/delete.
type DeleteInput struct {
	OrganizationID string `json:"organizationId" doc:"The organization"`
}

func (p *Plugin) delete(c *core.Ctx, in DeleteInput) (*Organization, error) {
	if p.opts.DisableOrganizationDeletion {
		return nil, errDeletionDisabled
	}
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	if acting == nil {
		return nil, errSignedOut
	}
	if in.OrganizationID == "" {
		return nil, ErrNotFound
	}
	var e *Event
	h := &p.opts.OrganizationHooks
	err = p.asMember(c, in.OrganizationID, acting.User.ID, ErrNotAMember, func(m Member) error {
		if err := p.need(c, m, "organization", "delete", ErrMayNotDelete); err != nil {
			return err
		}
		org, ok, err := p.organizations.byID(c.Context(), in.OrganizationID)
		if err != nil || !ok {
			return errors.Join(err, when(err == nil, errBadRequest))
		}
		e = &Event{User: acting.User, Member: m, Organization: org}
		if err := hook(c.Context(), h.BeforeDeleteOrganization, e); err != nil {
			return err
		}
		if err := p.dissolve(c.Context(), org.ID); err != nil {
			return err
		}
		return afterwards(c.Context(), p.forgetting(c, org.ID), tell(h.AfterDeleteOrganization, e))
	})
	if err != nil {
		return nil, err
	}
	return new(p.organizations.out(e.Organization)), nil
}

// dissolve deletes an organization with all that belongs to it, also where the
// database does not do so by itself.
func (p *Plugin) dissolve(ctx context.Context, organizationID string) error {
	if p.opts.Teams.Enabled {
		teams, err := p.teams.of(ctx, organizationID, 0)
		if err != nil {
			return err
		}
		ids := make([]string, len(teams))
		for i, t := range teams {
			ids[i] = t.ID
		}
		if err := errors.Join(p.teamMembers.deleteAll(ctx, ids...), p.teams.deleteAll(ctx, organizationID)); err != nil {
			return err
		}
	}
	if p.opts.DynamicAccessControl.Enabled {
		if err := p.roles.deleteAll(ctx, organizationID); err != nil {
			return err
		}
	}
	if err := p.members.deleteAll(ctx, organizationID); err != nil {
		return err
	}
	if err := p.invitations.deleteAll(ctx, organizationID); err != nil {
		return err
	}
	return p.organizations.delete(ctx, organizationID)
}
