package routestest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// interleavingRaces are the races between requests that do different things.
func interleavingRaces(app *application) []raceCase {
	mail, resets, leaving := &emails{app}, &passwords{app}, &departures{app}
	inSecondary := func(configure func(*core.Options)) func(*core.Options) {
		return func(o *core.Options) {
			configure(o)
			useSecondary(o)
		}
	}
	return []raceCase{
		{name: "an address that is verified while more links are mailed is verified once", configure: mail.listen, run: mail.verificationAmongResends},
		{name: "an address that is verified while it changes stays unproven", configure: mail.skip, run: mail.verificationAmongChanges},
		{name: "an address that is signed up with while users change to it has one user", configure: mail.skip, run: mail.signUpsAmongChanges},
		{name: "a link that expires while it is opened proves what it answers", configure: mail.listen, run: mail.verificationsAtTheEnd},
		{name: "a reset token that expires while it is redeemed is redeemed once at most", configure: resets.listen, run: resets.resetsAtTheEnd},
		{name: "a reset token that expires while it is redeemed is redeemed once at most, and is left where it is", configure: leavingExpired(resets.listen), run: resets.resetsAtTheEnd},
		{name: "a reset token that expires while it is redeemed is redeemed once at most, from the secondary storage", configure: inSecondary(resets.listen), run: resets.resetsAtTheEnd},
		{name: "a token of a deletion that expires while it is redeemed deletes once at most", configure: leavingExpired(leaving.mail), run: leaving.deletionsAtTheEnd},
		{name: "nobody is signed in with a password that was reset", configure: resets.listen, run: resets.aResetAmongSignIns},
		{name: "nobody is signed in with a password that was reset, from the secondary storage", configure: inSecondary(resets.listen), run: resets.aResetAmongSignIns},
		{name: "a reset wins over changes of the same password", configure: resets.listen, run: resets.aResetAmongChanges},
		{name: "nothing is left of a user who is deleted while in use", configure: everythingOn(leaving, resets), run: leaving.whileInUse(resets)},
		{name: "nothing is left of a user who is deleted while in use, from the secondary storage", configure: inSecondary(everythingOn(leaving, resets)), run: leaving.whileInUse(resets)},
	}
}

// leavingExpired keeps what has expired, so that its time alone tells.
func leavingExpired(configure func(*core.Options)) func(*core.Options) {
	return func(o *core.Options) {
		configure(o)
		o.Verification.DisableCleanup = true
	}
}

// atTheEnd sends the requests while the time comes at which something expires:
// all of them around it, or in every other round all of them after it. What
// begins after it must not succeed.
func (r *race) atTheEnd(lifetime time.Duration, requests []*http.Request) []*authtest.Answer {
	r.t.Helper()
	end := r.s.Clock.Now().Add(lifetime)
	answers := make([]*authtest.Answer, len(requests))
	over := make(chan struct{})
	r.atOnce(func(i int) (bool, error) {
		switch {
		case i == 0:
			r.s.Clock.Advance(lifetime)
			close(over)
		case r.round%2 == 1:
			<-over
		}
		late := !r.s.Clock.Now().Before(end)
		rec := httptest.NewRecorder()
		r.server(i).ServeHTTP(rec, requests[i])
		answers[i] = &authtest.Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
		if late && rec.Code == http.StatusOK {
			return false, fmt.Errorf("it succeeds after the end: %s", rec.Body)
		}
		return false, nil
	})
	return answers
}

// wantAmong wants each answer to be one of those that are allowed.
func (r *race) wantAmong(answers []*authtest.Answer, allowed ...string) (tally map[string]int) {
	r.t.Helper()
	tally = map[string]int{}
	for i, a := range answers {
		got := fmt.Sprint(a.Status)
		if a.Status != http.StatusOK {
			got += " " + a.Text(r.t, "code")
		}
		if tally[got]++; !slices.Contains(allowed, got) {
			r.t.Errorf("answer %d is %d %s, want one of %q", i, a.Status, a.Body, allowed)
		}
	}
	return tally
}

