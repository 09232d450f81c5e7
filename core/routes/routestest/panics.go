package routestest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// RunPanics sends requests to every route while one of the application's
// functions panics, each in turn: that request fails and nothing else, nothing
// half done is left behind, and the same request succeeds afterwards. open is
// that of RunRaces.
func RunPanics(t *testing.T, open func(t *testing.T) db.Adapter) {
	var exploded names
	for _, storage := range []struct {
		name string
		use  func(*core.Options)
	}{
		{"", func(*core.Options) {}},
		{", in the secondary storage", racetest.UseSecondary},
		{", in both", inBoth},
	} {
		for _, function := range functions(t) {
			t.Run(function+storage.name, func(t *testing.T) {
				for _, tc := range failures() {
					b := &bomb{function: function}
					// The functions go in last: they wrap what is there.
					tc = tc.with(storage.use).with(func(o *core.Options) { b.lay(t, reflect.ValueOf(o).Elem(), "") }).withNick()
					f := startFailure(t, tc, &faults{Adapter: open(t)})
					if f.explode(b) {
						exploded.add(function)
					}
					if t.Failed() {
						t.Fatalf("at %s", tc.name)
					}
				}
			})
		}
	}
	never := slices.DeleteFunc(functions(t), func(name string) bool { return exploded.seen[name] })
	if !slices.Equal(never, unasked) {
		t.Errorf("no request calls %q, want %q", never, unasked)
	}
}

// unasked are the functions that no endpoint of the core calls yet.
var unasked = []string{
	"Account.AccountLinking.TrustedProvidersFunc",
	"DatabaseHooks.Verification.BeforeUpdate", "DatabaseHooks.Verification.AfterUpdate",
}

// withNick is the case with a value for the additional field, where it takes one:
// in one of the sign-ups its default is asked for.
func (tc failureCase) withNick() failureCase {
	prepare := tc.prepare
	tc.prepare = func(f *failure) (string, string, any) {
		method, path, body := prepare(f)
		if o, ok := body.(object); ok && slices.Contains([]string{"sign-up", "update-user"}, tc.name) {
			o[nick] = "Nick"
		}
		return method, path, body
	}
	return tc
}

type names struct{ seen map[string]bool }

func (n *names) add(name string) {
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[name] = true
}

// explode sends the request of a case while the function panics.
func (f *failure) explode(b *bomb) (exploded bool) {
	f.t.Helper()
	want := f.tc.status
	if want == 0 {
		want = http.StatusOK
	}
	before := *f.client
	before.Cookies = maps.Clone(f.client.Cookies)
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	send := func(c *authtest.Client) *authtest.Answer {
		return c.Send(c.Request(f.method, f.path, f.body).WithContext(ctx))
	}
	b.armed.Store(true)
	a := send(f.client)
	f.s.Settle()
	if b.armed.Swap(false) {
		return false
	}
	switch {
	case a.Status == want: // it was nothing that the answer depends on
		f.wantEnded()
	case a.Status != http.StatusInternalServerError || a.Body != "":
		f.t.Errorf("the answer is %d %s", a.Status, a.Body)
	}
	f.check()
	if n := strings.Count(f.s.Log.String(), explosion); n != 1 {
		f.t.Errorf("%d lines of the log tell of it, want 1", n)
	}
	if a.Status != want {
		again := send(&before)
		f.s.Settle()
		// A proof whose removal the application breaks over is spent.
		spent := b.function == "DatabaseHooks.Verification.AfterDelete" && again.Status == http.StatusNotFound
		if again.Status != want && !spent && (f.tc.again == 0 || again.Status != f.tc.again) {
			f.t.Errorf("again, without the panic: %d %s", again.Status, again.Body)
		}
		if again.Status == want || f.passwordIsNew() {
			f.wantEnded()
		}
		f.check()
	}
	bob := f.s.Client()
	if a := bob.Send(bob.Request(http.MethodPost, "/sign-up/email", object{"name": "Eve", "email": "eve@example.com", "password": password}).WithContext(ctx)); a.Status != http.StatusOK {
		f.t.Errorf("somebody else gets %d %s", a.Status, a.Body)
	}
	return true
}

const explosion = "the application is broken"

