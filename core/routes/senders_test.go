package routes_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// patience ends a test that would wait for ever. Nothing waits that long unless
// something is broken.
const patience = 10 * time.Second

// slowSenders are senders that do not come back until they are released.
type slowSenders struct {
	begun   chan string // the option of each that was called
	release chan struct{}

	mu   sync.Mutex
	back []string // the options of those that came back
}

func newSlowSenders() *slowSenders {
	return &slowSenders{begun: make(chan string, 100), release: make(chan struct{})}
}

// use replaces every sender among the options, and says which there are.
func (s *slowSenders) use(options reflect.Value, path string) (senders []string) {
	for field, v := range options.Fields() {
		tag := strings.Split(field.Tag.Get("opt"), ",")
		name := strings.TrimPrefix(path+"."+tag[0], ".")
		switch {
		case field.Type.Kind() == reflect.Struct:
			senders = append(senders, s.use(v, name)...)
		case slices.Contains(tag, "sender") || field.Name == "OnExistingUserSignUp":
			senders = append(senders, name)
			v.Set(reflect.MakeFunc(field.Type, func(args []reflect.Value) []reflect.Value {
				ctx, _ := reflect.TypeAssert[context.Context](args[0])
				s.begun <- name
				select {
				case <-s.release:
				case <-ctx.Done():
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				s.back = append(s.back, name)
				return []reflect.Value{reflect.Zero(field.Type.Out(0))}
			}))
		}
	}
	return senders
}

// No answer waits for a sender, whichever it is: whether somebody gets mail must
// not show, and a mail server that hangs must not hold up anybody.
func TestAnswersDoNotWaitForSenders(t *testing.T) {
	var unused []string
	newSlowSenders().all(&unused)(new(core.Options))
	if len(unused) != 5 {
		t.Errorf("the senders are %q", unused)
	}
	for _, tc := range []struct {
		sender string
		path   string
		body   map[string]any
		asker  string
		status int
	}{
		{"emailAndPassword.sendResetPassword", "/request-password-reset", map[string]any{"email": anna}, "", http.StatusOK},
		{"emailAndPassword.onExistingUserSignUp", "/sign-up/email", body(map[string]any{"email": anna}), "", http.StatusOK},
		{"emailVerification.sendVerificationEmail", "/sign-up/email", body(map[string]any{"email": nemo}), "", http.StatusOK},
		{"emailVerification.sendVerificationEmail", "/sign-in/email", credentials(map[string]any{"email": anna}), "", http.StatusForbidden},
		{"emailVerification.sendVerificationEmail", "/send-verification-email", to(anna), "", http.StatusOK},
		{"emailVerification.sendVerificationEmail", "/send-verification-email", to(sven), sven, http.StatusOK},
		{"emailVerification.sendVerificationEmail", "/change-email", map[string]any{"newEmail": nemo}, sven, http.StatusOK},
		{"user.changeEmail.sendChangeEmailConfirmation", "/change-email", map[string]any{"newEmail": nemo}, svea, http.StatusOK},
		{"user.deleteUser.sendDeleteAccountVerification", "/delete-user", map[string]any{}, sven, http.StatusOK},
	} {
		t.Run(tc.path+" with "+tc.sender, func(t *testing.T) {
			slow := newSlowSenders()
			w := newTown(t, &ledger{}, inDatabase, verified, mailOnSignIn, deletable, slow.all(new([]string)))
			c := w.as(tc.asker)
			slow.hold(t, func(ctx context.Context) *authtest.Answer {
				return c.Send(c.Request(http.MethodPost, tc.path, tc.body).WithContext(ctx))
			}, tc.sender, tc.status)
		})
		unused = slices.DeleteFunc(unused, func(sender string) bool { return sender == tc.sender })
	}
	t.Run("/verify-email with emailVerification.sendVerificationEmail", func(t *testing.T) {
		box, slow := &authtest.Outbox{}, newSlowSenders()
		w := newTown(t, &ledger{}, inDatabase, slow.all(new([]string)), askingTheOldAddress(box))
		token := confirmationLink(t, w.Server, box, w.as(svea), nemo)
		c := w.Client()
		slow.hold(t, func(ctx context.Context) *authtest.Answer {
			return c.Send(c.Request(http.MethodGet, verifyPath(token, ""), nil).WithContext(ctx))
		}, "emailVerification.sendVerificationEmail", http.StatusOK)
	})
	if len(unused) > 0 {
		t.Errorf("nobody asks for mail of %q", unused)
	}
}

// all puts the slow senders into the options and adds their names to a list.
func (s *slowSenders) all(names *[]string) func(*core.Options) {
	return func(o *core.Options) { *names = append(*names, s.use(reflect.ValueOf(o).Elem(), "")...) }
}

// hold wants the answer while the sender is at it.
func (s *slowSenders) hold(t *testing.T, ask func(context.Context) *authtest.Answer, sender string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a := ask(ctx)
	if a.Status != status {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	select {
	case begun := <-s.begun:
		same(t, "sender", sender, begun)
	case <-ctx.Done():
		t.Error("no sender was called")
	}
	s.mu.Lock()
	same(t, "senders that have come back", []string(nil), s.back)
	s.mu.Unlock()
	close(s.release)
}
