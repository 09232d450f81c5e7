package routes_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

const (
	badRedirect = `{"message":"Invalid redirectURL","code":"INVALID_REDIRECT_URL"}`
	badErrorURL = `{"message":"Invalid errorCallbackURL","code":"INVALID_ERROR_CALLBACK_URL"}`
	badNewUser  = `{"message":"Invalid newUserCallbackURL","code":"INVALID_NEW_USER_CALLBACK_URL"}`
)

// site is a server that trusts other sites, with every kind of token and of
// mail. Ann is signed in.
type site struct {
	*everyKind
	l *ledger
}

func newSite(t *testing.T, configure ...func(*core.Options)) *site {
	t.Helper()
	s := &site{&everyKind{t: t, outbox: &authtest.Outbox{}}, &ledger{}}
	s.Server = authtest.New(t, trustingExamples, deletable, func(o *core.Options) {
		o.Database = memory.New()
		o.EmailVerification.SendVerificationEmail = authtest.Keep[core.VerificationEmail](s.outbox)
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](s.outbox)
		o.User.ChangeEmail = core.ChangeEmail{Enabled: true, SendChangeEmailConfirmation: authtest.Keep[core.ChangeEmailConfirmation](s.outbox)}
		o.User.DeleteUser.SendDeleteAccountVerification = authtest.Keep[core.DeleteAccountEmail](s.outbox)
		for _, f := range configure {
			f(o)
		}
		s.l.use(o)
	})
	s.ann = s.Client()
	s.ann.SignUp(email, password)
	s.Settle()
	return s
}

// links are the links of all mail so far, with their tokens.
func (s *site) links() (list []struct{ url, token string }) {
	s.t.Helper()
	s.Settle()
	for _, m := range authtest.Sent[any](s.outbox) {
		var link struct{ url, token string }
		switch m := m.(type) {
		case core.VerificationEmail:
			link.url, link.token = m.URL, m.Token
		case core.ResetPasswordEmail:
			link.url, link.token = m.URL, m.Token
		case core.ChangeEmailConfirmation:
			link.url, link.token = m.URL, m.Token
		case core.DeleteAccountEmail:
			link.url, link.token = m.URL, m.Token
		}
		list = append(list, link)
	}
	return list
}

// mails are the links as the recording has them.
func (s *site) mails() []string {
	s.t.Helper()
	var list []string
	for _, link := range s.links() {
		list = append(list, strings.Replace(strings.TrimPrefix(link.url, authtest.BaseURL+"/api/auth"), link.token, "TOKEN", 1))
	}
	return list
}

// field is a place where a request names a redirect target.
type field struct {
	name string
	// recorded is the field of the recording that says what comes back.
	recorded  string
	configure []func(*core.Options)
	// token is the kind of the token that ask needs, if it needs one.
	token string
	ask   func(s *site, target, token string) *authtest.Answer
	// status is that of a request whose target is accepted, and refusal the
	// answer, with 403, to one whose target is not.
	status  int
	refusal string
	// mailed tells that the target comes back in a mail.
	mailed bool
	// inBody tells that the reader of bodies looks at the target first.
	inBody bool
}

// back is where the target came back.
func (f *field) back(s *site, a *authtest.Answer, token string) string {
	if !f.mailed {
		location := a.Header.Get("Location")
		if token != "" {
			location = strings.Replace(location, token, "TOKEN", 1)
		}
		return location
	}
	links := s.mails()
	if len(links) == 0 {
		return "no mail"
	}
	return links[len(links)-1]
}

