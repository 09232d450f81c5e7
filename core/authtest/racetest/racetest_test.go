package racetest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

func TestRacesOfAPluginOnOneServer(t *testing.T) {
	racetest.RunRaces(t, inMemory, couponRaces)
}

func TestRacesOfAPluginOnTwoServers(t *testing.T) {
	racetest.RunOnTwoServers(t, inMemory, []db.IDKind{db.IDText, db.IDUUID, db.IDSerial}, couponRaces)
}

func TestRacesOfAPluginOnASecondaryStorage(t *testing.T) {
	opened := 0
	racetest.RunOnSecondary(t, func(*testing.T) secondary.Storage {
		opened++
		return secondary.NewMemory(nil)
	}, couponRaces)
	if want := 2 * 2; opened != want {
		t.Errorf("%d storages are opened, want %d: for two races one on one server and one on two", opened, want)
	}
}

func inMemory(*testing.T) db.Adapter { return memory.New() }

const couponSent = "coupon"

func couponRaces(app *racetest.Application) []racetest.Race {
	use := func(o *core.Options) {
		read := func(c coupon) (string, string) { return c.Email, c.Code }
		o.Plugins = append(o.Plugins, &coupons{send: racetest.Sender(app, couponSent, read)})
		sends := true
		o.EmailVerification.SendOnSignUp = &sends
		o.EmailVerification.AfterEmailVerification = app.Told("verified")
	}
	elsewhere := func(o *core.Options) {
		use(o)
		racetest.UseSecondary(o)
	}
	return []racetest.Race{
		{Name: "a coupon is redeemed once", Configure: use, Run: redeemOnce},
		{Name: "a coupon in the secondary storage is redeemed once", Configure: elsewhere, Run: redeemOnce},
		{Name: "servers share the database", Configure: use, Run: redeemLast, Actions: []racetest.Callable{redeem}},
		{Name: "servers share the secondary storage", Configure: elsewhere, Run: redeemLast, Actions: []racetest.Callable{redeem}},
		{Name: "a coupon is redeemed once in process", Configure: use, Run: redeemOnceInProcess, Actions: []racetest.Callable{redeem}},
		{Name: "every server has a plugin of its own", Configure: use, Run: pluginsOfTheirOwn, Actions: []racetest.Callable{pluginID}},
		{Name: "servers share the clock", Configure: use, Run: oneClock, Actions: []racetest.Callable{now}},
		{Name: "the application hears every server", Configure: use, Run: mailFromEverywhere},
		{Name: "nothing is performed that is not listed", Configure: use, Run: unlisted, Actions: []racetest.Callable{now}},
		{Name: "a race is alone", Alone: true, Run: func(r *racetest.Round) {
			if r.Servers() != 1 {
				r.T.Errorf("it runs on %d servers", r.Servers())
			}
		}},
		{Name: "every round begins anew", Empty: true, Run: func(r *racetest.Round) {
			r.WantRows(0, "user", "name", "Test User") // as all are called who sign up like this
			r.Client().SignUp(r.Email(), "password123")
		}},
	}
}

// sent is the code of the coupon of this round's user.
func sent(r *racetest.Round) string {
	r.T.Helper()
	if a := r.Client().Post("/coupons/send", map[string]any{"email": r.Email()}); a.Status != http.StatusOK {
		r.T.Fatalf("ask for a coupon: %d %s", a.Status, a.Body)
	}
	r.Settle()
	heard := r.Events(couponSent, r.Email())
	if len(heard) != 1 {
		r.T.Fatalf("%d coupons were sent, want 1", len(heard))
	}
	return heard[0].Token
}

func redeemOnce(r *racetest.Round) {
	code := sent(r)
	requests := make([]*http.Request, racetest.Racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodPost, "/coupons/redeem", map[string]any{"code": code})
	}
	r.WantWinner(r.Together(requests), `{"message":"No such coupon","code":"NO_COUPON"}`)
}

