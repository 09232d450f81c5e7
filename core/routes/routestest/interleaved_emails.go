package routestest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// verificationAmongResends opens a link among requests for more of them. Links
// that come afterwards are good, and do nothing more.
func (e *emails) verificationAmongResends(r *race) {
	owner := r.client()
	owner.SignUp(r.email(), password)
	token := r.mailTo(r.email()).Token
	requests := make([]*http.Request, racers)
	for i := range requests {
		switch i % 3 {
		case 0:
			requests[i] = r.client().Request(http.MethodGet, "/verify-email?token="+token, nil)
		case 1:
			requests[i] = r.client().Request(http.MethodPost, "/send-verification-email", map[string]any{"email": r.email()})
		default:
			requests[i] = owner.Request(http.MethodPost, "/send-verification-email", map[string]any{"email": r.email()})
		}
	}
	r.wantAmong(r.together(requests), "200", "400 EMAIL_ALREADY_VERIFIED")
	if a := r.client().Get("/verify-email?token=" + r.mailTo(r.email()).Token); a.Status != http.StatusOK {
		r.t.Errorf("the last link gets %d %s", a.Status, a.Body)
	}
	if row := r.row("user", "email", r.email()); row["emailVerified"] != true {
		r.t.Error("the address is not verified")
	}
	if after, rows := e.count(afterVerification, r.email()), e.count(userUpdate, r.email()); after != 1 || rows != 1 {
		r.t.Errorf("the application hears of %d verifications and %d updates, want 1", after, rows)
	}
}

// verificationAmongChanges opens the link that proves the old address among
// requests that give the user a new one: it proves nothing about that.
func (e *emails) verificationAmongChanges(r *race) {
	owner := r.client()
	owner.SignUp(r.email(), password)
	id := r.row("user", "email", r.email())[db.ID]
	token := r.mailTo(r.email()).Token
	address := "new-" + r.email()
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.client().Request(http.MethodGet, "/verify-email?token="+token, nil)
		if i%2 == 0 {
			requests[i] = owner.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address})
		}
	}
	for i, a := range r.together(requests) {
		// Whoever is late opens a link of nobody, or asks for the address again.
		if a.Status != http.StatusOK && a.Status != http.StatusUnauthorized && a.Status != http.StatusBadRequest {
			r.t.Errorf("answer %d is %d %s", i, a.Status, a.Body)
		}
	}
	if row := r.row("user", db.ID, id); row["email"] == address && row["emailVerified"] == true {
		r.t.Error("the link to the old address has proven the new one")
	}
}

// signUpsAmongChanges sign up with an address that others change to.
func (e *emails) signUpsAmongChanges(r *race) {
	address := "wanted-" + r.email()
	requests := make([]*http.Request, 0, racers)
	for i := range wanters {
		c := r.client()
		c.SignUp(fmt.Sprintf("wanter%d-%s", i, r.email()), password)
		for range racers / wanters / 2 {
			requests = append(requests,
				c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address}),
				r.client().Request(http.MethodPost, "/sign-up/email", map[string]any{"name": "Racer", "email": address, "password": password}))
		}
	}
	r.wantAmong(r.together(requests), "200", "400 ", "422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	r.wantRows(1, "user", "email", address)
	r.wantRows(1, "account", "userId", r.row("user", "email", address)[db.ID])
}

// verificationsAtTheEnd: an answer is success if the address is verified then.
func (e *emails) verificationsAtTheEnd(r *race) {
	r.client().SignUp(r.email(), password)
	path := "/verify-email?token=" + r.mailTo(r.email()).Token
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.client().Request(http.MethodGet, path, nil)
	}
	seen := r.wantAmong(r.atTheEnd(time.Hour+time.Second, requests), "200", "401 TOKEN_EXPIRED")
	r.wantAmong([]*authtest.Answer{r.client().Get(path)}, "401 TOKEN_EXPIRED")
	if verified := r.row("user", "email", r.email())["emailVerified"] == true; verified != (seen["200"] > 0) {
		r.t.Errorf("verified: %v, after the answers %v", verified, seen)
	}
}

// everythingOn lets users do whatever leaves something behind.
func everythingOn(d *departures, p *passwords) func(*core.Options) {
	return func(o *core.Options) {
		p.listen(o)
		d.listen(o)
		sends := true
		o.EmailVerification.SendOnSignUp = &sends
		o.EmailVerification.AutoSignInAfterVerification = true
		o.User.ChangeEmail.Enabled = true
		o.Session.AdditionalFields = []core.Field{{Name: "theme", Type: db.String, Nullable: true}}
	}
}

// whileInUse deletes a user among everything else that the user may do.
func (d *departures) whileInUse(p *passwords) func(r *race) {
	return func(r *race) {
		c := r.client()
		c.SignUp(r.email(), password)
		id := r.row("user", "email", r.email())[db.ID]
		link := r.mailTo(r.email()).Token
		reset := p.mailed(r, 1)[0]
		others := []func() *http.Request{
			func() *http.Request { return r.signIns(1)[0] },
			func() *http.Request { return r.client().Request(http.MethodGet, "/verify-email?token="+link, nil) },
			func() *http.Request {
				return r.client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": password, "token": reset})
			},
			func() *http.Request {
				return r.client().Request(http.MethodPost, "/request-password-reset", map[string]any{"email": r.email()})
			},
			func() *http.Request {
				return c.Request(http.MethodPost, "/change-password", map[string]any{"currentPassword": password, "newPassword": password, "revokeOtherSessions": true})
			},
			func() *http.Request {
				return c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": "new-" + r.email()})
			},
			func() *http.Request {
				return c.Request(http.MethodPost, "/update-user", map[string]any{"name": "Racer"})
			},
			func() *http.Request {
				return c.Request(http.MethodPost, "/update-session", map[string]any{"theme": "dark"})
			},
			func() *http.Request { return c.Request(http.MethodGet, "/get-session", nil) },
			func() *http.Request { return c.Request(http.MethodGet, "/list-accounts", nil) },
		}
		requests := make([]*http.Request, racers)
		for i := range requests {
			requests[i] = others[i%len(others)]()
		}
		leave := racers / 2
		requests[leave] = c.Request(http.MethodPost, "/delete-user", map[string]any{"password": password})
		var begun []string
		answers := r.together(requests)
		for _, a := range answers {
			if a.Status == http.StatusOK && a.Body != "null" && a.Body[0] == '{' {
				begun = append(begun, a.Text(r.t, "token"))
			}
		}
		r.settle()
		if gone := r.rows("user", db.ID, id) == 0; gone != (answers[leave].Status == http.StatusOK) {
			r.t.Errorf("gone: %v, and the deletion gets %d %s", gone, answers[leave].Status, answers[leave].Body)
		} else if !gone {
			return // its session had ended: with the reset, or with a change
		}
		for _, token := range begun {
			if _, alive := r.session(token); alive {
				r.t.Error("a session outlives its user")
			}
		}
		r.wantRows(0, "account", "userId", id)
		r.wantRows(0, "session", "userId", id)
		for _, token := range p.tokens(resetMail, r.email()) {
			a := r.client().Post("/reset-password", map[string]any{"newPassword": password, "token": token})
			r.wantAmong([]*authtest.Answer{a}, "400 INVALID_TOKEN", "400 USER_NOT_FOUND")
		}
	}
}
