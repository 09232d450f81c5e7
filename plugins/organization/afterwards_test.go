package organization_test

import (
	stdcontext "context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

// leaving posts as a client who goes away as soon as the change is committed: gone is
// what the application's hook calls then.
func (w *town) leaving(p *person, gone *stdcontext.CancelFunc, path string, body map[string]any) {
	w.t.Helper()
	r := p.Request(http.MethodPost, path, body)
	ctx, cancel := stdcontext.WithCancel(r.Context())
	defer cancel()
	*gone = cancel
	p.Send(r.WithContext(ctx))
	if ctx.Err() == nil {
		w.t.Error("the client has not gone")
	}
}

func TestWhatFollowsHappensAlsoWhenTheClientHasGone(t *testing.T) {
	var gone stdcontext.CancelFunc
	goes := func(ctx context) error {
		return db.AfterCommit(ctx, func(context) error { gone(); return nil })
	}
	var heard []string
	hear := func(ctx context, what string) error {
		heard = append(heard, what)
		return ctx.Err()
	}
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		h := &o.OrganizationHooks
		h.BeforeCreateOrganization = func(ctx context, e *organization.Event) error {
			if e.Data["slug"] == "acme" {
				return nil
			}
			return goes(ctx)
		}
		h.BeforeAcceptInvitation = func(ctx context, _ *organization.InvitationEvent) error { return goes(ctx) }
		h.BeforeDeleteOrganization = func(ctx context, _ *organization.Event) error { return goes(ctx) }
		h.AfterCreateOrganization = func(ctx context, _ *organization.Event) error { return hear(ctx, "created") }
		h.AfterAcceptInvitation = func(ctx context, _ *organization.InvitationEvent) error { return hear(ctx, "accepted") }
		h.AfterDeleteOrganization = func(ctx context, _ *organization.Event) error { return hear(ctx, "deleted") }
	})
	heard = nil
	was := w.active(w.ann, "activeOrganizationId")
	w.leaving(w.ann, &gone, "/organization/create", map[string]any{"name": "More", "slug": "more"})
	if now := w.active(w.ann, "activeOrganizationId"); now == was || now == "" {
		t.Errorf("a new organization is not the active one: %q", now)
	}
	bob, team := w.person("bob"), w.team("Second")
	id := w.invite(bob.email, "member", map[string]any{"teamId": team})
	w.leaving(bob, &gone, "/organization/accept-invitation", map[string]any{"invitationId": id})
	if org, in := w.active(bob, "activeOrganizationId"), w.active(bob, "activeTeamId"); org != w.id || in != team {
		t.Errorf("the accepted organization is not the active one: %q %q", org, in)
	}
	w.ok(w.ann.Post("/organization/set-active", map[string]any{"organizationId": w.id}))
	w.leaving(w.ann, &gone, "/organization/delete", map[string]any{"organizationId": w.id})
	if org := w.active(w.ann, "activeOrganizationId"); org != "" {
		t.Errorf("a deleted organization is the active one: %q", org)
	}
	if got := fmt.Sprint(heard); got != "[created accepted deleted]" {
		t.Errorf("the application has heard %s", got)
	}
}

func TestHooksThatComeAfterWaitForATransactionOfTheApplication(t *testing.T) {
	for name, failure := range map[string]error{"one that commits": nil, "one that does not": errors.New("rolled back")} {
		t.Run(name, func(t *testing.T) {
			heard := 0
			w := founded(t, func(o *organization.Options, _ *core.Options) {
				o.OrganizationHooks.AfterAddMember = func(ctx context, _ *organization.MemberEvent) error {
					if heard++; db.InTx(ctx) {
						t.Error("the hook is called in a transaction")
					}
					return nil
				}
			})
			heard = 0
			bob := w.person("bob")
			err := w.Store().Tx(t.Context(), func(ctx context) error {
				_, err := w.plugin.AddMember.Call(ctx, organization.AddMemberInput{UserID: bob.id, Role: "member", OrganizationID: &w.id})
				if heard != 0 {
					t.Error("the hook has heard of what is not committed")
				}
				return errors.Join(err, failure)
			})
			if !errors.Is(err, failure) {
				t.Error(err)
			}
			if members := len(w.rows("member")); members != 1+heard || heard == 1 != (failure == nil) {
				t.Errorf("%d members, and %d hooks have heard", members, heard)
			}
		})
	}
}

