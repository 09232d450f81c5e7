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
	owner := r.Client()
	owner.SignUp(r.Email(), password)
	token := r.mailedTo(r.Email())
	requests := make([]*http.Request, racers)
	for i := range requests {
		switch i % 3 {
		case 0:
			requests[i] = r.Client().Request(http.MethodGet, "/verify-email?token="+token, nil)
		case 1:
			requests[i] = r.Client().Request(http.MethodPost, "/send-verification-email", map[string]any{"email": r.Email()})
		default:
			requests[i] = owner.Request(http.MethodPost, "/send-verification-email", map[string]any{"email": r.Email()})
		}
	}
	r.WantAmong(r.Together(requests), "200", "400 EMAIL_ALREADY_VERIFIED")
	if a := r.Client().Get("/verify-email?token=" + r.mailedTo(r.Email())); a.Status != http.StatusOK {
		r.T.Errorf("the last link gets %d %s", a.Status, a.Body)
	}
	if row := r.Row("user", "email", r.Email()); row["emailVerified"] != true {
		r.T.Error("the address is not verified")
	}
	if after, rows := r.heard(afterVerification, r.Email()), r.heard(userUpdate, r.Email()); after != 1 || rows != 1 {
		r.T.Errorf("the application hears of %d verifications and %d updates, want 1", after, rows)
	}
}

// verificationAmongChanges opens the link that proves the old address among
// requests that give the user a new one: it proves nothing about that.
func (e *emails) verificationAmongChanges(r *race) {
	owner := r.Client()
	owner.SignUp(r.Email(), password)
	id := r.Row("user", "email", r.Email())[db.ID]
	token := r.mailedTo(r.Email())
	address := "new-" + r.Email()
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodGet, "/verify-email?token="+token, nil)
		if i%2 == 0 {
			requests[i] = owner.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address})
		}
	}
	for i, a := range r.Together(requests) {
		// Whoever is late opens a link of nobody, or asks for the address again.
		if a.Status != http.StatusOK && a.Status != http.StatusUnauthorized && a.Status != http.StatusBadRequest {
			r.T.Errorf("answer %d is %d %s", i, a.Status, a.Body)
		}
	}
	if row := r.Row("user", db.ID, id); row["email"] == address && row["emailVerified"] == true {
		r.T.Error("the link to the old address has proven the new one")
	}
}

// signUpsAmongChanges sign up with an address that others change to.
func (e *emails) signUpsAmongChanges(r *race) {
	address := "wanted-" + r.Email()
	requests := make([]*http.Request, 0, racers)
	for i := range wanters {
		c := r.Client()
		c.SignUp(fmt.Sprintf("wanter%d-%s", i, r.Email()), password)
		for range racers / wanters / 2 {
			requests = append(requests,
				c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": address}),
				r.Client().Request(http.MethodPost, "/sign-up/email", map[string]any{"name": "Racer", "email": address, "password": password}))
		}
	}
	r.WantAmong(r.Together(requests), "200", "400 ", "422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
	r.WantRows(1, "user", "email", address)
	r.WantRows(1, "account", "userId", r.Row("user", "email", address)[db.ID])
}

// verificationsAtTheEnd: an answer is success if the address is verified then.
func (e *emails) verificationsAtTheEnd(r *race) {
	r.Client().SignUp(r.Email(), password)
	path := "/verify-email?token=" + r.mailedTo(r.Email())
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodGet, path, nil)
	}
	seen := r.WantAmong(r.AtTheEnd(time.Hour+time.Second, requests), "200", "401 TOKEN_EXPIRED")
	r.WantAmong([]*authtest.Answer{r.Client().Get(path)}, "401 TOKEN_EXPIRED")
	if verified := r.Row("user", "email", r.Email())["emailVerified"] == true; verified != (seen["200"] > 0) {
		r.T.Errorf("verified: %v, after the answers %v", verified, seen)
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
		c := r.Client()
		c.SignUp(r.Email(), password)
		id := r.Row("user", "email", r.Email())[db.ID]
		link := r.mailedTo(r.Email())
		reset := p.mailed(r, 1)[0]
		others := []func() *http.Request{
			func() *http.Request { return r.signIns(1)[0] },
			func() *http.Request { return r.Client().Request(http.MethodGet, "/verify-email?token="+link, nil) },
			func() *http.Request {
				return r.Client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": password, "token": reset})
			},
			func() *http.Request {
				return r.Client().Request(http.MethodPost, "/request-password-reset", map[string]any{"email": r.Email()})
			},
			func() *http.Request {
				return c.Request(http.MethodPost, "/change-password", map[string]any{"currentPassword": password, "newPassword": password, "revokeOtherSessions": true})
			},
			func() *http.Request {
				return c.Request(http.MethodPost, "/change-email", map[string]any{"newEmail": "new-" + r.Email()})
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
		answers := r.Together(requests)
		for _, a := range answers {
			if a.Status == http.StatusOK && a.Body != "null" && a.Body[0] == '{' {
				begun = append(begun, a.Text(r.T, "token"))
			}
		}
		r.Settle()
		if gone := r.Rows("user", db.ID, id) == 0; gone != (answers[leave].Status == http.StatusOK) {
			r.T.Errorf("gone: %v, and the deletion gets %d %s", gone, answers[leave].Status, answers[leave].Body)
		} else if !gone {
			return // its session had ended: with the reset, or with a change
		}
		for _, token := range begun {
			if _, alive := r.session(token); alive {
				r.T.Error("a session outlives its user")
			}
		}
		r.WantRows(0, "account", "userId", id)
		r.WantRows(0, "session", "userId", id)
		for _, token := range r.tokens(resetMail, r.Email()) {
			a := r.Client().Post("/reset-password", map[string]any{"newPassword": password, "token": token})
			r.WantAmong([]*authtest.Answer{a}, "400 INVALID_TOKEN", "400 USER_NOT_FOUND")
		}
	}
}
