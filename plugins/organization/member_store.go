package organization

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// memberStore reads and writes memberships.
type memberStore struct{ table[Member] }

// of finds the membership of a user in an organization.
func (s *memberStore) of(ctx context.Context, organizationID, userID string) (Member, bool, error) {
	if organizationID == "" || userID == "" {
		return Member{}, false, nil
	}
	return s.first(ctx, db.By("organizationId", organizationID), db.By("userId", userID))
}

// byID finds a membership of an organization.
func (s *memberStore) byID(ctx context.Context, organizationID, id string) (Member, bool, error) {
	return s.first(ctx, db.By(db.ID, id), db.By("organizationId", organizationID))
}

// exists tells whether there is a membership in any organization.
func (s *memberStore) exists(ctx context.Context, id string) (bool, error) {
	n, err := s.count(ctx, db.By(db.ID, id))
	return n > 0, err
}

func (s *memberStore) in(ctx context.Context, organizationID string) (int64, error) {
	return s.count(ctx, db.By("organizationId", organizationID))
}

// ofUser counts the organizations of a user.
func (s *memberStore) ofUser(ctx context.Context, userID string) (int64, error) {
	return s.count(ctx, db.By("userId", userID))
}

// withRole lists the members of an organization that have a role, among others
// maybe.
func (s *memberStore) withRole(ctx context.Context, organizationID, role string) ([]Member, error) {
	// Text that holds the name, and then the names in it: roles stand in a list.
	members, err := s.list(ctx, 0, db.By("organizationId", organizationID), db.Cond{Field: "role", Op: db.Contains, Value: role})
	if err != nil {
		return nil, err
	}
	var out []Member
	for _, m := range members {
		if hasRole(m.Role, role) {
			out = append(out, m)
		}
	}
	return out, nil
}

// withUsers lists members with their users. One whose user is gone is left out.
func (s *memberStore) withUsers(ctx context.Context, q db.Query) ([]MemberWithUser, error) {
	users := s.auth.Users()
	q.Table = s.model.Table
	q.Joins = []db.Join{{Table: users.Table(), Local: "userId", Foreign: db.ID}}
	if len(q.Order) == 0 {
		q.Order = []db.Order{{Field: "createdAt"}}
	}
	rows, err := s.auth.Store().Select(ctx, q)
	if err != nil {
		return nil, err
	}
	out := []MemberWithUser{}
	for _, row := range rows {
		joined, _ := row[user.ModelName].(db.Row)
		if joined == nil {
			continue
		}
		m, err := s.model.Record(row)
		if err != nil {
			return nil, err
		}
		u, err := users.Record(joined)
		if err != nil {
			return nil, err
		}
		out = append(out, s.withUser(m, u))
	}
	return out, nil
}

// withUser is a member as answers carry it, with what other members may see of the user.
func (s *memberStore) withUser(m Member, u user.User) MemberWithUser {
	return MemberWithUser{Member: s.out(m), User: MemberUser{ID: u.ID, Name: u.Name, Email: u.Email, Image: u.Image}}
}

// organizationsOf lists the organizations of a user, in the order of joining them.
func (s *memberStore) organizationsOf(ctx context.Context, userID string, limit int, organizations *organizationStore) ([]Organization, error) {
	rows, err := s.auth.Store().Select(ctx, db.Query{
		Table: s.model.Table, Where: db.Where{db.By("userId", userID)}, Order: []db.Order{{Field: "createdAt"}}, Limit: limit,
		Joins: []db.Join{{Table: organizations.model.Table, Local: "organizationId", Foreign: db.ID}},
	})
	if err != nil {
		return nil, err
	}
	out := []Organization{}
	for _, row := range rows {
		if joined, _ := row[modelOrganization].(db.Row); joined != nil {
			org, err := organizations.model.Record(joined)
			if err != nil {
				return nil, err
			}
			out = append(out, org)
		}
	}
	return out, nil
}

// setRole changes the role of a member of an organization.
func (s *memberStore) setRole(ctx context.Context, organizationID, id, role string) (Member, bool, error) {
	return s.update(ctx, db.Row{"role": role}, db.By(db.ID, id), db.By("organizationId", organizationID))
}

func (s *memberStore) delete(ctx context.Context, organizationID, id string) (bool, error) {
	n, err := s.remove(ctx, db.By(db.ID, id), db.By("organizationId", organizationID))
	return n > 0, err
}

func (s *memberStore) deleteAll(ctx context.Context, organizationID string) error {
	_, err := s.remove(ctx, db.By("organizationId", organizationID))
	return err
}
