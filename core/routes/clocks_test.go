package routes_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// skew is how far the clocks of two servers are apart. What a token or a session
// may gain or lose by that is the skew, and never more.
const skew = 5 * time.Minute

// apart starts two servers on one storage. The first keeps the right time; the
// second is ahead of it.
func apart(t *testing.T, configure ...func(*core.Options)) (right, ahead *authtest.Server) {
	t.Helper()
	shared := memory.New()
	list := make([]*authtest.Server, 2)
	for i := range list {
		list[i] = authtest.New(t, append([]func(*core.Options){func(o *core.Options) { o.Database = shared }}, configure...)...)
	}
	list[1].Clock.Advance(skew)
	return list[0], list[1]
}

// pass lets time go by on both servers.
func pass(d time.Duration, servers ...*authtest.Server) {
	for _, s := range servers {
		s.Clock.Advance(d)
	}
}

// at is a client of another server with the same cookies.
func at(s *authtest.Server, c *authtest.Client) *authtest.Client {
	moved := s.Client()
	maps.Copy(moved.Cookies, c.Cookies)
	return moved
}

// directions are which server makes something, and which one is to take it.
func directions(right, ahead *authtest.Server) map[string][2]*authtest.Server {
	return map[string][2]*authtest.Server{
		"made ahead, taken right": {ahead, right},
		"made right, taken ahead": {right, ahead},
	}
}

// mailed is a kind of token that is mailed.
type mailed struct {
	name     string
	lifetime time.Duration
	// ask has a server mail one; redeem is whether a server takes it.
	ask    func(t *testing.T, s *authtest.Server, c *authtest.Client, box *authtest.Outbox) string
	redeem func(c *authtest.Client, token string) bool
}

func mailedTokens() []mailed {
	return []mailed{
		{"a reset token", time.Hour, func(t *testing.T, s *authtest.Server, c *authtest.Client, box *authtest.Outbox) string {
			c.Post("/request-password-reset", map[string]any{"email": email})
			s.Settle()
			return authtest.Last[core.ResetPasswordEmail](t, box).Token
		}, func(c *authtest.Client, token string) bool {
			return c.Post("/reset-password", map[string]any{"token": token, "newPassword": password}).Status == http.StatusOK
		}},
		{"a link that verifies", time.Hour, func(t *testing.T, s *authtest.Server, c *authtest.Client, box *authtest.Outbox) string {
			c.Post("/send-verification-email", map[string]any{"email": email})
			s.Settle()
			return authtest.Last[core.VerificationEmail](t, box).Token
		}, func(c *authtest.Client, token string) bool {
			return c.Get("/verify-email?token="+token).Status == http.StatusOK
		}},
		{"a token that deletes", 24 * time.Hour, func(t *testing.T, s *authtest.Server, c *authtest.Client, box *authtest.Outbox) string {
			c.Post("/delete-user", map[string]any{})
			s.Settle()
			return authtest.Last[core.DeleteAccountEmail](t, box).Token
		}, func(c *authtest.Client, token string) bool {
			return c.Get("/delete-user/callback?token="+token).Status == http.StatusOK
		}},
	}
}

// mailTo configures the senders that mailedTokens need.
func mailTo(box *authtest.Outbox) func(*core.Options) {
	return func(o *core.Options) {
		byMail(box)(o)
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](box)
		o.EmailVerification.SendVerificationEmail = authtest.Keep[core.VerificationEmail](box)
	}
}

