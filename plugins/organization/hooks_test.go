package organization_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

var errRefused = core.NewError(http.StatusTeapot, "REFUSED", "Refused")

func TestHooksHearWhoDoesWhat(t *testing.T) {
	for name, o := range occasions {
		t.Run(name, func(t *testing.T) {
			on, heard := false, []string{}
			hear := func(within bool) hears {
				return func(ctx context, e any) error {
					if !on {
						return nil
					}
					heard = append(heard, told(e))
					if db.InTx(ctx) != within {
						t.Errorf("hook %d is called in a transaction: %t", len(heard), !within)
					}
					if _, limited := ctx.Deadline(); limited {
						t.Errorf("hook %d may not take its time", len(heard))
					}
					return nil
				}
			}
			s := newScene(t, func(opts *organization.Options, _ *core.Options) {
				o.set(&opts.OrganizationHooks, hear(true), hear(false))
			})
			on = true
			if got := o.do(s); got != "200" {
				t.Fatalf("got %s", got)
			}
			if want := []string{o.before, o.after}; !slices.Equal(heard, want) {
				t.Errorf("they have heard %q, want %q", heard, want)
			}
		})
	}
}

func TestHooksHearNothingOfWhatIsRefused(t *testing.T) {
	of := maps.Clone(occasions)
	for _, name := range []string{"a creation", "an addition", "an acceptance", "a rejection"} {
		delete(of, name) // whoever does these needs no permission
	}
	missing := of["a removal from a team"]
	missing.do = func(s *scene) string {
		return s.post(s.ann, "remove-team-member", map[string]any{"teamId": s.team, "userId": s.fred.id})
	}
	for name, o := range of {
		by := o.do
		o.do = func(s *scene) string { s.ann = s.fred; return by(s) }
		of[name] = o
	}
	of["a removal of who is not in the team"] = missing
	for name, o := range of {
		t.Run(name, func(t *testing.T) {
			on := false
			hear := func(context, any) error {
				if on {
					t.Error("a hook has heard of what is refused")
				}
				return nil
			}
			s := newScene(t, func(opts *organization.Options, _ *core.Options) { o.set(&opts.OrganizationHooks, hear, hear) })
			s.set("session", db.Row{"activeOrganizationId": s.id})
			before := s.everything(t.Context())
			on = true
			if got := o.do(s); !strings.HasPrefix(got, "40") {
				t.Errorf("got %s", got)
			}
			if after := s.everything(t.Context()); after != before {
				t.Errorf("something has changed:\n%s\n%s", before, after)
			}
		})
	}
}

// It is there already: 1.6.9 sends it, and answers before it tells a hook.
func TestHooksHearNothingOfAnInvitationThatIsSentAgain(t *testing.T) {
	heard := 0
	hear := func(context, *organization.InvitationEvent) error { heard++; return nil }
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.OrganizationHooks.BeforeCreateInvitation, o.OrganizationHooks.AfterCreateInvitation = hear, hear
	})
	resend := map[string]any{"resend": true}
	first := w.invite("bob@example.com", "member", resend)
	if heard != 2 {
		t.Errorf("%d hooks have heard of an invitation that is new", heard)
	}
	heard = 0
	again := w.invite("bob@example.com", "member", resend)
	w.Settle()
	if sent := len(authtest.Sent[organization.InvitationEmail](w.Outbox)); heard != 0 || again != first || sent != 2 {
		t.Errorf("%d hooks have heard of %q again, which was %q; %d messages are sent", heard, again, first, sent)
	}
}

// A hook that refuses is asked before anything is written.
func TestHooksRefuse(t *testing.T) {
	refused := maps.Clone(occasions)
	behind := map[string]func(*organization.Hooks, hears, hears){ // the organization, which is written by then
		"the first member": occasions["an addition"].set, "the first team": occasions["a team"].set,
	}
	for name, set := range behind {
		refused[name] = occasion{set: set, do: occasions["a creation"].do}
	}
	for name, o := range refused {
		t.Run(name, func(t *testing.T) {
			var s *scene
			on, before := false, ""
			refuse := func(ctx context, _ any) error {
				if on && behind[name] == nil {
					if now := s.everything(ctx); now != before {
						t.Errorf("something is written already:\n%s\n%s", before, now)
					}
				}
				return refuseIf(on)
			}
			never := func(context, any) error {
				if on {
					t.Error("a hook has heard of what was refused")
				}
				return nil
			}
			s = newScene(t, func(opts *organization.Options, _ *core.Options) { o.set(&opts.OrganizationHooks, refuse, never) })
			before, on = s.everything(t.Context()), true
			if got := o.do(s); got != "418 REFUSED" {
				t.Errorf("got %s", got)
			}
			if after := s.everything(t.Context()); after != before {
				t.Errorf("something has changed:\n%s\n%s", before, after)
			}
		})
	}
}

func refuseIf(is bool) error {
	if is {
		return errRefused
	}
	return nil
}

