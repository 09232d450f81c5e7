package routes_test

import (
	"maps"
	"net/url"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Who has an address, and who has not. All are of one length, so that an answer
// that repeats one has a length that tells nothing.
const (
	nemo = "nemo@example.com" // nobody
	anna = "anna@example.com" // has a password, and has not proven the address
	vera = "vera@example.com" // has a password, and has proven the address
	otto = "otto@example.com" // signs in with another provider
	olga = "olga@example.com" // has a credential account without a password
	hugo = "hugo@example.com" // has no account

	sven = "sven@example.com" // is signed in, and has not proven the address
	svea = "svea@example.com" // is signed in, and has proven it
)

var (
	everybody  = []string{anna, vera, otto, olga, hugo}
	unverified = []string{anna, otto, olga, hugo}
)

// town is a server where everybody lives.
type town struct {
	*authtest.Server
	outbox  *authtest.Outbox
	clients map[string]*authtest.Client
}

// newTown starts a server with every sender. storage says where verifications are.
func newTown(t *testing.T, l *ledger, storage func(*core.Options), configure ...func(*core.Options)) *town {
	t.Helper()
	w := &town{outbox: &authtest.Outbox{}, clients: map[string]*authtest.Client{}}
	w.Server = authtest.New(t, func(o *core.Options) {
		o.Database = memory.New()
		w.listen(o)
		o.User.ChangeEmail.Enabled = true
		storage(o)
		for _, f := range configure {
			f(o)
		}
		l.use(o)
	})
	hash := "hash of " + password
	extra := func(address string) map[string]any {
		if len(w.AddedFields(user.ModelName)) == 1 {
			return map[string]any{"nick": address}
		}
		return nil
	}
	for _, p := range []struct {
		address  string
		verified bool
		provider string
		password *string
	}{
		{anna, false, account.Credential, &hash},
		{vera, true, account.Credential, &hash},
		{otto, false, "google", nil},
		{olga, false, account.Credential, nil},
		{hugo, false, "", nil},
		{sven, false, account.Credential, &hash},
		{svea, true, account.Credential, &hash},
	} {
		u, err := w.Users().Create(t.Context(), user.User{Name: "Test User", Email: p.address, EmailVerified: p.verified, Extra: extra(p.address)})
		if err == nil && p.provider != "" {
			_, err = w.Accounts().Create(t.Context(), account.Account{UserID: u.ID, AccountID: u.ID, ProviderID: p.provider, Password: p.password})
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.address == sven || p.address == svea {
			w.clients[p.address] = w.signedIn(t, u)
		}
	}
	return w
}

func (w *town) listen(o *core.Options) {
	o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](w.outbox)
	o.EmailVerification.SendVerificationEmail = authtest.Keep[core.VerificationEmail](w.outbox)
	o.User.ChangeEmail.SendChangeEmailConfirmation = authtest.Keep[core.ChangeEmailConfirmation](w.outbox)
	o.EmailAndPassword.OnExistingUserSignUp = authtest.Keep[user.User](w.outbox)
}

func (w *town) signedIn(t *testing.T, u user.User) *authtest.Client {
	t.Helper()
	s, err := w.Sessions().Create(t.Context(), session.Session{ExpiresAt: w.Clock.Now().Add(day)}, u)
	if err != nil {
		t.Fatal(err)
	}
	c := w.Client()
	c.Cookies[sessionCookie] = url.PathEscape(w.Keys().Sign(s.Token))
	return c
}

// as is the client of somebody, or a stranger's.
func (w *town) as(who string) *authtest.Client {
	if who == "" {
		return w.Client()
	}
	c := *w.clients[who]
	c.Cookies = maps.Clone(c.Cookies)
	return &c
}

// sent are the messages so far, each with its reader.
func (w *town) sent() []string {
	var list []string
	for _, m := range authtest.Sent[any](w.outbox) {
		switch m := m.(type) {
		case core.VerificationEmail:
			list = append(list, "verification to "+m.User.Email)
		case core.ResetPasswordEmail:
			list = append(list, "reset to "+m.User.Email)
		case core.ChangeEmailConfirmation:
			list = append(list, "confirmation to "+m.User.Email)
		case user.User:
			list = append(list, "warning to "+m.Email)
		}
	}
	return list
}

func inDatabase(*core.Options) {}

func inSecondary(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) }

func inBoth(o *core.Options) {
	inSecondary(o)
	o.Verification.StoreInDatabase, o.Session.StoreSessionInDatabase = true, true
}

var storages = []struct {
	name string
	use  func(*core.Options)
}{{"in the database", inDatabase}, {"in the secondary storage", inSecondary}, {"in both", inBoth}}