func TestATokenLastsNeitherLongerNorShorterThanTheSkewOfTwoClocks(t *testing.T) {
	for storage, use := range map[string]func(*authtest.Clock) func(*core.Options){
		"database": func(*authtest.Clock) func(*core.Options) { return func(*core.Options) {} },
		"secondary storage": func(c *authtest.Clock) func(*core.Options) {
			shared := secondary.NewMemory(c.Now)
			return func(o *core.Options) { o.SecondaryStorage, o.Session.StoreSessionInDatabase = shared, true }
		},
	} {
		for _, kind := range mailedTokens() {
			for _, direction := range []string{"made ahead, taken right", "made right, taken ahead"} {
				for _, tc := range []struct {
					after time.Duration // of its making
					good  bool
				}{
					{0, true},
					{kind.lifetime - skew - time.Second, true},
					{kind.lifetime + skew + time.Second, false},
				} {
					t.Run(fmt.Sprintf("%s/%s/%s/after %s", storage, kind.name, direction, tc.after), func(t *testing.T) {
						t.Parallel()
						third := authtest.NewClock(authtest.Start) // of the storage
						box := &authtest.Outbox{}
						right, ahead := apart(t, use(third), mailTo(box))
						pair := directions(right, ahead)[direction]
						c := pair[0].Client()
						c.SignUp(email, password)
						token := kind.ask(t, pair[0], c, box)
						pass(tc.after, right, ahead)
						third.Advance(tc.after)
						if got := kind.redeem(at(pair[1], c), token); got != tc.good {
							t.Errorf("taken: %v, want %v", got, tc.good)
						}
					})
				}
			}
		}
	}
}

func TestASessionEndsWithinTheSkewOfTwoClocks(t *testing.T) {
	for _, direction := range []string{"made ahead, taken right", "made right, taken ahead"} {
		t.Run(direction, func(t *testing.T) {
			right, ahead := apart(t, func(o *core.Options) { o.Session.DisableSessionRefresh = true })
			pair := directions(right, ahead)[direction]
			c := pair[0].Client()
			c.SignUp(email, password)
			wantSignedIn(t, "at once", at(pair[1], c), true)
			const week = 7 * 24 * time.Hour
			pass(week-skew-time.Second, right, ahead)
			wantSignedIn(t, "just before its end", at(pair[1], c), true)
			pass(2*skew+2*time.Second, right, ahead)
			wantSignedIn(t, "after its end", at(pair[1], c), false)
		})
	}
}

// Use extends a session on whichever server, and neither signs it out.
func TestASessionInUseOnTwoClocksGoesOn(t *testing.T) {
	right, ahead := apart(t, func(o *core.Options) { o.User.DeleteUser.Enabled = true })
	c := ahead.Client()
	c.SignUp(email, password)
	for day := range 30 {
		wantSignedIn(t, fmt.Sprintf("on day %d, right", day), at(right, c), true)
		wantSignedIn(t, fmt.Sprintf("on day %d, ahead", day), at(ahead, c), true)
		pass(24*time.Hour, right, ahead)
	}
	// One that began in the future of the right clock is fresh.
	c.Post("/sign-in/email", credentials(nil))
	answers(t, at(right, c).Post("/delete-user", map[string]any{}), http.StatusOK, `{"success":true,"message":"User deleted"}`)
}

func TestACookieCacheIsTakenByAServerWithAnotherClock(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			p := newProbe(memory.New())
			right, ahead := apart(t, func(o *core.Options) {
				o.Database = p
				o.Session.CookieCache = core.CookieCache{Enabled: new(true), Strategy: strategy}
			})
			ahead.Clock.Advance(-time.Minute) // four minutes ahead; a cache lasts five
			const apart, lifetime, leeway = 4 * time.Minute, 5 * time.Minute, 15 * time.Second
			made := map[string]*authtest.Client{"ahead": ahead.Client(), "right": right.Client()}
			made["ahead"].SignUp(email, password)
			made["right"].SignUp("bob@example.com", password)

			use := func(what string, s *authtest.Server, c *authtest.Client, cached bool) {
				t.Helper()
				p.count(0)
				wantSignedIn(t, what, at(s, c), true)
				if calls := p.calls.Load(); (calls == 0) != cached {
					t.Errorf("%s: %d calls reached the database", what, calls)
				}
			}
			use("made ahead, at once", right, made["ahead"], true)
			use("made right, at once", ahead, made["right"], true)
			pass(lifetime-apart+leeway+time.Second, right, ahead)
			use("made right, past its end by the other clock", ahead, made["right"], false)
			use("made right, within its lifetime", right, made["right"], true)

			// Revoked: the copies go on until their end, and the skew longer at most.
			remove(t, right, "session")
			pass(2*apart, right, ahead)
			wantSignedIn(t, "made ahead, revoked", at(right, made["ahead"]), false)
			wantSignedIn(t, "made right, revoked", at(right, made["right"]), false)
		})
	}
}

