package plugintest

import "github.com/gatehouse-auth/gatehouse/core/authtest/racetest"

func teamFew(r *racetest.Round) {
	t := newTown(r)
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/create-team", always(map[string]any{"name": "Team", "organizationId": t.id})))
	t.want(5, t.WantAmong(answers, "200", "400 YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS"))
	t.WantRows(5, "team", "organizationId", t.id)
}

// team makes one.
func (t *town) team() string {
	t.T.Helper()
	return t.post(t.owner, "/organization/create-team", map[string]any{"name": "Team", "organizationId": t.id}).Text(t.T, "id")
}

func removeTeams(r *racetest.Round) {
	t := newTown(r)
	teams := []string{t.team(), t.team(), t.team()}
	answers := t.Together(t.posts(30, t.owner, "/organization/remove-team", func(i int) map[string]any {
		return map[string]any{"teamId": teams[i%3], "organizationId": t.id}
	}))
	t.want(2, t.WantAmong(answers, "200", "400 TEAM_NOT_FOUND", "400 UNABLE_TO_REMOVE_LAST_TEAM"))
	t.WantRows(1, "team", "organizationId", t.id)
}

// wantTeam compares the members of a team, as they are and as they are counted.
func (t *town) wantTeam(want int64, team string) {
	t.T.Helper()
	t.WantRows(want, "teamMember", "teamId", team)
	if n := t.Row("team", "id", team)["memberCount"]; n != want {
		t.T.Errorf("the team counts %v members, want %d", n, want)
	}
}

func seatFew(r *racetest.Round) {
	t := newTown(r)
	team := t.team()
	members := make([]citizen, 6)
	for i := range members {
		members[i] = t.member(i, "member")
	}
	answers := t.Together(t.posts(30, t.owner, "/organization/add-team-member", func(i int) map[string]any {
		return map[string]any{"teamId": team, "organizationId": t.id, "userId": members[i%6].id}
	}))
	t.WantAmong(answers, "200", "403 TEAM_MEMBER_LIMIT_REACHED")
	t.wantTeam(3, team)
}

func seatOnce(r *racetest.Round) {
	t := newTown(r)
	team, m := t.team(), t.member(0, "member")
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/add-team-member", always(map[string]any{
		"teamId": team, "organizationId": t.id, "userId": m.id,
	})))
	t.want(racetest.Racers, t.WantAmong(answers, "200"))
	t.wantTeam(1, team)
}