func TestAHookThatFailsKeepsNothingElseFromHappening(t *testing.T) {
	heard := 0
	fails := func() error { heard++; return errRefused }
	w := server(t, func(o *organization.Options, _ *core.Options) {
		h := &o.OrganizationHooks
		h.AfterAddMember = func(context, *organization.MemberEvent) error { return fails() }
		h.AfterCreateTeam = func(context, *organization.TeamEvent) error { return fails() }
		h.AfterCreateOrganization = func(context, *organization.Event) error { return fails() }
		h.AfterCreateInvitation = func(context, *organization.InvitationEvent) error { return fails() }
	})
	ann := w.person("ann")
	w.want("418 REFUSED", ann.Post("/organization/create", map[string]any{"name": "Acme", "slug": "acme"}))
	if org := w.active(ann, "activeOrganizationId"); heard != 3 || len(w.rows("organization")) != 1 || org == "" {
		t.Errorf("%d hooks have heard, and %q is active", heard, org)
	}
	w.want("418 REFUSED", ann.Post("/organization/invite-member", map[string]any{"email": "bob@example.com", "role": "member"}))
	w.Settle()
	if sent := authtest.Sent[organization.InvitationEmail](w.Outbox); heard != 4 || len(sent) != 1 {
		t.Errorf("%d hooks have heard, and %d invitations are sent", heard, len(sent))
	}
}

func TestAnInvitationThatIsRolledBackIsNotSent(t *testing.T) {
	for name, failure := range map[string]error{"one that commits": nil, "one that does not": errors.New("rolled back")} {
		t.Run(name, func(t *testing.T) {
			w := founded(t)
			request := core.FromRequest(w.ann.Request(http.MethodPost, "/organization/invite-member", nil))
			err := w.Store().Tx(t.Context(), func(ctx context) error {
				_, err := w.plugin.CreateInvitation.Call(ctx, organization.InviteInput{Email: "bob@example.com", Role: "member"}, request)
				return errors.Join(err, failure)
			})
			if !errors.Is(err, failure) {
				t.Error(err)
			}
			w.Settle()
			if sent, there := len(authtest.Sent[organization.InvitationEmail](w.Outbox)), len(w.rows("invitation")); sent != there || sent == 1 != (failure == nil) {
				t.Errorf("%d messages are sent of %d invitations", sent, there)
			}
		})
	}
}

func TestASessionThatEndsDoesNotUndoTheAnswer(t *testing.T) {
	for _, teams := range []int{0, 1, 2} {
		var w *town
		heard := 0
		w = founded(t, func(o *organization.Options, _ *core.Options) {
			o.OrganizationHooks.BeforeAcceptInvitation = func(ctx context, e *organization.InvitationEvent) error {
				_, err := w.Store().Delete(ctx, db.Removal{Table: w.Table("session"), Where: db.Where{db.By("userId", e.User.ID)}})
				return err
			}
			o.OrganizationHooks.AfterAcceptInvitation = func(context, *organization.InvitationEvent) error { heard++; return nil }
		})
		bob, into := w.person("bob"), []string{}
		for n := range teams {
			into = append(into, w.team(fmt.Sprint("Team ", n)))
		}
		w.want("200", accept(bob, w.invite(bob.email, "member", map[string]any{"teamId": into})))
		if n := len(w.rows("member")); n != 2 || heard != 1 {
			t.Errorf("with %d teams there are %d members, and %d hooks have heard", teams, n, heard)
		}
	}
}

// rerun is a database that runs every transaction a second time, as after a
// serialization failure.
type rerun struct {
	db.Adapter
	on, within bool
}

