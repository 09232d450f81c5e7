package organization

import (
	"net/http"
	"strconv"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func (p *Plugin) setUpReading(s *core.Setup) {
	p.GetFullOrganization = core.Route(s, core.Endpoint[GetFullInput, FullOrganization]{
		Method: http.MethodGet, Path: "/organization/get-full-organization", OperationID: "getFullOrganization",
		Summary: "Read an organization with its members, invitations and teams",
		Doc:     core.Doc{Success: "The organization; null where none is named and none is active", Nullable: true},
		Use:     []core.Middleware{core.RequireSession}, Handle: p.getFull,
	})
	p.GetOrganization = core.Route(s, core.Endpoint[GetInput, Organization]{
		Method: http.MethodGet, Path: "/organization/get-organization", OperationID: "getOrganization",
		Summary: "Read an organization",
		Doc:     core.Doc{Success: "The organization; null where none is named and none is active", Nullable: true},
		Use:     []core.Middleware{core.RequireSession}, Handle: p.get,
	})
	p.ListOrganizations = core.Route(s, core.Endpoint[struct{}, []Organization]{
		Method: http.MethodGet, Path: "/organization/list", OperationID: "listOrganizations",
		Summary: "List the organizations of the user",
		Use:     []core.Middleware{core.RequireSession}, Handle: p.list,
	})
}

// GetInput is the query of GET /organization/get-organization, which 1.7 has.
type GetInput struct {
	OrganizationID   *string `query:"organizationId" doc:"The organization; the active one unless given"`
	OrganizationSlug *string `query:"organizationSlug" doc:"Its slug, which goes before the id"`
}

// GetFullInput is the query of GET /organization/get-full-organization.
type GetFullInput struct {
	GetInput
	MembersLimit *string `query:"membersLimit" doc:"How many members to list; 100 unless given"`
}

// FullOrganization is an organization with all that belongs to it, its metadata as
// text. Teams are nil where there are none to have.
type FullOrganization struct {
	Organization Organization
	Invitations  []Invitation
	Members      []MemberWithUser
	Teams        []Team
}

// MarshalJSON encodes the lists among the organization's fields.
func (f FullOrganization) MarshalJSON() ([]byte, error) {
	o := db.RecordObject(f.Organization)
	o.Set("invitations", f.Invitations)
	o.Set("members", f.Members)
	if f.Teams != nil {
		o.Set("teams", f.Teams)
	}
	return wire.Marshal(o)
}

func (p *Plugin) get(c *core.Ctx, in GetInput) (*Organization, error) {
	org, _, err := p.own(c, in)
	if err != nil || org == nil {
		return nil, err
	}
	return new(p.organizations.out(*org)), nil
}

// own finds the organization that a query names, or the active one, with the user's
// membership. Both are nil when there is none to find.
func (p *Plugin) own(c *core.Ctx, in GetInput) (*Organization, *Member, error) {
	wanted, slug := p.named(c, in.OrganizationID), text(in.OrganizationSlug)
	if slug != "" {
		wanted = ""
	}
	if wanted == "" && slug == "" {
		return nil, nil, nil
	}
	org, ok, err := p.byIDOrSlug(c, wanted, slug)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, ErrNotFound
	}
	m, ok, err := p.members.of(c.Context(), org.ID, c.Session().User.ID)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		if err := p.forget(c.Context(), c, org.ID); err != nil {
			return nil, nil, err
		}
		return nil, nil, ErrNotAMember.WithStatus(http.StatusForbidden)
	}
	return &org, &m, nil
}

func (p *Plugin) getFull(c *core.Ctx, in GetFullInput) (*FullOrganization, error) {
	org, m, err := p.own(c, in.GetInput)
	if err != nil || org == nil {
		return nil, err
	}
	out := &FullOrganization{Organization: p.organizations.out(*org)}
	limit := p.listLimit()
	if n := leadingInt(text(in.MembersLimit)); n > 0 {
		limit = min(n, p.mostMembers())
	}
	out.Members, err = p.members.withUsers(c.Context(), db.Query{Where: db.Where{db.By("organizationId", org.ID)}, Limit: limit})
	if err != nil {
		return nil, err
	}
	if out.Invitations, err = p.visibleInvitations(c, *m, nil); err != nil {
		return nil, err
	}
	if p.opts.Teams.Enabled {
		teams, err := p.teams.of(c.Context(), org.ID, p.listLimit())
		if err != nil {
			return nil, err
		}
		out.Teams = p.teams.outs(teams)
	}
	return out, nil
}

// mostMembers is how many members a client may ask for at once.
func (p *Plugin) mostMembers() int { return max(mostListed, p.opts.MembershipLimit) }

// leadingInt reads a number as JavaScript's parseInt does; 0 is none.
func leadingInt(text string) int {
	end := 0
	for end < len(text) && end < 9 && (text[end] >= '0' && text[end] <= '9') {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil {
		return 0
	}
	return n
}

func (p *Plugin) list(c *core.Ctx, _ struct{}) (*[]Organization, error) {
	list, err := p.members.organizationsOf(c.Context(), c.Session().User.ID, p.listLimit(), &p.organizations)
	if err != nil {
		return nil, err
	}
	return new(p.organizations.outs(list)), nil
}
