package organization

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// invitationStore reads and writes invitations.
type invitationStore struct {
	table[Invitation]
	teamless bool // answers say nothing of teams
}

func (s *invitationStore) byID(ctx context.Context, id string) (Invitation, bool, error) {
	return s.first(ctx, db.By(db.ID, id))
}

// open are the conditions of invitations of an organization that can be accepted at now.
func open(organizationID string, now time.Time) []db.Cond {
	return []db.Cond{
		db.By("organizationId", organizationID), db.By("status", StatusPending),
		{Field: "expiresAt", Op: db.Gt, Value: db.Millis(now)},
	}
}

func (s *invitationStore) openFor(ctx context.Context, organizationID, email string, now time.Time) ([]Invitation, error) {
	return s.list(ctx, 0, append(open(organizationID, now), db.By("email", email))...)
}

func (s *invitationStore) countOpen(ctx context.Context, organizationID string, now time.Time) (int64, error) {
	return s.count(ctx, open(organizationID, now)...)
}

func (s *invitationStore) of(ctx context.Context, organizationID string, limit int) ([]Invitation, error) {
	return s.list(ctx, limit, db.By("organizationId", organizationID))
}

// withRole tells whether an invitation that can still be accepted at now leads to a
// role, among others maybe.
func (s *invitationStore) withRole(ctx context.Context, organizationID, role string, now time.Time) (bool, error) {
	list, err := s.list(ctx, 0,
		db.By("organizationId", organizationID), db.By("status", StatusPending),
		db.Cond{Field: "expiresAt", Op: db.Gte, Value: db.Millis(now)}, db.Cond{Field: "role", Op: db.Contains, Value: role})
	return slices.ContainsFunc(list, func(i Invitation) bool { return hasRole(i.role(), role) }), err
}

// settle takes an invitation out of the state in which it is pending: of several at
// once, one succeeds. One that must still be good at a time has not expired then.
func (s *invitationStore) settle(ctx context.Context, id, status string, goodAt time.Time) (Invitation, bool, error) {
	where := []db.Cond{db.By(db.ID, id), db.By("status", StatusPending)}
	if !goodAt.IsZero() {
		where = append(where, db.Cond{Field: "expiresAt", Op: db.Gte, Value: db.Millis(goodAt)})
	}
	return s.update(ctx, db.Row{"status": status}, where...)
}

// prolong moves the end of an invitation that is pending.
func (s *invitationStore) prolong(ctx context.Context, organizationID, id string, until time.Time) (Invitation, bool, error) {
	return s.update(ctx, db.Row{"expiresAt": db.Millis(until)}, db.By(db.ID, id), db.By("organizationId", organizationID), db.By("status", StatusPending))
}

// leaveTeam takes a team that goes out of the invitations that lead into it.
func (s *invitationStore) leaveTeam(ctx context.Context, organizationID, teamID string) error {
	invitations, err := s.list(ctx, 0,
		db.By("organizationId", organizationID), db.By("status", StatusPending), db.Cond{Field: "teamId", Op: db.Contains, Value: teamID})
	if err != nil {
		return err
	}
	for _, i := range invitations {
		var rest []string
		for _, id := range i.teams() {
			if id != teamID {
				rest = append(rest, id)
			}
		}
		var set any
		if len(rest) > 0 {
			set = strings.Join(rest, ",")
		}
		if _, _, err := s.update(ctx, db.Row{"teamId": set}, db.By(db.ID, i.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (s *invitationStore) deleteAll(ctx context.Context, organizationID string) error {
	_, err := s.remove(ctx, db.By("organizationId", organizationID))
	return err
}

// Received is an invitation as its recipient sees it.
type Received struct {
	Invitation       Invitation
	OrganizationName *string
}

// pendingFor lists what is pending for an address, with the organizations' names.
func (s *invitationStore) pendingFor(ctx context.Context, email string, limit int, organizations *organizationStore) ([]Received, error) {
	rows, err := s.auth.Store().Select(ctx, db.Query{
		Table: s.model.Table, Where: db.Where{db.By("email", email), db.By("status", StatusPending)},
		Order: []db.Order{{Field: "createdAt"}}, Limit: limit,
		Joins: []db.Join{{Table: organizations.model.Table, Local: "organizationId", Foreign: db.ID}},
	})
	if err != nil {
		return nil, err
	}
	out := []Received{}
	for _, row := range rows {
		i, err := s.model.Record(row)
		if err != nil {
			return nil, err
		}
		r := Received{Invitation: s.out(i)}
		if joined, _ := row[modelOrganization].(db.Row); joined != nil {
			org, err := organizations.model.Record(joined)
			if err != nil {
				return nil, err
			}
			r.OrganizationName = &org.Name
		}
		out = append(out, r)
	}
	return out, nil
}

func (s *invitationStore) out(i Invitation) Invitation {
	i = s.model.Output(i)
	i.teamless = s.teamless
	return i
}

// teams are the ids of the teams that an invitation leads into.
func (i Invitation) teams() []string {
	if i.TeamID == nil || *i.TeamID == "" {
		return nil
	}
	return strings.Split(*i.TeamID, ",")
}

// role is what the recipient becomes.
func (i Invitation) role() string {
	if i.Role == nil || *i.Role == "" {
		return "member"
	}
	return *i.Role
}