// bomb is one function of the options that panics once, when it is armed.
type bomb struct {
	function string // "" lists them
	found    []string
	armed    atomic.Bool
}

// functions are the names of all functions among the options.
func functions(t *testing.T) []string {
	t.Helper()
	var b bomb
	b.lay(t, reflect.ValueOf(new(core.Options)).Elem(), "")
	return b.found
}

// lay puts functions in the place of those of the options, that do what those
// do, or what is harmless, until one of them is armed.
func (b *bomb) lay(t *testing.T, options reflect.Value, path string) {
	t.Helper()
	for field, v := range options.Fields() {
		name := strings.TrimPrefix(path+"."+field.Name, ".")
		switch {
		case name == "Clock", name == "Plugins": // no functions of the application
		case name == "RateLimit.CustomRules":
			v.Set(reflect.ValueOf(slices.Clone(generous)))
			b.lay(t, v.Index(0), name)
		case name == "RateLimit.Enabled", name == "Session.CookieCache.Enabled": // so that there is something to ask
			v.Set(reflect.ValueOf(new(true)))
		case name == "User.AdditionalFields":
			v.Set(reflect.ValueOf([]core.Field{{Name: nick, Type: db.String, Nullable: true}}))
			b.lay(t, v.Index(0), name)
		case field.Type.Kind() == reflect.Struct && field.Type.NumField() > 0:
			b.lay(t, v, name)
		case field.Type.Kind() == reflect.Func && v.CanSet():
			b.found = append(b.found, name)
			switch {
			case name == b.function && v.IsNil() && strings.Contains(name, ".Send"): // there would be mail where none is wanted
			case name == b.function:
				v.Set(b.wrap(name, v))
			case strings.HasPrefix(name, hashing) && strings.HasPrefix(b.function, hashing): // one needs the other
				v.Set(harmless(name, v.Type()))
			}
		}
	}
}

const (
	nick    = "nick"                       // an additional field
	hashing = "EmailAndPassword.Password." // the functions that hash
)

// wrap is the function that panics once.
func (b *bomb) wrap(name string, inner reflect.Value) reflect.Value {
	if inner.IsNil() {
		inner = harmless(name, inner.Type())
	} else {
		inner = reflect.ValueOf(inner.Interface()) // as it is now
	}
	return reflect.MakeFunc(inner.Type(), func(args []reflect.Value) []reflect.Value {
		if b.armed.CompareAndSwap(true, false) {
			panic(explosion)
		}
		return inner.Call(args)
	})
}

// harmless is a function that does nothing, or what the server cannot do without.
func harmless(name string, t reflect.Type) reflect.Value {
	digest := func(password string) string {
		sum := sha256.Sum256([]byte(password))
		return "digest " + hex.EncodeToString(sum[:])
	}
	same := func(v any) (any, error) { return v, nil }
	value := func() any { return "a nick" }
	known := map[string]any{
		"User.AdditionalFields.Default":         value,
		"User.AdditionalFields.OnUpdate":        value,
		"User.AdditionalFields.Validate":        same,
		"User.AdditionalFields.TransformInput":  same,
		"User.AdditionalFields.TransformOutput": same,
		"EmailAndPassword.Password.Hash":        func(_ context.Context, pw string) (string, error) { return digest(pw), nil },
		"EmailAndPassword.Password.Verify": func(_ context.Context, hash, pw string) (bool, error) {
			return hash == digest(pw), nil
		},
		"EmailAndPassword.CustomSyntheticUser":      func(u user.User) user.User { return u },
		"Session.CookieCache.VersionFunc":           func(session.Session, user.User) string { return "1" },
		"Advanced.BackgroundTasks.Handler":          func(_ string, task func(context.Context)) { go task(context.Background()) },
		"Advanced.Database.GenerateIDFunc":          func(string) string { return rand.Text() },
		"Verification.StoreIdentifier.Default.Hash": func(identifier string) (string, error) { return "own " + identifier, nil },
	}
	if f, ok := known[name]; ok {
		return reflect.ValueOf(f)
	}
	return reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value {
		out := make([]reflect.Value, t.NumOut())
		for i := range out {
			out[i] = reflect.Zero(t.Out(i))
		}
		return out
	})
}