var redeem = racetest.Action[redeemInput, bool]{
	Name: "redeem",
	Do: func(ctx context.Context, s *authtest.Server, in redeemInput) (bool, error) {
		p, err := racetest.PluginOf[*coupons](s)
		if err != nil {
			return false, err
		}
		return p.redeemed(ctx, in)
	},
}

func redeemOnceInProcess(r *racetest.Round) {
	code := sent(r)
	won := r.AtOnce(racetest.Racers, func(i int) (bool, error) { return redeem.On(r, i, redeemInput{code}) })
	if won != 1 {
		r.T.Errorf("%d redeem it, want 1", won)
	}
}

// redeemLast redeems a coupon of the first server on the last one.
func redeemLast(r *racetest.Round) {
	if won, err := redeem.On(r, r.Servers()-1, redeemInput{sent(r)}); !won || err != nil {
		r.T.Errorf("the last server redeems it: %v (%v)", won, err)
	}
}

var pluginID = racetest.Action[struct{}, string]{
	Name: "which plugin",
	Do: func(_ context.Context, s *authtest.Server, _ struct{}) (string, error) {
		p, err := racetest.PluginOf[*coupons](s)
		return fmt.Sprintf("%p", p), err
	},
}

func pluginsOfTheirOwn(r *racetest.Round) {
	seen := map[string]bool{}
	for i := range racetest.Racers {
		id, err := pluginID.On(r, i, struct{}{})
		if err != nil {
			r.T.Fatal(err)
		}
		seen[id] = true
	}
	if len(seen) != r.Servers() {
		r.T.Errorf("%d plugins serve %d servers", len(seen), r.Servers())
	}
}

var now = racetest.Action[struct{}, []time.Time]{
	Name: "now",
	Do: func(_ context.Context, s *authtest.Server, _ struct{}) ([]time.Time, error) {
		return []time.Time{s.Now(), s.Clock.Now()}, nil
	},
}

func oneClock(r *racetest.Round) {
	r.Server.Clock.Advance(time.Minute)
	for i := range r.Servers() {
		times, err := now.On(r, i, struct{}{})
		if err != nil {
			r.T.Fatal(err)
		}
		for _, at := range times {
			if !at.Equal(r.Server.Clock.Now()) {
				r.T.Errorf("on server %d it is %v, want %v", i, at, r.Server.Clock.Now())
			}
		}
	}
}

func mailFromEverywhere(r *racetest.Round) {
	requests := make([]*http.Request, 4)
	for i := range requests {
		body := map[string]any{"name": "Racer", "email": fmt.Sprint(i, r.Email()), "password": "password123"}
		requests[i] = r.Client().Request(http.MethodPost, "/sign-up/email", body)
	}
	r.WantAmong(r.Together(requests), "200")
	r.Settle()
	inOutbox := map[string]string{}
	for _, m := range authtest.Sent[core.VerificationEmail](r.Server.Outbox) {
		inOutbox[m.User.Email] += m.Token
	}
	for i := range requests {
		address := fmt.Sprint(i, r.Email())
		heard := r.Events(racetest.VerificationMail, address)
		if len(heard) != 1 || heard[0].Token == "" || heard[0].Token != inOutbox[address] {
			r.T.Errorf("of %s it hears %v, and the outbox has %q", address, heard, inOutbox[address])
			continue
		}
		r.WantAmong([]*authtest.Answer{r.Client().Get("/verify-email?token=" + heard[0].Token)}, "200")
		if n := len(r.Events("verified", address)); n != 1 {
			r.T.Errorf("it hears of %d verifications, want 1", n)
		}
	}
}

func unlisted(r *racetest.Round) {
	for i := range r.Servers() {
		if _, err := redeem.On(r, i, redeemInput{"code"}); err == nil || !strings.Contains(err.Error(), `no action "redeem"`) {
			r.T.Errorf("server %d performs it, or says %v", i, err)
		}
	}
}

func TestAServerWithoutThePluginHasNone(t *testing.T) {
	if p, err := racetest.PluginOf[*coupons](authtest.New(t)); err == nil {
		t.Errorf("it has %v", p)
	}
}