func TestHooksChangeWhatIsWritten(t *testing.T) {
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		h := &o.OrganizationHooks
		h.BeforeCreateOrganization = func(_ context, e *organization.Event) error {
			slug, _ := e.Data["slug"].(string)
			e.Data["slug"] = strings.ToLower(slug)
			return nil
		}
		h.BeforeUpdateOrganization = func(_ context, e *organization.Event) error { e.Data["name"] = "Changed"; return nil }
		h.BeforeAddMember = func(_ context, e *organization.MemberEvent) error {
			if e.Organization.Slug == "acme" && e.Data["role"] == "member" {
				e.Data["role"], e.Data["organizationId"], e.Data["userId"] = "admin", "elsewhere", "somebody"
			}
			return nil
		}
		h.BeforeUpdateMemberRole = func(_ context, e *organization.MemberEvent) error { e.Data["role"] = "admin"; return nil }
		h.BeforeCreateInvitation = func(_ context, e *organization.InvitationEvent) error {
			e.Data["role"], e.Data["organizationId"], e.Data["status"] = "admin", "elsewhere", "accepted"
			e.Data["inviterId"] = "somebody"
			return nil
		}
		h.BeforeCreateTeam = func(_ context, e *organization.TeamEvent) error {
			e.Data["name"], e.Data["organizationId"] = "Changed", "elsewhere"
			return nil
		}
		h.BeforeUpdateTeam = func(_ context, e *organization.TeamEvent) error {
			e.Data["name"], e.Data["organizationId"], e.Data["id"] = "Changed again", "elsewhere", "another"
			return nil
		}
	})
	w.found(w.ann, "MORE")
	w.want("400 ORGANIZATION_SLUG_ALREADY_TAKEN", w.ann.Post("/organization/check-slug", map[string]any{"slug": "more"}))
	w.ok(w.ann.Post("/organization/set-active", map[string]any{"organizationId": w.id}))
	if got := w.ok(w.ann.Post("/organization/update", map[string]any{"data": map[string]any{"name": "Mine"}})).Text(t, "name"); got != "Changed" {
		t.Errorf("the name is %q", got)
	}
	_, bobs := w.member("bob", "member")
	if got := w.ok(w.ann.Post("/organization/update-member-role", map[string]any{"memberId": bobs, "role": "member"})).Text(t, "role"); got != "admin" {
		t.Errorf("the role is %q", got)
	}
	a := w.ok(w.ann.Post("/organization/invite-member", map[string]any{"email": "carl@example.com", "role": "member"}))
	if a.Text(t, "role") != "admin" || a.Text(t, "organizationId") != w.id || a.Text(t, "status") != "pending" || a.Text(t, "inviterId") != w.ann.id {
		t.Errorf("got %s", a.Body)
	}
	team := w.team("Second")
	a = w.ok(w.ann.Post("/organization/update-team", map[string]any{"teamId": team, "data": map[string]any{"name": "Mine"}}))
	if a.Text(t, "name") != "Changed again" || a.Text(t, "organizationId") != w.id || a.Text(t, "id") != team {
		t.Errorf("got %s", a.Body)
	}
	for _, row := range w.rows("member") {
		if row["organizationId"] == "elsewhere" || row["userId"] == "somebody" {
			t.Errorf("a hook has changed an id: %v", row)
		}
	}
}

func TestHooksThatComeAfterHearOfWhatStands(t *testing.T) {
	var w *town
	heard := 0
	stands := func(context) error {
		heard++
		if n, err := w.Store().Count(t.Context(), w.Table("organization"), nil); n != 1 || err != nil {
			t.Errorf("there are %d organizations (%v)", n, err)
		}
		return nil
	}
	w = server(t, func(o *organization.Options, _ *core.Options) {
		h := &o.OrganizationHooks
		h.AfterCreateOrganization = func(ctx context, e *organization.Event) error {
			if db.InTx(ctx) || e.Member.Role != "owner" {
				t.Errorf("in a transaction: %t; the member is %+v", db.InTx(ctx), e.Member)
			}
			return stands(ctx)
		}
		h.AfterAddMember = func(ctx context, _ *organization.MemberEvent) error { return stands(ctx) }
		h.AfterCreateTeam = func(ctx context, _ *organization.TeamEvent) error { return stands(ctx) }
	})
	w.ann = w.person("ann")
	w.found(w.ann, "acme")
	if heard != 3 {
		t.Errorf("%d hooks have heard of it", heard)
	}
}

// What a hook writes is what the unique index looks at, behind the search for a slug.
func TestAHookTakesNoSlugOfAnother(t *testing.T) {
	heard := 0
	take := func(_ context, e *organization.Event) error {
		heard++
		if e.Data["slug"] == "free" {
			e.Data["slug"] = "acme"
		}
		return nil
	}
	w := founded(t, func(o *organization.Options, _ *core.Options) {
		o.OrganizationHooks.BeforeCreateOrganization, o.OrganizationHooks.BeforeUpdateOrganization = take, take
	})
	other, _ := w.found(w.ann, "other")
	update := func(slug string) *authtest.Answer {
		return w.ann.Post("/organization/update", map[string]any{"organizationId": other, "data": map[string]any{"slug": slug}})
	}
	heard = 0
	w.want("400 ORGANIZATION_ALREADY_EXISTS", w.ann.Post("/organization/create", map[string]any{"name": "Acme", "slug": "acme"}))
	w.want("400 ORGANIZATION_SLUG_ALREADY_TAKEN", update("acme"))
	if heard != 0 {
		t.Errorf("%d hooks have heard of what cannot be", heard)
	}
	w.want("400 ORGANIZATION_ALREADY_EXISTS", w.ann.Post("/organization/create", map[string]any{"name": "Acme", "slug": "free"}))
	w.want("400 ORGANIZATION_SLUG_ALREADY_TAKEN", update("free"))
	w.want("200", update("other"))
	if n := len(w.rows("organization")); n != 2 {
		t.Errorf("there are %d organizations", n)
	}
}
