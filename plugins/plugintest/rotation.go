package plugintest

import (
	"context"
	"net/http"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// Rotation is about sessions that get another token, by the plugin that does so.
func Rotation(*racetest.Application) []racetest.Race {
	configure := func(o *core.Options) {
		send := func(context.Context, twofactor.Message) error { return nil }
		o.Plugins = append(o.Plugins, twofactor.New(twofactor.Options{OTP: twofactor.OTPOptions{SendOTP: send}}))
	}
	return []racetest.Race{
		{Name: "sessions that rotate while all are revoked", Configure: configure, Run: rotationsDuringRevocation},
		{Name: "sessions that rotate while all are revoked, in the secondary storage", Run: rotationsDuringRevocation, Configure: func(o *core.Options) {
			configure(o)
			racetest.UseSecondary(o)
		}},
	}
}

// rotationsDuringRevocation: nothing is left, whatever order they come in.
func rotationsDuringRevocation(r *racetest.Round) {
	first := r.Client()
	first.SignUp(r.Email(), factorPassword)
	// A token rotates once: each session is a client of its own.
	var requests []*http.Request
	for range racetest.Racers / 2 {
		c := r.Client()
		if a := c.Post("/sign-in/email", map[string]any{"email": r.Email(), "password": factorPassword}); a.Status != http.StatusOK {
			r.T.Fatalf("sign in: %d %s", a.Status, a.Body)
		}
		requests = append(requests, c.Request(http.MethodPost, "/two-factor/enable", map[string]any{"password": factorPassword, "method": "otp"}))
	}
	revocation := r.N % len(requests) // among the others, another place each time
	requests = slices.Insert(requests, revocation, first.Request(http.MethodPost, "/revoke-sessions", map[string]any{}))
	answers := r.Together(requests)
	if a := answers[revocation]; a.Status != http.StatusOK {
		r.T.Errorf("revoking all is %d %s", a.Status, a.Body)
	}
	user := r.Row("user", "email", r.Email())["id"]
	id, _ := user.(string)
	left, err := r.Server.Sessions().Active(r.T.Context(), id, r.Server.Clock.Now())
	if err != nil || len(left) > 0 {
		r.T.Errorf("%d sessions are left: %v", len(left), err)
	}
}
