package organization

import (
	"context"
	"errors"
	"maps"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// CreateInput is the body of POST /organization/create.
type CreateInput struct {
	Name     string            `json:"name" check:"min=1,max=255" doc:"What the organization is called"`
	Slug     string            `json:"slug" check:"min=1,max=255" doc:"Its name in addresses, which no other has"`
	UserID   *string           `json:"userId" check:"coerce" doc:"Whose it is, where the application itself creates it; not looked at in a request"`
	Logo     input.Opt[string] `json:"logo" doc:"URL of a picture"`
	Metadata *wire.Object      `json:"metadata,optional" doc:"Anything else"`
	// KeepCurrentActiveOrganization leaves active what is active.
	KeepCurrentActiveOrganization *bool `json:"keepCurrentActiveOrganization" doc:"Leave the session's active organization as it is"`
	// Rest holds the additional fields of the organization.
	Rest *wire.Object `json:",rest,loose"`
}

// Detailed is an organization whose metadata is JSON, and absent when there is none,
// as upstream answers creation and update.
type Detailed struct{ Organization }

// MarshalJSON encodes what an answer carries.
func (d Detailed) MarshalJSON() ([]byte, error) {
	o, err := d.object()
	if err != nil {
		return nil, err
	}
	return wire.Marshal(o)
}

func (d Detailed) object() (*wire.Object, error) {
	o := db.RecordObject(d.Organization)
	o.Delete("metadata")
	if d.Metadata == nil || *d.Metadata == "" {
		return o, nil
	}
	metadata, err := wire.Decode([]byte(*d.Metadata), wire.Limits{})
	if err != nil {
		return nil, err
	}
	o.Set("metadata", metadata)
	return o, nil
}

// CreateOutput is the new organization with its first member.
type CreateOutput struct {
	Organization Detailed
	Members      []Member
}

// MarshalJSON encodes the members among the organization's fields.
func (c CreateOutput) MarshalJSON() ([]byte, error) {
	o, err := c.Organization.object()
	if err != nil {
		return nil, err
	}
	o.Set("members", c.Members)
	return wire.Marshal(o)
}

// creation is what comes of one.
type creation struct {
	org        Organization
	member     Member
	team       *Team
	teamMember TeamMember
}

func (p *Plugin) create(c *core.Ctx, in CreateInput) (*CreateOutput, error) {
	fields, err := p.additional(modelOrganization, in.Rest, "body", true)
	if err != nil {
		return nil, err
	}
	acting, err := p.whoever(c)
	if err != nil {
		return nil, err
	}
	owner, err := p.creatorOf(c, acting, in)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, db.Row{"name": in.Name, "slug": in.Slug, "createdAt": now(c)})
	if logo, ok := in.Logo.Get(); ok {
		fields["logo"] = logo
	}
	if in.Metadata != nil {
		text, err := wire.Marshal(in.Metadata)
		if err != nil {
			return nil, err
		}
		fields["metadata"] = string(text)
	}
	var made creation
	err = p.lockedAs(c, "organizations of "+owner.ID, func() error {
		if made, err = p.found(c, owner, fields); err != nil {
			return err
		}
		all := p.tellFounded(owner, made)
		if keep := in.KeepCurrentActiveOrganization; acting != nil && (keep == nil || !*keep) {
			all = append(all, p.activatingFounded(c, made))
		}
		return afterwards(c.Context(), all...)
	})
	if err != nil {
		return nil, err
	}
	return &CreateOutput{Detailed{p.organizations.out(made.org)}, []Member{p.members.out(made.member)}}, nil
}

// creatorOf is the user of the session. Without a request the application says who
// it is, and may what the user may not.
func (p *Plugin) creatorOf(c *core.Ctx, acting *session.WithUser, in CreateInput) (user.User, error) {
	if acting == nil {
		if c.Request != nil || text(in.UserID) == "" {
			return user.User{}, errSignedOut
		}
		u, ok, err := p.auth.Users().ByID(c.Context(), *in.UserID)
		if err == nil && !ok {
			err = errSignedOut
		}
		return u, err
	}
	allowed, err := !p.opts.DisableCreation, error(nil)
	if f := p.opts.MayCreate; f != nil {
		allowed, err = f(c.Context(), acting.User)
	}
	if err == nil && !allowed {
		err = ErrMayNotCreate
	}
	return acting.User, err
}

// found writes the organization, its first member and its first team. The user is
// locked, who may have a number of organizations only.
func (p *Plugin) found(c *core.Ctx, owner user.User, fields db.Row) (made creation, err error) {
	ctx := c.Context()
	if err := p.checkOrganizationLimit(ctx, owner); err != nil {
		return made, err
	}
	e := &Event{User: owner, Data: maps.Clone(fields)}
	slug, _ := fields["slug"].(string)
	if _, taken, err := p.organizations.bySlug(ctx, slug); err != nil || taken {
		return made, errors.Join(err, when(taken, ErrExists))
	}
	if err := hook(ctx, p.opts.OrganizationHooks.BeforeCreateOrganization, e); err != nil {
		return made, err
	}
	if made.org, err = p.organizations.add(ctx, e.Data, ErrExists); err != nil {
		return made, err
	}
	me := &MemberEvent{User: owner, Organization: made.org}
	if made.member, err = p.join(c, me, db.Row{"role": p.opts.CreatorRole}); err != nil {
		return made, err
	}
	if p.opts.Teams.Enabled && !p.opts.Teams.DefaultTeam.Disabled {
		made.team, made.teamMember, err = p.foundTeam(c, owner, made.org)
	}
	return made, err
}

func (p *Plugin) checkOrganizationLimit(ctx context.Context, u user.User) error {
	if f := p.opts.OrganizationLimitReached; f != nil {
		reached, err := f(ctx, u)
		return errors.Join(err, when(reached, ErrTooManyOrganizations))
	}
	if p.opts.OrganizationLimit == nil {
		return nil
	}
	n, err := p.members.ofUser(ctx, u.ID)
	return errors.Join(err, when(n >= int64(*p.opts.OrganizationLimit), ErrTooManyOrganizations))
}

// when is an error where something is so.
func when(is bool, err error) error {
	if is {
		return err
	}
	return nil
}

// tellFounded are the hooks of a creation.
func (p *Plugin) tellFounded(owner user.User, made creation) []following {
	h := &p.opts.OrganizationHooks
	all := []following{tell(h.AfterAddMember, &MemberEvent{User: owner, Organization: made.org, Member: made.member})}
	if made.team != nil {
		all = append(all, tell(h.AfterCreateTeam, &TeamEvent{User: &owner, Organization: made.org, Team: *made.team}))
	}
	return append(all, tell(h.AfterCreateOrganization, &Event{User: owner, Organization: made.org, Member: made.member}))
}

// activatingFounded makes the organization the active one, and its first team.
func (p *Plugin) activatingFounded(c *core.Ctx, made creation) following {
	set := db.Row{activeOrganization: made.org.ID}
	if made.team != nil {
		set[activeTeam] = made.teamMember.TeamID
	}
	return func(ctx context.Context) error { return p.activateQuietly(ctx, c, set) }
}
