package core_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func limited(o *core.Options) {
	on := true
	o.RateLimit.Enabled = &on
}

func signIn(c *authtest.Client) *authtest.Answer {
	return c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "password123"})
}

func TestTheFourthSignInWaits(t *testing.T) {
	s := authtest.New(t, limited)
	c := s.Client()
	for i := range 3 {
		if a := signIn(c); a.Status != http.StatusUnauthorized {
			t.Fatalf("attempt %d: %d %s", i, a.Status, a.Body)
		}
	}
	a := signIn(c)
	if a.Status != http.StatusTooManyRequests || a.Body != `{"message":"Too many requests. Please try again later."}` {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if got := a.Header.Get("X-Retry-After"); got != "10" {
		t.Errorf("X-Retry-After %q", got)
	}
	if got := a.Header.Get("Content-Type"); got != "text/plain;charset=UTF-8" {
		t.Errorf("Content-Type %q", got)
	}
	s.Clock.Advance(11 * time.Second)
	if a := signIn(c); a.Status != http.StatusUnauthorized {
		t.Errorf("after a quiet window: %d", a.Status)
	}
}

func TestFiftySignInsAtOnceAgainstALimitOfThree(t *testing.T) {
	for range 20 {
		s := authtest.New(t, limited)
		var wg sync.WaitGroup
		start := make(chan struct{})
		statuses := make([]int, 50)
		for i := range statuses {
			c := s.Client()
			wg.Go(func() {
				<-start
				statuses[i] = signIn(c).Status
			})
		}
		close(start)
		wg.Wait()
		count := map[int]int{}
		for _, status := range statuses {
			count[status]++
		}
		if count[http.StatusUnauthorized] != 3 || count[http.StatusTooManyRequests] != 47 {
			t.Fatalf("statuses %v", count)
		}
	}
}

func TestOtherSpellingsOfAPathDoNotEscapeTheLimit(t *testing.T) {
	for _, path := range []string{
		"//sign-in/email", "///sign-in/email", "/sign-in//email", "/sign-in/email/", "/./sign-in/email",
		"/x/../sign-in/email", "/sign-in%2Femail", "/SIGN-IN/email", "/sign-in/email;x=1", "/sign-in/email%00",
		"/sign-in/%65mail",
	} {
		c := authtest.New(t, limited).Client()
		for range 10 {
			a := c.Post(path, map[string]any{"email": "a@b.co", "password": "password123"})
			if a.Status != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
		}
	}
}

func TestUnknownPathsShareOneCounter(t *testing.T) {
	c := authtest.New(t, limited).Client()
	for i := range 100 {
		if a := c.Get("/made-up-" + string(rune('a'+i%26)) + string(rune('a'+i/26))); a.Status != http.StatusNotFound {
			t.Fatalf("request %d: %d", i, a.Status)
		}
	}
	if a := c.Get("/another"); a.Status != http.StatusTooManyRequests {
		t.Errorf("request 101: %d", a.Status)
	}
}

func TestWhoIsLimitedTogether(t *testing.T) {
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		addresses []string // of the connection
		forwarded []string // X-Forwarded-For, one per request
		limited   bool
	}{
		{"one address", nil, []string{"192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3", "192.0.2.1:4"}, nil, true},
		{"four addresses", nil, []string{"192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1"}, nil, false},
		{"one IPv6 network", nil, []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:DB8:0:0::3]:1", "[2001:db8::ffff:4]:1"}, nil, true},
		{"two spellings of an IPv4 address", nil, []string{"1.2.3.4:1", "[::ffff:1.2.3.4]:1", "[::ffff:102:304]:1", "1.2.3.4:2"}, nil, true},
		{"a header that nobody trusts", nil, []string{"192.0.2.1:1"}, []string{"1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"}, true},
		{
			"a made-up address in front of the proxy's",
			func(o *core.Options) { o.Advanced.IPAddress.TrustedProxies = []string{"192.0.2.1"} },
			[]string{"192.0.2.1:1"},
			[]string{"1.1.1.1, 9.9.9.9", "2.2.2.2, 9.9.9.9", "3.3.3.3, 9.9.9.9", "9.9.9.9"},
			true,
		},
		{
			"clients behind a trusted proxy",
			func(o *core.Options) { o.Advanced.IPAddress.TrustedProxies = []string{"192.0.2.0/24"} },
			[]string{"192.0.2.1:1"},
			[]string{"1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"},
			false,
		},
		{
			"the leftmost address, as 1.6.9",
			func(o *core.Options) { o.Compat.LeftmostForwardedAddress = true },
			[]string{"192.0.2.1:1"},
			[]string{"1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"},
			false,
		},
		{
			"no address at all",
			nil,
			[]string{"@"},
			nil, true,
		},
		{
			"one client whose address is not to be kept",
			func(o *core.Options) { o.Advanced.IPAddress.DisableIPTracking = true },
			[]string{"192.0.2.1:1"},
			nil, true,
		},
		{
			"four clients whose addresses are not to be kept",
			func(o *core.Options) { o.Advanced.IPAddress.DisableIPTracking = true },
			[]string{"192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1"},
			nil, false,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, limited, func(o *core.Options) {
				if tc.configure != nil {
					tc.configure(o)
				}
			})
			var last int
			for i := range 4 {
				c := s.Client()
				c.RemoteAddr = tc.addresses[i%len(tc.addresses)]
				if tc.forwarded != nil {
					c.Header.Set("X-Forwarded-For", tc.forwarded[i])
				}
				last = signIn(c).Status
			}
			if got := last == http.StatusTooManyRequests; got != tc.limited {
				t.Errorf("the fourth request: %d", last)
			}
		})
	}
}