// The sessions and tokens of before last an hour longer, and what is made after
// has its usual time.
func TestAClockThatIsSetBackSignsNobodyOut(t *testing.T) {
	box := &authtest.Outbox{}
	s := authtest.New(t, mailTo(box))
	c := s.Client()
	c.SignUp(email, password)
	tokens := map[string]string{}
	for _, kind := range mailedTokens()[:2] {
		tokens[kind.name] = kind.ask(t, s, c, box)
	}
	s.Clock.Advance(-time.Hour)
	wantSignedIn(t, "of before", c, true)
	again := s.Client()
	again.Post("/sign-in/email", credentials(nil))
	wantSignedIn(t, "of after", again, true)
	s.Clock.Advance(2*time.Hour + time.Second)
	for _, kind := range mailedTokens()[:2] {
		if kind.redeem(s.Client(), tokens[kind.name]) {
			t.Errorf("%s is taken two hours and a second after it was made", kind.name)
		}
	}
	wantSignedIn(t, "of before, later", c, true)
}

func TestALimitHoldsNobodyLongerThanAWindowWhenClocksDisagree(t *testing.T) {
	const window = 10 * time.Second
	for storage, use := range map[string]func(*authtest.Clock) func(*core.Options){
		"memory": func(*authtest.Clock) func(*core.Options) { return func(*core.Options) {} },
		"database": func(*authtest.Clock) func(*core.Options) {
			return func(o *core.Options) { o.RateLimit.Storage = "database" }
		},
		"secondary storage": func(c *authtest.Clock) func(*core.Options) {
			shared := secondary.NewMemory(c.Now)
			return func(o *core.Options) { o.SecondaryStorage = shared }
		},
	} {
		t.Run(storage, func(t *testing.T) {
			third := authtest.NewClock(authtest.Start)
			right, ahead := apart(t, use(third), func(o *core.Options) { o.RateLimit.Enabled = new(true) })
			move := func(d time.Duration) { pass(d, right, ahead); third.Advance(d) }
			sent := func(s *authtest.Server) int { return s.Client().Post("/sign-in/email", credentials(nil)).Status }
			block := func(s *authtest.Server) {
				t.Helper()
				for range 20 {
					if sent(s) == http.StatusTooManyRequests {
						return
					}
				}
				t.Fatal("the limit does not hold")
			}
			for name, pair := range directions(right, ahead) {
				block(pair[0])
				sent(pair[1]) // from here on it counts by its own clock
				move(window + time.Millisecond)
				if got := sent(pair[1]); got == http.StatusTooManyRequests {
					t.Errorf("%s: still blocked after a window", name)
				}
				move(window + time.Millisecond)
			}
			block(right)
			right.Clock.Advance(-time.Hour)
			if got := sent(right); got != http.StatusTooManyRequests {
				t.Errorf("a step back lifts the limit: %d", got)
			}
			move(window + time.Millisecond)
			if got := sent(right); got == http.StatusTooManyRequests {
				t.Error("still blocked, a window after a step back")
			}
		})
	}
}

// wantSignedIn asks whether the client has a session.
func wantSignedIn(t *testing.T, when string, c *authtest.Client, want bool) {
	t.Helper()
	a := c.Get("/get-session")
	if a.Status != http.StatusOK || strings.Contains(a.Body, `"email"`) != want {
		t.Errorf("%s: signed in should be %v, the answer is %d %s", when, want, a.Status, a.Body)
	}
}
