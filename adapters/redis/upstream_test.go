package redis_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// recording is what Better Auth 1.6.9 with @better-auth/redis-storage 1.6.9 and
// ioredis left in a Redis after a sign-up, a sign-in and a request for a password
// reset, with rate limits on; and the commands that its storage gives the client.
type recording struct {
	RecordedAt time.Time
	ResetToken string
	User       struct{ ID, Name, Email string }
	Keys       []struct {
		Key, Type, Value string
		TTL              int64 // in seconds
	}
	Commands [][]any
}

func upstream(t *testing.T) (r recording) {
	t.Helper()
	text, err := os.ReadFile("testdata/upstream-1.6.9.json")
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sessions are the keys of the recording under which sessions stand.
func (r recording) sessions() (tokens []string) {
	for _, k := range r.Keys {
		if strings.HasPrefix(k.Value, `{"session"`) {
			tokens = append(tokens, strings.TrimPrefix(k.Key, redis.DefaultKeyPrefix))
		}
	}
	return tokens
}

// inRedis is a server whose storage is in a namespace.
func inRedis(t *testing.T, n *redistest.Namespace, configure ...func(*core.Options)) *authtest.Server {
	t.Helper()
	s := n.Open(redis.Options{SkipServerClock: true})
	return authtest.New(t, append([]func(*core.Options){func(o *core.Options) { o.SecondaryStorage = s }}, configure...)...)
}

func TestWhatUpstreamHasWrittenIsRead(t *testing.T) {
	t.Parallel()
	n, r := redistest.New(t), upstream(t)
	for _, k := range r.Keys {
		key, ours := strings.CutPrefix(k.Key, redis.DefaultKeyPrefix)
		if !ours || k.Type != "string" {
			t.Fatalf("upstream keeps a %s under %s", k.Type, k.Key)
		}
		if err := n.Client.Do(t.Context(), n.Client.B().Setex().Key(n.Prefix+key).Seconds(k.TTL).Value(k.Value).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	var changed []string
	s := inRedis(t, n, func(o *core.Options) {
		o.EmailAndPassword.OnPasswordReset = func(_ context.Context, u user.User) error {
			changed = append(changed, u.ID)
			return nil
		}
	})
	s.Clock.Advance(r.RecordedAt.Sub(s.Clock.Now()))
	owner, err := s.Users().Create(t.Context(), user.User{ID: r.User.ID, Name: r.User.Name, Email: r.User.Email})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	for _, token := range r.sessions() {
		found, ok, err := s.Sessions().ByToken(t.Context(), token)
		if !ok || err != nil || found.User.ID != owner.ID || found.User.Email != r.User.Email || found.Session.Token != token {
			t.Errorf("the session %s: %+v, %v, %v", token, found, ok, err)
		}
	}
	listed, err := s.Sessions().Active(t.Context(), owner.ID, s.Clock.Now())
	if err != nil || len(listed) != len(r.sessions()) || len(listed) == 0 {
		t.Errorf("%d sessions are listed (%v)", len(listed), err)
	}
	for i, want := range []int{200, 400} {
		if a := s.Client().Post("/reset-password", map[string]any{"newPassword": "another-password", "token": r.ResetToken}); a.Status != want {
			t.Errorf("use %d of the reset token: %d %s", i+1, a.Status, a.Body)
		}
	}
	if !slices.Equal(changed, []string{r.User.ID}) {
		t.Errorf("passwords were reset of %v", changed)
	}
}

// What Gatehouse writes has the keys, the form and the lifetimes of upstream.
func TestWhatIsWrittenIsAsUpstreamWritesIt(t *testing.T) {
	t.Parallel()
	n, r := redistest.New(t), upstream(t)
	s := inRedis(t, n, func(o *core.Options) {
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](&authtest.Outbox{})
	})
	c := s.Client()
	id := c.SignUp(r.User.Email, "password123").Object(t)
	owner, _ := id.Get("user")
	userID, _ := owner.(interface{ Get(string) (any, bool) }).Get("id")
	if a := s.Client().Post("/sign-in/email", map[string]any{"email": r.User.Email, "password": "password123"}); a.Status != 200 {
		t.Fatalf("sign-in: %d %s", a.Status, a.Body)
	}
	if a := s.Client().Post("/request-password-reset", map[string]any{"email": r.User.Email, "redirectTo": "/"}); a.Status != 200 {
		t.Fatalf("request-password-reset: %d %s", a.Status, a.Body)
	}
	s.Settle()

	want := map[string]int64{}
	for _, k := range r.Keys {
		if kind := kindOf(strings.TrimPrefix(k.Key, redis.DefaultKeyPrefix), r.User.ID); kind != "counter" {
			want[kind+" "+strings.Join(members(t, k.Value), ",")] += k.TTL
		}
	}
	got := map[string]int64{}
	for _, key := range n.Keys() {
		value, err := n.Client.Do(t.Context(), n.Client.B().Get().Key(n.Prefix+key).Build()).ToString()
		if err != nil {
			t.Fatalf("%s holds no string: %v", key, err)
		}
		ttl, err := n.Client.Do(t.Context(), n.Client.B().Ttl().Key(n.Prefix+key).Build()).AsInt64()
		if err != nil {
			t.Fatal(err)
		}
		got[kindOf(key, userID.(string))+" "+strings.Join(members(t, value), ",")] += ttl
	}
	near := func(a, b int64) bool { return a-b < 120 && b-a < 120 } // what time the tests take
	if diff := cmp.Diff(want, got, cmp.Comparer(near)); diff != "" {
		t.Errorf("seconds to live of all values of a kind, -upstream +ours\n%s", diff)
	}
}

func kindOf(key, userID string) string {
	switch {
	case key == "active-sessions-"+userID:
		return "list"
	case strings.HasPrefix(key, "verification:reset-password:"):
		return "verification"
	case strings.Contains(key, "|/"):
		return "counter"
	case len(key) == 32:
		return "session"
	}
	return key
}

// members are the paths of all members of a JSON text.
func members(t *testing.T, text string) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var paths []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				walk(path+"."+name, member)
			}
		case []any:
			for _, element := range v {
				walk(path+"[]", element)
			}
		case nil: // 1.6.9 leaves out what the memory adapter has no value for
		default:
			paths = append(paths, path)
		}
	}
	walk("", v)
	slices.Sort(paths)
	return paths
}

// The commands that upstream's storage gives its client leave what ours do.
func TestKeysAndLifetimesAreThoseOfUpstream(t *testing.T) {
	t.Parallel()
	n, r := redistest.New(t), upstream(t)
	s := n.Open(redis.Options{})
	seen := 0
	for _, command := range r.Commands {
		name := command[0].(string)
		if name != "set" && name != "setex" {
			continue
		}
		key, _ := strings.CutPrefix(command[1].(string), redis.DefaultKeyPrefix)
		ttl := time.Duration(0)
		if name == "setex" {
			ttl = time.Duration(command[2].(float64)) * time.Second
		}
		if err := s.Set(t.Context(), key, command[len(command)-1].(string), ttl); err != nil {
			t.Fatal(err)
		}
		left, err := n.Client.Do(t.Context(), n.Client.B().Ttl().Key(n.Prefix+"k").Build()).AsInt64()
		if err != nil || (name == "set") != (left == -1) || name == "setex" && (left < 55 || left > 60) {
			t.Errorf("after %v the key lives for %d seconds (%v)", command, left, err)
		}
		seen++
	}
	if seen != 4 {
		t.Errorf("%d commands that write", seen)
	}
}
