package routestest

import (
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// departures are the races in which users delete themselves.
type departures struct{ *racetest.Application }

// listen starts to count what the application hears.
func (d *departures) listen(o *core.Options) {
	o.User.DeleteUser = core.DeleteUser{Enabled: true, BeforeDelete: d.Told(beforeDeletion), AfterDelete: d.Told(afterDeletion)}
}

// mail is listen where a mail asks.
func (d *departures) mail(o *core.Options) {
	d.listen(o)
	o.User.DeleteUser.SendDeleteAccountVerification = racetest.Sender(d.Application, deletionMail, func(m core.DeleteAccountEmail) (string, string) { return m.User.Email, m.Token })
}

func (d *departures) elsewhere(o *core.Options) {
	d.listen(o)
	racetest.UseSecondary(o)
}

// byToken presents one token many times, in both ways.
func (d *departures) byToken(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	id := r.Row("user", "email", r.Email())[db.ID]
	if a := c.Post("/delete-user", map[string]any{}); a.Status != http.StatusOK {
		r.T.Fatalf("ask for the mail: %d %s", a.Status, a.Body)
	}
	r.Settle()
	token := r.tokens(deletionMail, r.Email())[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		if requests[i] = c.Request(http.MethodGet, "/delete-user/callback?token="+token, nil); i%2 == 0 {
			requests[i] = c.Request(http.MethodPost, "/delete-user", map[string]any{"token": token})
		}
	}
	d.wantOne(r, id, 1, r.Together(requests))
}

// bySession asks for one deletion many times, from two browsers, with the
// password and without.
func (d *departures) bySession(r *race) {
	c, other := r.Client(), r.Client()
	c.SignUp(r.Email(), password)
	other.Post("/sign-in/email", map[string]any{"email": r.Email(), "password": password})
	id := r.Row("user", "email", r.Email())[db.ID]
	requests := make([]*http.Request, racers)
	for i := range requests {
		from, body := c, map[string]any{}
		if i%2 == 0 {
			from = other
		}
		if i%3 == 0 {
			body["password"] = password
		}
		requests[i] = from.Request(http.MethodPost, "/delete-user", body)
	}
	d.wantOne(r, id, r.Servers(), r.Together(requests))
}

// wantOne wants one deletion, and nothing of the user left. The application is
// asked as often as asked says at most.
func (d *departures) wantOne(r *race, id any, asked int, answers []*authtest.Answer) {
	r.T.Helper()
	won := 0
	for i, a := range answers {
		switch a.Status {
		case http.StatusOK:
			won++
		case http.StatusUnauthorized, http.StatusNotFound:
		case http.StatusBadRequest: // the password was gone already
			if a.Body != `{"message":"Credential account not found","code":"CREDENTIAL_ACCOUNT_NOT_FOUND"}` {
				r.T.Errorf("answer %d is %s", i, a.Body)
			}
		default:
			r.T.Errorf("answer %d is %d %s", i, a.Status, a.Body)
		}
	}
	if before, after := r.heard(beforeDeletion, r.Email()), r.heard(afterDeletion, r.Email()); won != 1 || before < 1 || before > asked || after != 1 {
		r.T.Errorf("%d deletions, and the application hears of %d before and %d after; want 1", won, before, after)
	}
	r.WantRows(0, "user", "email", r.Email())
	for model, field := range map[string]string{"account": "userId", "session": "userId", "verification": "value"} {
		r.WantRows(0, model, field, id)
	}
}

// whileSigningIn deletes a user among sign-ins of that user: whoever gets a
// session has one that is over.
func (d *departures) whileSigningIn(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	id := r.Row("user", "email", r.Email())[db.ID]
	requests := r.signIns(racers)
	requests[racers/2] = c.Request(http.MethodPost, "/delete-user", map[string]any{})
	for i, a := range r.Together(requests) {
		if i == racers/2 {
			continue
		}
		switch a.Status {
		case http.StatusOK:
			if _, alive := r.session(a.Text(r.T, "token")); alive {
				r.T.Errorf("sign-in %d outlives its user", i)
			}
		case http.StatusUnauthorized:
		default:
			r.T.Errorf("sign-in %d gets %d %s", i, a.Status, a.Body)
		}
	}
	r.WantRows(0, "user", "email", r.Email())
	r.WantRows(0, "session", "userId", id)
}

// userUpdates change two fields of one user many times: no change takes the
// other field back.
func userUpdates(r *race) {
	c := r.Client()
	c.SignUp(r.Email(), password)
	r.Server.Clock.Advance(1)
	names, images := map[any]bool{}, map[any]bool{}
	requests := make([]*http.Request, racers)
	for i := range requests {
		value, field := fmt.Sprintf("value %d", i), "name"
		if names[value] = true; i%2 == 0 {
			delete(names, value)
			images[value], field = true, "image"
		}
		requests[i] = c.Request(http.MethodPost, "/update-user", map[string]any{field: value})
	}
	r.WantTally(map[int]int{http.StatusOK: racers}, r.Together(requests))
	if row := r.Row("user", "email", r.Email()); !names[row["name"]] || !images[row["image"]] {
		r.T.Errorf("the user is %v with the image %v", row["name"], row["image"])
	}
}
