package organization

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// teamMemberStore reads and writes who is in which team.
type teamMemberStore struct{ table[TeamMember] }

// membershipKey is what 1.7 keeps unique of a user in a team: the SHA-256 of
// ["teamId","userId"] as JSON, in base64url without padding.
func membershipKey(teamID, userID string) (string, error) {
	pair, err := wire.Marshal([]any{teamID, userID})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pair)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

func (s *teamMemberStore) find(ctx context.Context, teamID, userID string) (TeamMember, bool, error) {
	return s.first(ctx, db.By("teamId", teamID), db.By("userId", userID))
}

// of lists the members of a team.
func (s *teamMemberStore) of(ctx context.Context, teamID string, limit int) ([]TeamMember, error) {
	return s.list(ctx, limit, db.By("teamId", teamID))
}

func (s *teamMemberStore) in(ctx context.Context, teamID string) (int64, error) {
	return s.count(ctx, db.By("teamId", teamID))
}

func (s *teamMemberStore) add(ctx context.Context, teamID, userID string, now time.Time) (TeamMember, error) {
	key, err := membershipKey(teamID, userID)
	if err != nil {
		return TeamMember{}, err
	}
	return s.create(ctx, db.Row{"teamId": teamID, "userId": userID, "membershipKey": key, "createdAt": now})
}

func (s *teamMemberStore) delete(ctx context.Context, teamID, userID string) (bool, error) {
	n, err := s.remove(ctx, db.By("teamId", teamID), db.By("userId", userID))
	return n > 0, err
}

func (s *teamMemberStore) deleteAll(ctx context.Context, teamIDs ...string) error {
	if len(teamIDs) == 0 {
		return nil
	}
	_, err := s.remove(ctx, in("teamId", teamIDs))
	return err
}

// teamsOf lists the teams of a user. With organizations, only theirs.
func (s *teamMemberStore) teamsOf(ctx context.Context, userID string, limit int, teams *teamStore) ([]Team, error) {
	rows, err := s.auth.Store().Select(ctx, db.Query{
		Table: s.model.Table, Where: db.Where{db.By("userId", userID)}, Order: []db.Order{{Field: "createdAt"}}, Limit: limit,
		Joins: []db.Join{{Table: teams.model.Table, Local: "teamId", Foreign: db.ID}},
	})
	if err != nil {
		return nil, err
	}
	out := []Team{}
	for _, row := range rows {
		if joined, _ := row[modelTeam].(db.Row); joined != nil {
			team, err := teams.model.Record(joined)
			if err != nil {
				return nil, err
			}
			out = append(out, team)
		}
	}
	return out, nil
}

// nullable is the value of a pointer for a row.
func nullable(t *time.Time) any {
	if t == nil {
		return nil
	}
	return *t
}
