package organization

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// organizationStore reads and writes organizations.
type organizationStore struct{ table[Organization] }

func (s *organizationStore) byID(ctx context.Context, id string) (Organization, bool, error) {
	return s.first(ctx, db.By(db.ID, id))
}

func (s *organizationStore) bySlug(ctx context.Context, slug string) (Organization, bool, error) {
	return s.first(ctx, db.By("slug", slug))
}

// add writes an organization. A slug that is taken is taken, which is what the unique
// index says.
func (s *organizationStore) add(ctx context.Context, row db.Row, taken error) (Organization, error) {
	org, err := s.create(ctx, row)
	return org, slugTaken(err, taken)
}

// change is add for an organization that is there.
func (s *organizationStore) change(ctx context.Context, id string, set db.Row, taken error) (Organization, bool, error) {
	org, ok, err := s.update(ctx, set, db.By(db.ID, id))
	return org, ok, slugTaken(err, taken)
}

// slugTaken is taken where the slug is what another organization has. Not every
// database tells which field it is.
func slugTaken(err, taken error) error {
	if unique, ok := errors.AsType[*db.UniqueError](err); ok && (unique.Field == "slug" || unique.Field == "") {
		return taken
	}
	return err
}

func (s *organizationStore) delete(ctx context.Context, id string) error {
	_, err := s.remove(ctx, db.By(db.ID, id))
	return err
}
