package routestest

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// One of the sign-ups wins, and the others hear what a later one hears.
func signUps(r *race) {
	answers := r.Together(r.signUpRequests())
	later := r.Client().Post("/sign-up/email", r.signUpBody())
	if later.Status != http.StatusUnprocessableEntity {
		r.T.Errorf("a later sign-up gets %d %s", later.Status, later.Body)
	}
	r.WantTally(map[int]int{http.StatusOK: 1, later.Status: racers - 1}, answers)
	for _, a := range answers {
		if a.Status == later.Status && a.Body != later.Body {
			r.T.Errorf("a loser gets %s, a later one %s", a.Body, later.Body)
		}
		if cookies := len(a.Header["Set-Cookie"]); a.Status == later.Status && cookies != 0 {
			r.T.Errorf("a loser gets %d cookies", cookies)
		}
	}
	r.wantOneUser(1)
}

func hideDuplicates(o *core.Options) { o.EmailAndPassword.RequireEmailVerification = true }

// All of them look the same, and one of them has made the user.
func hiddenSignUps(r *race) {
	answers := r.Together(r.signUpRequests())
	r.WantTally(map[int]int{http.StatusOK: racers}, answers)
	want := answers[0]
	for _, a := range answers {
		if !slices.Equal(slices.Sorted(maps.Keys(a.Header)), slices.Sorted(maps.Keys(want.Header))) {
			r.T.Errorf("one answer has the headers %v, another %v", want.Header, a.Header)
		}
		if len(a.Body) != len(want.Body) || a.Text(r.T, "token") != "" {
			r.T.Errorf("one answer is %s, another %s", want.Body, a.Body)
		}
	}
	r.wantOneUser(0)
	r.Settle()
	mails := r.heard(racetest.VerificationMail, r.Email())
	if mails != 1 {
		r.T.Errorf("%d verification mails, want 1", mails)
	}
}

func (r *race) wantOneUser(sessions int64) {
	r.T.Helper()
	id := r.Row("user", "email", r.Email())[db.ID]
	r.WantRows(1, "account", "userId", id)
	r.WantRows(sessions, "session", "userId", id)
}

func (r *race) signUpBody() map[string]any {
	return map[string]any{"name": "Racer", "email": r.Email(), "password": password}
}

func (r *race) signUpRequests() []*http.Request {
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodPost, "/sign-up/email", r.signUpBody())
	}
	return requests
}
