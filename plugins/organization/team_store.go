package organization

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// teamStore reads and writes teams.
type teamStore struct{ table[Team] }

// byID finds a team of an organization.
func (s *teamStore) byID(ctx context.Context, organizationID, id string) (Team, bool, error) {
	if organizationID == "" {
		return Team{}, false, nil
	}
	return s.first(ctx, db.By(db.ID, id), db.By("organizationId", organizationID))
}

// anywhere finds a team of whichever organization: the caller looks which it is.
func (s *teamStore) anywhere(ctx context.Context, id string) (Team, bool, error) {
	return s.first(ctx, db.By(db.ID, id))
}

func (s *teamStore) of(ctx context.Context, organizationID string, limit int) ([]Team, error) {
	return s.list(ctx, limit, db.By("organizationId", organizationID))
}

func (s *teamStore) in(ctx context.Context, organizationID string) (int64, error) {
	return s.count(ctx, db.By("organizationId", organizationID))
}

func (s *teamStore) change(ctx context.Context, organizationID, id string, set db.Row) (Team, bool, error) {
	return s.update(ctx, set, db.By(db.ID, id), db.By("organizationId", organizationID))
}

func (s *teamStore) delete(ctx context.Context, organizationID, id string) (bool, error) {
	n, err := s.remove(ctx, db.By(db.ID, id), db.By("organizationId", organizationID))
	return n > 0, err
}

func (s *teamStore) deleteAll(ctx context.Context, organizationID string) error {
	_, err := s.remove(ctx, db.By("organizationId", organizationID))
	return err
}

// recount writes how many members a team has, which 1.7 limits teams by. The
// organization is locked, and its last touch stays what it was.
func (s *teamStore) recount(ctx context.Context, team Team, members int64) error {
	_, _, err := s.update(ctx, db.Row{"memberCount": members, "updatedAt": nullable(team.UpdatedAt)}, db.By(db.ID, team.ID))
	return err
}