func TestRulesOfOptionsAndPlugins(t *testing.T) {
	s := authtest.New(t, limited, func(o *core.Options) {
		o.RateLimit.CustomRules = []ratelimit.CustomRule{
			{Path: "/sign-in/email", Rule: ratelimit.Rule{Window: time.Minute, Max: 1}},
			{Path: "/list-*", Disabled: true},
		}
		o.RateLimit.Max = 2
		o.Plugins = []core.Plugin{plugin{id: "limits", setup: func(s *core.Setup) {
			s.RateLimit(core.PathIs("/ok"), ratelimit.Rule{Window: time.Second, Max: 4})
		}}}
	})
	c := s.Client()
	for path, want := range map[string]int{"/ok": 4, "/get-session": 2, "/list-sessions": 50} {
		passed := 0
		for range 50 {
			if c.Get(path).Status != http.StatusTooManyRequests {
				passed++
			}
		}
		if passed != want {
			t.Errorf("%s: %d passed, want %d", path, passed, want)
		}
	}
	first, second := signIn(c).Status, signIn(c).Status
	if first != http.StatusUnauthorized || second != http.StatusTooManyRequests {
		t.Errorf("a custom rule: %d, then %d", first, second)
	}
}

// In development there is no limit unless it is switched on, as upstream.
func TestTheLimitIsForProduction(t *testing.T) {
	for _, production := range []bool{false, true} {
		s := authtest.New(t, func(o *core.Options) { o.RateLimit.Enabled, o.Production = nil, production })
		c := s.Client()
		var last int
		for range 4 {
			last = signIn(c).Status
		}
		if got := last == http.StatusTooManyRequests; got != production {
			t.Errorf("production %v: %d", production, last)
		}
	}
}

func TestAProxyThatIsNotListedIsHintedAtOnce(t *testing.T) {
	s := authtest.New(t)
	c := s.Client()
	c.Header.Set("X-Forwarded-For", "203.0.113.7")
	c.Get("/ok")
	c.SignUp("a@b.co", "password123")
	if n := strings.Count(s.Log.String(), "trustedProxies"); n != 1 {
		t.Errorf("%d hints: %s", n, s.Log)
	}
	if strings.Contains(s.Log.String(), "203.0.113.7") {
		t.Error("the hint repeats what the client wrote")
	}
}

func TestPasswordsAreNotGuessedPastTheLimitOfSignIn(t *testing.T) {
	on := true
	s := authtest.New(t, func(o *core.Options) { o.RateLimit.Enabled, o.User.DeleteUser.Enabled = &on, true })
	c := s.Client()
	c.SignUp("ann@example.com", "password123")
	for _, path := range []string{"/verify-password", "/delete-user"} {
		passed := 0
		for range 20 {
			if a := c.Post(path, map[string]any{"password": "wrong password"}); a.Status != http.StatusTooManyRequests {
				passed++
			}
		}
		if passed != 5 {
			t.Errorf("%s: %d guesses pass, want 5", path, passed)
		}
	}
}
