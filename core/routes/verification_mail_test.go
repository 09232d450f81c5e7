package routes_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestWhoGetsAVerificationMail(t *testing.T) {
	for _, tc := range []struct {
		name               string
		require            bool
		onSignUp           *bool
		onSignIn           bool
		atSignUp, atSignIn int
	}{
		{"nobody by default", false, nil, false, 0, 0},
		{"a new user who must verify the address", true, nil, false, 1, 0},
		{"a new user because the option says so", false, new(true), false, 1, 0},
		{"nobody because the option says so", true, new(false), false, 0, 0},
		{"an unverified user who signs in", true, new(false), true, 0, 1},
		{"both", true, new(true), true, 1, 1},
		{"a user who signs in need not verify", false, nil, true, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				o.EmailAndPassword.RequireEmailVerification = tc.require
				o.EmailVerification.SendOnSignUp, o.EmailVerification.SendOnSignIn = tc.onSignUp, tc.onSignIn
			})
			s.Client().SignUp(email, password)
			s.Settle()
			if got := len(authtest.Sent[core.VerificationEmail](s.Outbox)); got != tc.atSignUp {
				t.Errorf("%d mails at sign-up, want %d", got, tc.atSignUp)
			}
			s.Client().Post("/sign-in/email", credentials(nil))
			s.Settle()
			if got := len(authtest.Sent[core.VerificationEmail](s.Outbox)); got != tc.atSignUp+tc.atSignIn {
				t.Errorf("%d mails after sign-in, want %d", got, tc.atSignUp+tc.atSignIn)
			}
			// A wrong password proves nothing, so nobody is written to.
			s.Client().Post("/sign-in/email", credentials(map[string]any{"password": "wrong-password"}))
			s.Settle()
			if got := len(authtest.Sent[core.VerificationEmail](s.Outbox)); got != tc.atSignUp+tc.atSignIn {
				t.Error("a wrong password sent a mail")
			}
		})
	}
}

func TestTheLinkInAVerificationMail(t *testing.T) {
	const link = "http://localhost:3000/api/auth/verify-email?token=TOKEN&callbackURL="
	for _, tc := range []struct {
		name     string
		callback any
		want     string
	}{
		{"leads to the root by default", absent, link + "%2F"},
		{"leads to the root without a target", "", link + "%2F"},
		{"carries a path", "/x?y=1", link + "%2Fx%3Fy%3D1"},
		{"carries a URL, escaped as JavaScript escapes it", "http://localhost:3000/a?b=c d&é'(!)*~", link + "http%3A%2F%2Flocalhost%3A3000%2Fa%3Fb%3Dc%20d%26%C3%A9'(!)*~"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, verified)
			a := s.Client().Post("/sign-up/email", body(map[string]any{"callbackURL": tc.callback, "email": "ANN@example.com"}))
			if a.Status != http.StatusOK {
				t.Fatalf("got %d %s", a.Status, a.Body)
			}
			s.Settle()
			mails := authtest.Sent[core.VerificationEmail](s.Outbox)
			if len(mails) != 1 {
				t.Fatalf("%d mails", len(mails))
			}
			m := mails[0]
			if got := strings.Replace(m.URL, m.Token, "TOKEN", 1); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if m.User.Email != email {
				t.Errorf("addressed to %s", m.User.Email)
			}
			if strings.Contains(a.Body, m.Token) || strings.Contains(s.Log.String(), m.Token) {
				t.Error("the token shows in the answer or in the log")
			}
		})
	}
}

// 1.6.9 reads this token: it looks at email, iat and exp and skips userId.
func TestTheTokenInAVerificationMail(t *testing.T) {
	s := authtest.New(t, verified, func(o *core.Options) { o.EmailVerification.ExpiresIn = 2 * time.Hour })
	s.Client().SignUp(email, password)
	s.Settle()
	token := authtest.Sent[core.VerificationEmail](s.Outbox)[0].Token
	claims, err := s.Keys().VerifyJWT(token, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := stored(t, s, "user")[0][db.ID].(string)
	if want := `{"email":"ann@example.com","userId":"` + id + `","iat":1773480413,"exp":1773487613}`; claims != want {
		t.Errorf("got  %s\nwant %s", claims, want)
	}
	if _, err := s.Keys().VerifyJWT(token, s.Clock.Now().Add(2*time.Hour)); err == nil {
		t.Error("the token does not expire")
	}
	c := s.Client()
	c.Cookies["better-auth.session_data"] = token
	if a := c.Get("/get-session"); a.Body != "null" {
		t.Errorf("the token is taken for a session: %s", a.Body)
	}
}

func TestASenderThatFailsOrPanicsDoesNotShow(t *testing.T) {
	for name, send := range map[string]func(context.Context, core.VerificationEmail) error{
		"fails":  func(context.Context, core.VerificationEmail) error { return errors.New("no route to the mail server") },
		"panics": func(context.Context, core.VerificationEmail) error { panic("no mail server") },
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, verified, func(o *core.Options) { o.EmailVerification.SendVerificationEmail = send })
			s.Client().SignUp(email, password)
			s.Settle()
			if !strings.Contains(s.Log.String(), "mail server") {
				t.Error("the failure is not logged")
			}
		})
	}
}