// redirectFields are the fields whose target leads somewhere.
func redirectFields() []field {
	with := func(b map[string]any, member string, target string) map[string]any {
		b[member] = target
		return b
	}
	bob := func() map[string]any { return body(map[string]any{"email": bobsEmail}) }
	form := func(s *site, path string, b map[string]any, target string) *authtest.Answer {
		values := url.Values{"callbackURL": {target}}
		for name, v := range b {
			text, _ := v.(string)
			values.Set(name, text)
		}
		r := s.Client().Request(http.MethodPost, path, values.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return s.Client().Send(r)
	}
	opened := func(path string) func(s *site, target, token string) *authtest.Answer {
		return func(s *site, target, token string) *authtest.Answer {
			if token == "" {
				token = "nonsense"
			}
			return s.ann.Get(strings.Replace(path, "TOKEN", url.QueryEscape(token), 1) + url.QueryEscape(target))
		}
	}
	const (
		verifyLink = "/verify-email?token=TOKEN&callbackURL="
		resetLink  = "/reset-password/TOKEN?callbackURL="
		deleteLink = "/delete-user/callback?token=TOKEN&callbackURL="
	)
	sentBeforeSignIn := []func(*core.Options){mailOnSignIn, verifyToSignIn}
	return []field{
		{name: "sign-in, JSON", recorded: "sign-in body", status: 200, refusal: badCallback, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.Client().Post("/sign-in/email", with(credentials(nil), "callbackURL", target))
		}},
		{name: "sign-in, form", recorded: "sign-in body", status: 200, refusal: badCallback, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return form(s, "/sign-in/email", credentials(nil), target)
		}},
		{name: "sign-in that sends mail", recorded: "send-verification-email", configure: sentBeforeSignIn, status: 403, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.Client().Post("/sign-in/email", with(credentials(nil), "callbackURL", target))
		}},
		{name: "sign-up, JSON", recorded: "sign-up body", configure: []func(*core.Options){mailOnSignUp}, status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.Client().Post("/sign-up/email", with(bob(), "callbackURL", target))
		}},
		{name: "sign-up, form", recorded: "sign-up body", configure: []func(*core.Options){mailOnSignUp}, status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return form(s, "/sign-up/email", bob(), target)
		}},
		{name: "request for a reset", recorded: "request-password-reset", status: 200, refusal: badRedirect, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.Client().Post("/request-password-reset", with(to(email), "redirectTo", target))
		}},
		{name: "link of a reset", recorded: "reset-password with a token", token: "reset", status: 302, refusal: badCallback, ask: opened(resetLink)},
		{name: "link of a reset that is none", recorded: "reset-password without", status: 302, refusal: badCallback, ask: opened(resetLink)},
		{name: "request for a verification", recorded: "send-verification-email", status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.Client().Post("/send-verification-email", with(to(email), "callbackURL", target))
		}},
		{name: "request for a verification of one's own", recorded: "send-verification-email", status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.ann.Post("/send-verification-email", with(to(email), "callbackURL", target))
		}},
		{name: "link of a verification", recorded: "verify-email with a token", token: "verification", status: 302, refusal: badCallback, ask: opened(verifyLink)},
		{name: "link of a verification that signs in", recorded: "verify-email with a token", configure: []func(*core.Options){autoSignIn}, token: "verification", status: 302, refusal: badCallback, ask: opened(verifyLink)},
		{name: "link to a new address", recorded: "verify-email with a token", token: "new address", status: 302, refusal: badCallback, ask: opened(verifyLink)},
		{name: "link to the old address", recorded: "verify-email with a token", token: "confirmation", status: 302, refusal: badCallback, ask: opened(verifyLink)},
		{name: "link to the old address, which sends another", recorded: "send-verification-email", token: "confirmation", status: 302, refusal: badCallback, mailed: true, ask: opened(verifyLink)},
		{name: "link of a verification that is none", recorded: "verify-email without", status: 302, refusal: badCallback, ask: opened(verifyLink)},
		// 1.6.9 writes the target of a change into the link as it is, so that it
		// comes back in pieces; since 1.7 it is as in other links.
		{name: "change of address", recorded: "send-verification-email", status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.ann.Post("/change-email", map[string]any{"newEmail": newEmail, "callbackURL": target})
		}},
		{name: "change of address at once", recorded: "send-verification-email", configure: []func(*core.Options){atOnce}, status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.ann.Post("/change-email", map[string]any{"newEmail": newEmail, "callbackURL": target})
		}},
		{name: "change of address that asks the old one", recorded: "send-verification-email", token: "proof", status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.ann.Post("/change-email", map[string]any{"newEmail": newEmail, "callbackURL": target})
		}},
		{name: "deletion", recorded: "delete-user", status: 200, refusal: badCallback, mailed: true, inBody: true, ask: func(s *site, target, _ string) *authtest.Answer {
			return s.ann.Post("/delete-user", map[string]any{"callbackURL": target})
		}},
		{name: "link of a deletion", recorded: "delete-user/callback", token: "deletion", status: 302, refusal: badCallback, ask: opened(deleteLink)},
	}
}

func verifyToSignIn(o *core.Options) { o.EmailAndPassword.RequireEmailVerification = true }

// prepare does what has to be done before a field is asked, and returns the
// token that it needs.
func (f *field) prepare(s *site) string {
	switch f.token {
	case "":
		return ""
	case "proof":
		s.verify()
		return ""
	}
	return s.issue(f.token)
}

// checkedFields are the fields that every POST is checked for, whether or not
// the endpoint reads them: by their place the refusals.
func checkedFields() []struct{ member, query, refusal string } {
	return []struct{ member, query, refusal string }{
		{"callbackURL", "", badCallback},
		{"", "callbackURL", badCallback},
		{"redirectTo", "", badRedirect},
		{"errorCallbackURL", "", badErrorURL},
		{"newUserCallbackURL", "", badNewUser},
	}
}

// posts are requests that would do something, for each endpoint that takes POST.
func posts(t *testing.T, s *site) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{
		"/sign-up/email": body(map[string]any{"email": bobsEmail}), "/sign-in/email": credentials(nil), "/sign-out": {},
		"/get-session": nil, "/revoke-session": {"token": tokenOf(s.ann)}, "/revoke-sessions": {}, "/revoke-other-sessions": {},
		"/request-password-reset": to(email), "/reset-password": {"newPassword": newPassword, "token": "x"},
		"/verify-password": {"password": password}, "/change-password": {"newPassword": newPassword, "currentPassword": password},
		"/send-verification-email": to(email), "/change-email": {"newEmail": newEmail},
		"/update-user": {"name": "Bea"}, "/update-session": {}, "/delete-user": {}, "/unlink-account": {"providerId": "credential"},
	}
	for _, e := range s.Endpoints() {
		if !slices.Contains(e.Methods, http.MethodPost) || e.ServerOnly {
			continue
		}
		if _, known := all[e.Path]; !known {
			t.Errorf("POST %s is not in the table", e.Path)
		}
	}
	return all
}