// aResetAmongSignIns resets a password and ends all sessions among sign-ins with
// the old one: whoever gets a session has one that is over.
func (p *passwords) aResetAmongSignIns(r *race) {
	r.client().SignUp(r.email(), password)
	token := p.mailed(r, 1)[0]
	requests := r.signIns(racers)
	reset := racers / 2
	requests[reset] = r.client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": newPassword, "token": token})
	for i, a := range r.together(requests) {
		switch {
		case i == reset:
			if a.Status != http.StatusOK {
				r.t.Errorf("the reset gets %d %s", a.Status, a.Body)
			}
		case a.Status == http.StatusOK:
			if _, alive := r.session(a.Text(r.t, "token")); alive {
				r.t.Errorf("sign-in %d outlives its password", i)
			}
		case a.Status != http.StatusUnauthorized:
			r.t.Errorf("sign-in %d gets %d %s", i, a.Status, a.Body)
		}
	}
}

// aResetAmongChanges: whatever comes first, the password of the reset is the one
// in the end, and no session is left.
func (p *passwords) aResetAmongChanges(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	token := p.mailed(r, 1)[0]
	requests := passwordChangesOf(c, true)
	reset := racers / 2
	requests[reset] = r.client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": newPassword, "token": token})
	answers := r.together(requests)
	if answers[reset].Status != http.StatusOK {
		r.t.Errorf("the reset gets %d %s", answers[reset].Status, answers[reset].Body)
	}
	seen := r.wantAmong(answers, "200", "400 INVALID_PASSWORD", "401 UNAUTHORIZED")
	if seen["200"] > 2 { // the reset, and a change before it
		r.t.Errorf("%d changes of one password", seen["200"]-1)
	}
	r.wantRows(0, "session", "userId", r.row("user", "email", r.email())[db.ID])
	for _, given := range []string{password, racing(0), racing(1), newPassword} {
		a := r.client().Post("/sign-in/email", map[string]any{"email": r.email(), "password": given})
		if signedIn := a.Status == http.StatusOK; signedIn != (given == newPassword) {
			r.t.Errorf("%q gets %d %s", given, a.Status, a.Body)
		}
	}
}

// resetsAtTheEnd: the token is good until its end and never after it.
func (p *passwords) resetsAtTheEnd(r *race) {
	r.client().SignUp(r.email(), password)
	token := p.mailed(r, 1)[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.client().Request(http.MethodPost, "/reset-password", map[string]any{"newPassword": racing(i), "token": token})
	}
	answers := r.atTheEnd(time.Hour, requests)
	seen := r.wantAmong(answers, "200", "400 INVALID_TOKEN")
	later := r.client().Post("/reset-password", map[string]any{"newPassword": newPassword, "token": token})
	r.wantAmong([]*authtest.Answer{later}, "400 INVALID_TOKEN")
	if seen["200"] > 1 {
		r.t.Errorf("%d resets", seen["200"])
	}
	r.wantPasswordOf(answers)
}

// deletionsAtTheEnd is that for the token that deletes a user.
func (d *departures) deletionsAtTheEnd(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	if a := c.Post("/delete-user", map[string]any{}); a.Status != http.StatusOK {
		r.t.Fatalf("ask for the mail: %d %s", a.Status, a.Body)
	}
	r.settle()
	path := "/delete-user/callback?token=" + d.tokens(deletionMail, r.email())[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodGet, path, nil)
	}
	answers := r.atTheEnd(24*time.Hour, requests)
	seen := r.wantAmong(answers, "200", "404 INVALID_TOKEN", "404 FAILED_TO_GET_USER_INFO")
	later := c.Get(path)
	r.wantAmong([]*authtest.Answer{later}, "404 INVALID_TOKEN", "404 FAILED_TO_GET_USER_INFO")
	if seen["200"] > 1 {
		r.t.Errorf("%d deletions", seen["200"])
	}
	r.wantRows(int64(1-seen["200"]), "user", "email", r.email())
}
