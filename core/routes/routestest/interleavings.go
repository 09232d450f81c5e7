package routestest

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// interleavingRaces are the races between requests that do different things.
func interleavingRaces(app *racetest.Application) []racetest.Race {
	mail, resets, leaving := &emails{app}, &passwords{app}, &departures{app}
	inSecondary := func(configure func(*core.Options)) func(*core.Options) {
		return func(o *core.Options) {
			configure(o)
			racetest.UseSecondary(o)
		}
	}
	return []racetest.Race{
		{Name: "an address that is verified while more links are mailed is verified once", Configure: mail.listen, Run: run(mail.verificationAmongResends)},
		{Name: "an address that is verified while it changes stays unproven", Configure: mail.skip, Run: run(mail.verificationAmongChanges)},
		{Name: "an address that is signed up with while users change to it has one user", Configure: mail.skip, Run: run(mail.signUpsAmongChanges)},
		{Name: "a link that expires while it is opened proves what it answers", Configure: mail.listen, Run: run(mail.verificationsAtTheEnd)},
		{Name: "a reset token that expires while it is redeemed is redeemed once at most", Configure: resets.listen, Run: run(resets.resetsAtTheEnd)},
		{Name: "a reset token that expires while it is redeemed is redeemed once at most, and is left where it is", Configure: leavingExpired(resets.listen), Run: run(resets.resetsAtTheEnd)},
		{Name: "a reset token that expires while it is redeemed is redeemed once at most, from the secondary storage", Configure: inSecondary(resets.listen), Run: run(resets.resetsAtTheEnd)},
		{Name: "a token of a deletion that expires while it is redeemed deletes once at most", Configure: leavingExpired(leaving.mail), Run: run(leaving.deletionsAtTheEnd)},
		{Name: "nobody is signed in with a password that was reset", Configure: resets.listen, Run: run(resets.aResetAmongSignIns)},
		{Name: "nobody is signed in with a password that was reset, from the secondary storage", Configure: inSecondary(resets.listen), Run: run(resets.aResetAmongSignIns)},
		{Name: "a reset wins over changes of the same password", Configure: resets.listen, Run: run(resets.aResetAmongChanges)},
		{Name: "nothing is left of a user who is deleted while in use", Configure: everythingOn(leaving, resets), Run: run(leaving.whileInUse(resets))},
		{Name: "nothing is left of a user who is deleted while in use, from the secondary storage", Configure: inSecondary(everythingOn(leaving, resets)), Run: run(leaving.whileInUse(resets))},
	}
}

// leavingExpired keeps what has expired, so that its time alone tells.
func leavingExpired(configure func(*core.Options)) func(*core.Options) {
	return func(o *core.Options) {
		configure(o)
		o.Verification.DisableCleanup = true
	}
}

// aResetAmongSignIns resets a password and ends all sessions among sign-ins with
// the old one: whoever gets a session has one that is over.
func (p *passwords) aResetAmongSignIns(r *race) {
	r.Client().SignUp(r.Email(), password)
	token := p.mailed(r, 1)[0]
	requests := r.signIns(racers)
	reset := racers / 2
	requests[reset] = r.Client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": newPassword, "token": token})
	for i, a := range r.Together(requests) {
		switch {
		case i == reset:
			if a.Status != http.StatusOK {
				r.T.Errorf("the reset gets %d %s", a.Status, a.Body)
			}
		case a.Status == http.StatusOK:
			if _, alive := r.session(a.Text(r.T, "token")); alive {
				r.T.Errorf("sign-in %d outlives its password", i)
			}
		case a.Status != http.StatusUnauthorized:
			r.T.Errorf("sign-in %d gets %d %s", i, a.Status, a.Body)
		}
	}
}

// aResetAmongChanges: whatever comes first, the password of the reset is the one
// in the end, and no session is left.
func (p *passwords) aResetAmongChanges(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	token := p.mailed(r, 1)[0]
	requests := passwordChangesOf(c, true)
	reset := racers / 2
	requests[reset] = r.Client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": newPassword, "token": token})
	answers := r.Together(requests)
	if answers[reset].Status != http.StatusOK {
		r.T.Errorf("the reset gets %d %s", answers[reset].Status, answers[reset].Body)
	}
	seen := r.WantAmong(answers, "200", "400 INVALID_PASSWORD", "401 UNAUTHORIZED")
	if seen["200"] > 2 { // the reset, and a change before it
		r.T.Errorf("%d changes of one password", seen["200"]-1)
	}
	r.WantRows(0, "session", "userId", r.Row("user", "email", r.Email())[db.ID])
	for _, given := range []string{password, racing(0), racing(1), newPassword} {
		a := r.Client().Post("/sign-in/email", map[string]any{"email": r.Email(), "password": given})
		if signedIn := a.Status == http.StatusOK; signedIn != (given == newPassword) {
			r.T.Errorf("%q gets %d %s", given, a.Status, a.Body)
		}
	}
}

// resetsAtTheEnd: the token is good until its end and never after it.
func (p *passwords) resetsAtTheEnd(r *race) {
	r.Client().SignUp(r.Email(), password)
	token := p.mailed(r, 1)[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": racing(i), "token": token})
	}
	answers := r.AtTheEnd(time.Hour, requests)
	seen := r.WantAmong(answers, "200", "400 INVALID_TOKEN")
	later := r.Client().Post("/reset-password", map[string]any{"newPassword": newPassword, "token": token})
	r.WantAmong([]*authtest.Answer{later}, "400 INVALID_TOKEN")
	if seen["200"] > 1 {
		r.T.Errorf("%d resets", seen["200"])
	}
	r.wantPasswordOf(answers)
}

// deletionsAtTheEnd is that for the token that deletes a user.
func (d *departures) deletionsAtTheEnd(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	if a := c.Post("/delete-user", map[string]any{}); a.Status != http.StatusOK {
		r.T.Fatalf("ask for the mail: %d %s", a.Status, a.Body)
	}
	r.Settle()
	path := "/delete-user/callback?token=" + r.tokens(deletionMail, r.Email())[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodGet, path, nil)
	}
	answers := r.AtTheEnd(24*time.Hour, requests)
	seen := r.WantAmong(answers, "200", "404 INVALID_TOKEN", "404 FAILED_TO_GET_USER_INFO")
	later := c.Get(path)
	r.WantAmong([]*authtest.Answer{later}, "404 INVALID_TOKEN", "404 FAILED_TO_GET_USER_INFO")
	if seen["200"] > 1 {
		r.T.Errorf("%d deletions", seen["200"])
	}
	r.WantRows(int64(1-seen["200"]), "user", "email", r.Email())
}
