package organization

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// roleStore reads and writes the roles of organizations' own.
type roleStore struct{ table[OrganizationRole] }

// named finds the roles of some names in an organization.
func (s *roleStore) named(ctx context.Context, organizationID string, names []string) ([]OrganizationRole, error) {
	if len(names) == 0 {
		return nil, nil
	}
	return s.list(ctx, 0, db.By("organizationId", organizationID), in("role", names))
}

// which is the condition of a role by name or id.
func (s *roleStore) find(ctx context.Context, organizationID string, which db.Cond) (OrganizationRole, bool, error) {
	return s.first(ctx, db.By("organizationId", organizationID), which)
}

func (s *roleStore) of(ctx context.Context, organizationID string, limit int) ([]OrganizationRole, error) {
	return s.list(ctx, limit, db.By("organizationId", organizationID))
}

func (s *roleStore) in(ctx context.Context, organizationID string) (int64, error) {
	return s.count(ctx, db.By("organizationId", organizationID))
}

func (s *roleStore) change(ctx context.Context, organizationID, id string, set db.Row) (bool, error) {
	_, ok, err := s.update(ctx, set, db.By("organizationId", organizationID), db.By(db.ID, id))
	return ok, err
}

func (s *roleStore) delete(ctx context.Context, organizationID, id string) (bool, error) {
	n, err := s.remove(ctx, db.By("organizationId", organizationID), db.By(db.ID, id))
	return n > 0, err
}

func (s *roleStore) deleteAll(ctx context.Context, organizationID string) error {
	_, err := s.remove(ctx, db.By("organizationId", organizationID))
	return err
}
