package plugintest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// answers to an invitation that somebody has answered already, among successes.
func answered(more ...string) []string {
	return append(more, "200", "400 INVITATION_NOT_FOUND", "400 USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION")
}

func acceptOnce(r *racetest.Round) {
	t := newTown(r)
	c := t.citizen(0)
	body := map[string]any{"invitationId": t.invite(c.email)}
	answers := t.Together(t.posts(racetest.Racers, c.Client, "/organization/accept-invitation", always(body)))
	t.want(1, t.WantAmong(answers, answered()...))
	t.WantRows(1, "member", "userId", c.id)
}

func answerOnce(r *racetest.Round) {
	t := newTown(r)
	c := t.citizen(0)
	body := map[string]any{"invitationId": t.invite(c.email)}
	answers := t.Together(requests(30, func(i int) *http.Request {
		switch i % 3 {
		case 0:
			return c.Request(http.MethodPost, "/organization/accept-invitation", body)
		case 1:
			return c.Request(http.MethodPost, "/organization/reject-invitation", body)
		}
		return t.owner.Request(http.MethodPost, "/organization/cancel-invitation", body)
	}))
	t.want(1, t.WantAmong(answers, answered()...))
	status := t.Row("invitation", "email", c.email)["status"]
	if joined := t.Rows("member", "userId", c.id); (joined == 1) != (status == "accepted") || joined > 1 {
		t.T.Errorf("the invitation is %v, and there are %d memberships", status, joined)
	}
}

func inviteOnce(r *racetest.Round) {
	t := newTown(r)
	body := map[string]any{"email": t.slug("guest") + "@example.com", "role": "member", "organizationId": t.id}
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/invite-member", always(body)))
	t.want(1, t.WantAmong(answers, "200", "400 USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION"))
	t.WantRows(1, "invitation", "organizationId", t.id)
}

func inviteFew(r *racetest.Round) {
	t := newTown(r)
	answers := t.Together(t.posts(racetest.Racers, t.owner, "/organization/invite-member", func(i int) map[string]any {
		return map[string]any{"email": fmt.Sprintf("guest%d@example.com", i), "role": "member", "organizationId": t.id}
	}))
	t.want(5, t.WantAmong(answers, "200", "403 INVITATION_LIMIT_REACHED"))
	t.WantRows(5, "invitation", "organizationId", t.id)
}

// joinFew has five invitations and places for three more.
func joinFew(r *racetest.Round) {
	t := newTown(r)
	for i := range 4 {
		t.member(100+i, "member")
	}
	guests := make([]citizen, 5)
	bodies := make([]map[string]any, len(guests))
	for i := range guests {
		guests[i] = t.citizen(i)
		bodies[i] = map[string]any{"invitationId": t.invite(guests[i].email)}
	}
	answers := t.Together(requests(50, func(i int) *http.Request {
		return guests[i%5].Request(http.MethodPost, "/organization/accept-invitation", bodies[i%5])
	}))
	t.want(3, t.WantAmong(answers, answered("403 ORGANIZATION_MEMBERSHIP_LIMIT_REACHED")...))
	t.WantRows(8, "member", "organizationId", t.id)
}

type newMember struct{ User, Organization string }

var addMember = racetest.Action[newMember, bool]{
	Name: "add a member",
	Do: func(ctx context.Context, s *authtest.Server, in newMember) (bool, error) {
		p, err := racetest.PluginOf[*organization.Plugin](s)
		if err != nil {
			return false, err
		}
		_, err = p.AddMember.Call(ctx, organization.AddMemberInput{UserID: in.User, Role: "member", OrganizationID: &in.Organization})
		if errors.Is(err, organization.ErrAlreadyAMember) {
			return false, nil
		}
		return err == nil, err
	},
}

func joinOnce(r *racetest.Round) {
	t := newTown(r)
	c := t.citizen(0)
	body := map[string]any{"invitationId": t.invite(c.email)}
	accept := t.posts(racetest.Racers, c.Client, "/organization/accept-invitation", always(body))
	won := t.AtOnce(racetest.Racers, func(i int) (bool, error) {
		if i%2 == 0 {
			return addMember.On(t.Round, i, newMember{c.id, t.id})
		}
		return racetest.Together(t.T, accept[i:i+1], t.Handler(i))[0].Status == http.StatusOK, nil
	})
	if won != 1 {
		t.T.Errorf("%d have succeeded", won)
	}
	t.WantRows(1, "member", "userId", c.id)
}

// wantOwners compares how many owners the organization has.
func (t *town) wantOwners(least, most int64) {
	t.T.Helper()
	n, err := t.Server.Store().Count(t.T.Context(), t.Table("member"), db.Where{db.By("organizationId", t.id), db.By("role", "owner")})
	if err != nil || n < least || n > most {
		t.T.Errorf("%d owners, want %d to %d (error: %v)", n, least, most, err)
	}
}

func leaveTogether(r *racetest.Round) {
	t := newTown(r)
	owners := []*authtest.Client{t.owner, t.member(1, "owner").Client, t.member(2, "owner").Client}
	answers := t.Together(requests(30, func(i int) *http.Request {
		return owners[i%3].Request(http.MethodPost, "/organization/leave", map[string]any{"organizationId": t.id})
	}))
	t.want(2, t.WantAmong(answers, "200", "400 MEMBER_NOT_FOUND", "400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER"))
	t.wantOwners(1, 1)
}

func demoteEachOther(r *racetest.Round) {
	t := newTown(r)
	other := t.member(1, "owner")
	demote := func(who string) map[string]any {
		return map[string]any{"organizationId": t.id, "memberId": who, "role": "member"}
	}
	answers := t.Together(requests(30, func(i int) *http.Request {
		switch i % 4 {
		case 0:
			return t.owner.Request(http.MethodPost, "/organization/update-member-role", demote(other.member))
		case 1:
			return other.Request(http.MethodPost, "/organization/update-member-role", demote(t.first))
		case 2:
			return t.owner.Request(http.MethodPost, "/organization/update-member-role", demote(t.first))
		}
		return other.Request(http.MethodPost, "/organization/update-member-role", demote(other.member))
	}))
	t.WantAmong(answers, "200", "403 YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", "400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER")
	t.wantOwners(1, 1)
}

func removeEachOther(r *racetest.Round) {
	t := newTown(r)
	other := t.member(1, "owner")
	remove := func(who string) map[string]any { return map[string]any{"organizationId": t.id, "memberIdOrEmail": who} }
	answers := t.Together(requests(30, func(i int) *http.Request {
		if i%2 == 0 {
			return t.owner.Request(http.MethodPost, "/organization/remove-member", remove(other.member))
		}
		return other.Request(http.MethodPost, "/organization/remove-member", remove(t.first))
	}))
	t.want(1, t.WantAmong(answers, "200", "400 MEMBER_NOT_FOUND", "400 YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER"))
	t.wantOwners(1, 1)
}
