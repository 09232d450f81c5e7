package routestest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// departures are the races in which users delete themselves.
type departures struct{ *application }

// listen starts to count what the application hears.
func (d *departures) listen(o *core.Options) {
	d.forget()
	o.User.DeleteUser = core.DeleteUser{Enabled: true, BeforeDelete: d.told(beforeDeletion), AfterDelete: d.told(afterDeletion)}
}

// mail is listen where a mail asks.
func (d *departures) mail(o *core.Options) {
	d.listen(o)
	o.User.DeleteUser.SendDeleteAccountVerification = func(_ context.Context, m core.DeleteAccountEmail) error {
		d.hear(event{Kind: deletionMail, Address: m.User.Email, Token: m.Token})
		return nil
	}
}

func (d *departures) elsewhere(o *core.Options) {
	d.listen(o)
	useSecondary(o)
}

// byToken presents one token many times, in both ways.
func (d *departures) byToken(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	id := r.row("user", "email", r.email())[db.ID]
	if a := c.Post("/delete-user", map[string]any{}); a.Status != http.StatusOK {
		r.t.Fatalf("ask for the mail: %d %s", a.Status, a.Body)
	}
	r.settle()
	token := d.tokens(deletionMail, r.email())[0]
	requests := make([]*http.Request, racers)
	for i := range requests {
		if requests[i] = c.Request(http.MethodGet, "/delete-user/callback?token="+token, nil); i%2 == 0 {
			requests[i] = c.Request(http.MethodPost, "/delete-user", map[string]any{"token": token})
		}
	}
	d.wantOne(r, id, 1, r.together(requests))
}

// bySession asks for one deletion many times, from two browsers, with the
// password and without.
func (d *departures) bySession(r *race) {
	c, other := r.client(), r.client()
	c.SignUp(r.email(), password)
	other.Post("/sign-in/email", map[string]any{"email": r.email(), "password": password})
	id := r.row("user", "email", r.email())[db.ID]
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
	d.wantOne(r, id, len(r.servers), r.together(requests))
}

// wantOne wants one deletion, and nothing of the user left. The application is
// asked as often as asked says at most.
func (d *departures) wantOne(r *race, id any, asked int, answers []*authtest.Answer) {
	r.t.Helper()
	won := 0
	for i, a := range answers {
		switch a.Status {
		case http.StatusOK:
			won++
		case http.StatusUnauthorized, http.StatusNotFound:
		case http.StatusBadRequest: // the password was gone already
			if a.Body != `{"message":"Credential account not found","code":"CREDENTIAL_ACCOUNT_NOT_FOUND"}` {
				r.t.Errorf("answer %d is %s", i, a.Body)
			}
		default:
			r.t.Errorf("answer %d is %d %s", i, a.Status, a.Body)
		}
	}
	if before, after := d.count(beforeDeletion, r.email()), d.count(afterDeletion, r.email()); won != 1 || before < 1 || before > asked || after != 1 {
		r.t.Errorf("%d deletions, and the application hears of %d before and %d after; want 1", won, before, after)
	}
	r.wantRows(0, "user", "email", r.email())
	for model, field := range map[string]string{"account": "userId", "session": "userId", "verification": "value"} {
		r.wantRows(0, model, field, id)
	}
}

// whileSigningIn deletes a user among sign-ins of that user: whoever gets a
// session has one that is over.
func (d *departures) whileSigningIn(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	id := r.row("user", "email", r.email())[db.ID]
	requests := r.signIns(racers)
	requests[racers/2] = c.Request(http.MethodPost, "/delete-user", map[string]any{})
	for i, a := range r.together(requests) {
		if i == racers/2 {
			continue
		}
		switch a.Status {
		case http.StatusOK:
			if _, alive := r.session(a.Text(r.t, "token")); alive {
				r.t.Errorf("sign-in %d outlives its user", i)
			}
		case http.StatusUnauthorized:
		default:
			r.t.Errorf("sign-in %d gets %d %s", i, a.Status, a.Body)
		}
	}
	r.wantRows(0, "user", "email", r.email())
	r.wantRows(0, "session", "userId", id)
}

// userUpdates change two fields of one user many times: no change takes the
// other field back.
func userUpdates(r *race) {
	c := r.client()
	c.SignUp(r.email(), password)
	r.s.Clock.Advance(1)
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
	r.wantTally(map[int]int{http.StatusOK: racers}, r.together(requests))
	if row := r.row("user", "email", r.email()); !names[row["name"]] || !images[row["image"]] {
		r.t.Errorf("the user is %v with the image %v", row["name"], row["image"])
	}
}