func (r *rerun) Tx(ctx context, fn func(context) error) error {
	if !r.on || r.within {
		return r.Adapter.Tx(ctx, fn)
	}
	r.within = true
	defer func() { r.within = false }()
	_ = r.Adapter.Tx(ctx, func(ctx context) error { return errors.Join(fn(ctx), errors.New("met another transaction")) })
	return r.Adapter.Tx(ctx, fn)
}

func TestHooksOfATransactionThatRunsAgainSeeAFreshEvent(t *testing.T) {
	const spoilt = "spoilt"
	database, calls := &rerun{}, 0
	look := func(e any, data db.Row, texts ...*string) error {
		calls++
		for _, text := range texts {
			if *text == spoilt {
				t.Errorf("an event of the run before: %+v", e)
			}
			*text = spoilt
		}
		if strings.Contains(fmt.Sprint(data), spoilt) {
			t.Errorf("data of the run before: %v", data)
		}
		if calls%2 == 1 && data != nil { // what the second run leaves there is written
			data["name"], data["role"] = spoilt, spoilt
		}
		return nil
	}
	w := founded(t, func(o *organization.Options, c *core.Options) {
		database.Adapter, c.Database = c.Database, database
		h := &o.OrganizationHooks
		about := func(_ context, e *organization.Event) error {
			return look(e, e.Data, &e.User.Name, &e.Organization.Name)
		}
		member := func(_ context, e *organization.MemberEvent) error {
			return look(e, e.Data, &e.User.Name, &e.Organization.Name)
		}
		invitation := func(_ context, e *organization.InvitationEvent) error {
			return look(e, e.Data, &e.User.Name, &e.Invitation.Email)
		}
		team := func(_ context, e *organization.TeamEvent) error { return look(e, e.Data, &e.User.Name, &e.Team.Name) }
		h.BeforeUpdateOrganization, h.BeforeDeleteOrganization = about, about
		h.BeforeRemoveMember, h.BeforeUpdateMemberRole = member, member
		h.BeforeCreateInvitation, h.BeforeAcceptInvitation, h.BeforeRejectInvitation, h.BeforeCancelInvitation = invitation, invitation, invitation, invitation
		h.BeforeUpdateTeam, h.BeforeDeleteTeam, h.BeforeAddTeamMember, h.BeforeRemoveTeamMember = team, team, team, team
	})
	bob, bobs := w.member("bob", "member")
	carl, dora := w.person("carl"), w.person("dora")
	second := w.team("Second")
	database.on = true
	post := func(p *person, path string, body map[string]any) {
		t.Helper()
		calls = 0
		w.ok(p.Post("/organization/"+path, body))
		if calls != 2 {
			t.Errorf("%s: the hook is called %d times", path, calls)
		}
	}
	invited := func(email string) string {
		t.Helper()
		post(w.ann, "invite-member", map[string]any{"email": email, "role": "member"})
		rows := w.rows("invitation")
		id, _ := rows[len(rows)-1]["id"].(string)
		return id
	}
	post(w.ann, "update", map[string]any{"data": map[string]any{"name": "Acme"}})
	post(w.ann, "update-member-role", map[string]any{"memberId": bobs, "role": "admin"})
	post(carl, "accept-invitation", map[string]any{"invitationId": invited(carl.email)})
	post(dora, "reject-invitation", map[string]any{"invitationId": invited(dora.email)})
	post(w.ann, "cancel-invitation", map[string]any{"invitationId": invited("eve@example.com")})
	post(w.ann, "update-team", map[string]any{"teamId": second, "data": map[string]any{"name": "Third"}})
	post(w.ann, "add-team-member", map[string]any{"teamId": second, "userId": bob.id})
	post(w.ann, "remove-team-member", map[string]any{"teamId": second, "userId": bob.id})
	post(w.ann, "remove-team", map[string]any{"teamId": second})
	post(w.ann, "remove-member", map[string]any{"memberIdOrEmail": bobs})
	post(w.ann, "delete", map[string]any{"organizationId": w.id})
}
