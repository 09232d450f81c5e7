package organization

import (
	"net/http"
	"strconv"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func (p *Plugin) setUpMemberships(s *core.Setup) {
	session := []core.Middleware{core.RequireSession}
	p.ListMembers = core.Route(s, core.Endpoint[ListMembersInput, ListMembersOutput]{
		Method: http.MethodGet, Path: "/organization/list-members", OperationID: "listMembers",
		Summary: "List the members of an organization",
		Use:     session, Handle: p.listMembers,
	})
	p.GetActiveMember = core.Route(s, core.Endpoint[struct{}, MemberWithUser]{
		Method: http.MethodGet, Path: "/organization/get-active-member", OperationID: "getActiveMember",
		Summary: "Read the user's membership in the active organization",
		Use:     session, Handle: p.getActiveMember,
	})
	p.GetActiveMemberRole = core.Route(s, core.Endpoint[MemberRoleInput, MemberRoleOutput]{
		Method: http.MethodGet, Path: "/organization/get-active-member-role", OperationID: "getActiveMemberRole",
		Summary: "Read the role of a member",
		Use:     session, Handle: p.getMemberRole,
	})
}

// ListMembersInput is the query of GET /organization/list-members.
type ListMembersInput struct {
	Limit            *string `query:"limit" doc:"How many members at most; the membership limit unless given"`
	Offset           *string `query:"offset" doc:"How many to leave out"`
	SortBy           *string `query:"sortBy" doc:"A field to sort by"`
	SortDirection    *string `query:"sortDirection" check:"enum=asc|desc" doc:"Which way"`
	FilterField      *string `query:"filterField" doc:"A field to look at"`
	FilterValue      any     `query:"filterValue,optional" check:"type=string|number|boolean|string[]" doc:"What it is compared with; several for in and not_in"`
	FilterOperator   *string `query:"filterOperator" check:"enum=eq|ne|lt|lte|gt|gte|in|not_in|contains|starts_with|ends_with" doc:"How; eq unless given"`
	OrganizationID   *string `query:"organizationId" doc:"The organization; the active one unless given"`
	OrganizationSlug *string `query:"organizationSlug" doc:"Its slug, which goes before the id"`
}

// ListMembersOutput are members, and how many there are.
type ListMembersOutput struct {
	Members []MemberWithUser `json:"members"`
	Total   int64            `json:"total"`
}

// mine finds the membership of the user in the organization that a query names.
func (p *Plugin) mine(c *core.Ctx, given, slug *string) (Member, error) {
	organizationID := p.named(c, given)
	if text(slug) != "" {
		org, ok, err := p.organizations.bySlug(c.Context(), *slug)
		if err != nil || !ok {
			return Member{}, orElse(err, ErrNotFound)
		}
		organizationID = org.ID
	}
	if organizationID == "" {
		return Member{}, ErrNoActive
	}
	m, ok, err := p.members.of(c.Context(), organizationID, c.Session().User.ID)
	if err == nil && !ok {
		err = ErrNotYours
	}
	return m, err
}

func (p *Plugin) listMembers(c *core.Ctx, in ListMembersInput) (*ListMembersOutput, error) {
	m, err := p.mine(c, in.OrganizationID, in.OrganizationSlug)
	if err != nil {
		return nil, err
	}
	q := db.Query{Where: db.Where{db.By("organizationId", m.OrganizationID)}, Limit: p.opts.MembershipLimit}
	if n := number(in.Limit); n > 0 {
		q.Limit = min(n, p.mostMembers())
	}
	q.Offset = number(in.Offset)
	if field := text(in.SortBy); field != "" {
		if !p.asksFor(field) {
			return nil, unknownField("sortBy")
		}
		q.Order = []db.Order{{Field: field, Desc: text(in.SortDirection) == "desc"}}
	}
	if text(in.FilterField) != "" {
		cond, err := p.filter(in)
		if err != nil {
			return nil, err
		}
		q.Where = append(q.Where, cond)
	}
	out := &ListMembersOutput{}
	if out.Members, err = p.members.withUsers(c.Context(), q); err != nil {
		return nil, err
	}
	out.Total, err = p.members.count(c.Context(), q.Where...)
	return out, err
}

// number reads a number as JavaScript does, if it is one that counts something.
func number(text *string) int {
	if text == nil {
		return 0
	}
	n, err := strconv.Atoi(*text)
	if err != nil || n < 0 || n > 1<<30 {
		return 0
	}
	return n
}

// asksFor tells whether members may be ordered and picked by a field: by one that is
// not returned they could be told apart.
func (p *Plugin) asksFor(field string) bool {
	f := p.members.model.Table.Field(field)
	return field == db.ID || f != nil && !f.NotReturned
}

func unknownField(of string) *core.Error {
	return core.ErrValidation.WithMessage("[query." + of + "] Invalid input")
}

// filter is the condition that a query asks for.
func (p *Plugin) filter(in ListMembersInput) (db.Cond, error) {
	field, op := *in.FilterField, db.Eq
	if !p.asksFor(field) {
		return db.Cond{}, unknownField("filterField")
	}
	if in.FilterOperator != nil {
		op = db.Op(*in.FilterOperator)
	}
	values, several := in.FilterValue.([]any)
	if !several {
		values = []any{in.FilterValue}
	}
	isSet := op == db.In || op == db.NotIn
	if len(values) == 0 || several && !isSet {
		return db.Cond{}, unknownField("filterValue")
	}
	typed := make([]any, len(values))
	for i, v := range values {
		var err error
		if typed[i], err = p.comparable(field, op, v); err != nil {
			return db.Cond{}, err
		}
	}
	if isSet {
		return db.Cond{Field: field, Op: op, Value: typed}, nil
	}
	return db.Cond{Field: field, Op: op, Value: typed[0]}, nil
}

// isNumber tells whether a field is a number in the database and text everywhere
// else: an id that the database makes, or what refers to one.
func (p *Plugin) isNumber(field string) bool {
	t := p.members.model.Table
	f := t.Field(field)
	return t.IDs == db.IDSerial && (field == db.ID || f != nil && f.References != nil)
}

// comparable is a value of a query in the type of the field.
func (p *Plugin) comparable(field string, op db.Op, v any) (any, error) {
	f := p.members.model.Table.Field(field)
	if f == nil { // the id
		f = &db.Field{Type: db.String}
	}
	textual := op == db.Contains || op == db.StartsWith || op == db.EndsWith
	isText := f.Type == db.String && !p.isNumber(field)
	if v == nil || textual && !isText {
		return nil, unknownField("filterValue")
	}
	if word, ok := v.(string); ok && f.Type == db.Boolean {
		on, err := strconv.ParseBool(word)
		if err != nil {
			return nil, unknownField("filterValue")
		}
		return on, nil
	}
	typed, err := db.Coerce(f, v)
	if err != nil {
		return nil, unknownField("filterValue")
	}
	return typed, nil
}

func (p *Plugin) getActiveMember(c *core.Ctx, _ struct{}) (*MemberWithUser, error) {
	organizationID := p.named(c, nil)
	if organizationID == "" {
		return nil, ErrNoActive
	}
	self := c.Session().User
	m, ok, err := p.members.of(c.Context(), organizationID, self.ID)
	if err != nil || !ok {
		return nil, orElse(err, ErrMemberNotFound)
	}
	return new(p.members.withUser(m, self)), nil
}

// MemberRoleInput is the query of GET /organization/get-active-member-role.
type MemberRoleInput struct {
	UserID           *string `query:"userId" doc:"The member; the user's own role unless given"`
	OrganizationID   *string `query:"organizationId" doc:"The organization; the active one unless given"`
	OrganizationSlug *string `query:"organizationSlug" doc:"Its slug, which goes before the id"`
}

// MemberRoleOutput is a role, or several with commas between.
type MemberRoleOutput struct {
	Role string `json:"role"`
}

func (p *Plugin) getMemberRole(c *core.Ctx, in MemberRoleInput) (*MemberRoleOutput, error) {
	m, err := p.mine(c, in.OrganizationID, in.OrganizationSlug)
	if err != nil {
		return nil, err
	}
	if other := text(in.UserID); other != "" {
		var ok bool
		if m, ok, err = p.members.of(c.Context(), m.OrganizationID, other); err != nil || !ok {
			return nil, orElse(err, ErrNotYours)
		}
	}
	return &MemberRoleOutput{m.Role}, nil
}
