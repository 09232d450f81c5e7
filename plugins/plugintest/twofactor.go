package plugintest

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// TwoFactor are the races of the two-factor plugin.
func TwoFactor(app *racetest.Application) []racetest.Race {
	with := func(o twofactor.Options) func(*core.Options) {
		return func(c *core.Options) {
			o.OTP.SendOTP = racetest.Sender(app, sentCode, func(m twofactor.Message) (string, string) { return m.User.Email, m.OTP })
			c.Plugins = append(c.Plugins, twofactor.New(o))
		}
	}
	list := []racetest.Race{
		{Name: "codes of an app, for one challenge", Run: member(codesForOneChallenge)},
		{Name: "one code of an app, for many challenges", Run: member(oneCodeForManyChallenges)},
		{Name: "wrong codes of an app, for one challenge", Run: member(wrongCodesForOneChallenge)},
		{Name: "wrong codes of an app, for many challenges", Run: member(wrongCodesForManyChallenges)},
		{Name: "first codes of an app", Run: firstCodes},
		{Name: "a code that was sent", Run: member(aCodeThatWasSent)},
		{Name: "wrong codes that were sent", Run: member(wrongCodesThatWereSent)},
		{Name: "a code that was sent, to switch the factor on", Run: aCodeThatSwitchesOn},
		{Name: "wrong codes of a user without an app", Run: wrongCodesWithoutAnApp},
		{Name: "one backup code", Run: member(oneBackupCode)},
		{Name: "every backup code", Run: member(everyBackupCode)},
		{Name: "new backup codes", Run: member(newBackupCodes)},
		{Name: "a trusted browser", Run: member(trustedBrowser)},
		{Name: "setting up an app", Run: settingUp},
		{Name: "switching the factor off", Run: member(switchingOff)},
		{Name: "a challenge that ends", Run: member(challengeThatEnds)},
		{Name: "a password that is changed, and challenges", Run: member(changedPassword)},
		{Name: "a password that is changed, and new backup codes", Run: member(changedPasswordAndCodes)},
	}
	var all []racetest.Race
	for _, race := range list {
		race.Configure = with(twofactor.Options{})
		beside := race
		beside.Name += ", beside a secondary storage"
		beside.Configure = func(o *core.Options) {
			race.Configure(o)
			racetest.UseSecondary(o)
		}
		all = append(all, race, beside)
	}
	return all
}

const (
	factorPassword = "password123"
	sentCode       = "two-factor code"

	verifyTOTP   = "/two-factor/verify-totp"
	verifyOTP    = "/two-factor/verify-otp"
	verifyBackup = "/two-factor/verify-backup-code"
)

// factors is one round, of a user with or without a second factor.
type factors struct {
	*racetest.Round

	client *authtest.Client // signed in
	secret string
	codes  []string
}

// member is a round of a user who has an app in use.
func member(run func(*factors)) func(*racetest.Round) {
	return func(r *racetest.Round) {
		f := beginner(r)
		f.setUp()
		f.want(f.client.Post(verifyTOTP, f.shown(f.code())))
		r.Server.Clock.Advance(time.Minute) // and the next code is another one
		run(f)
	}
}

// beginner is somebody without a second factor.
func beginner(r *racetest.Round) *factors {
	f := &factors{Round: r, client: r.Client()}
	f.client.SignUp(r.Email(), factorPassword)
	return f
}

func (f *factors) setUp() {
	f.T.Helper()
	a := f.client.Post("/two-factor/enable", map[string]any{"password": factorPassword})
	f.want(a)
	f.read(a)
}

// read takes the secret and the codes out of an answer.
func (f *factors) read(a *authtest.Answer) {
	f.T.Helper()
	u, err := url.Parse(a.Text(f.T, "totpURI"))
	if err != nil {
		f.T.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		f.T.Fatal(err)
	}
	f.secret, f.codes = string(secret), listed(f, a)
}

func listed(f *factors, a *authtest.Answer) []string {
	f.T.Helper()
	list, _ := a.At(f.T, "backupCodes").([]any)
	codes := make([]string, len(list))
	for i := range list {
		codes[i], _ = list[i].(string)
	}
	return codes
}

func (f *factors) plugin() *twofactor.Plugin {
	f.T.Helper()
	p, err := racetest.PluginOf[*twofactor.Plugin](f.Server)
	if err != nil {
		f.T.Fatal(err)
	}
	return p
}

// code is that of the app.
func (f *factors) code() string {
	f.T.Helper()
	out, err := f.plugin().GenerateTOTP.Call(f.T.Context(), twofactor.GenerateTOTPInput{Secret: f.secret})
	if err != nil {
		f.T.Fatal(err)
	}
	return out.Code
}

func (f *factors) shown(code string) map[string]any { return map[string]any{"code": code} }

func (f *factors) want(a *authtest.Answer) {
	f.T.Helper()
	if a.Status != http.StatusOK {
		f.T.Fatalf("%d %s", a.Status, a.Body)
	}
}

// challenged is a browser with a challenge.
func (f *factors) challenged() *authtest.Client {
	f.T.Helper()
	c := f.Client()
	a := c.Post("/sign-in/email", map[string]any{"email": f.Email(), "password": factorPassword})
	if a.At(f.T, "twoFactorRedirect") != true {
		f.T.Fatalf("not challenged: %d %s", a.Status, a.Body)
	}
	return c
}

// one sends a request of one browser many times at once.
func (f *factors) one(c *authtest.Client, path string, body map[string]any) []*authtest.Answer {
	f.T.Helper()
	requests := make([]*http.Request, racetest.Racers)
	for i := range requests {
		requests[i] = c.Request(http.MethodPost, path, body)
	}
	return f.Together(requests)
}

// many sends a request from each of many challenges at once.
func (f *factors) many(path string, body func(i int) map[string]any, n int) []*authtest.Answer {
	f.T.Helper()
	requests := make([]*http.Request, n)
	for i := range requests {
		requests[i] = f.challenged().Request(http.MethodPost, path, body(i))
	}
	return f.Together(requests)
}

// sent has a code sent to a browser.
func (f *factors) sent(c *authtest.Client) string {
	f.T.Helper()
	f.want(c.Post("/two-factor/send-otp", map[string]any{}))
	f.Settle()
	events := f.Events(sentCode, f.Email())
	if len(events) == 0 {
		f.T.Fatal("no code was sent")
	}
	return events[len(events)-1].Token
}

// userID is the id of the round's user, and sessions how many sessions there are.
func (f *factors) userID() any { return f.Row("user", "email", f.Email())[db.ID] }

func (f *factors) wantSessions(n int) {
	f.T.Helper()
	id, _ := f.userID().(string)
	list, err := f.Server.Sessions().Active(f.T.Context(), id, f.Server.Now())
	if err != nil || len(list) != n {
		f.T.Errorf("%d sessions, want %d (error: %v)", len(list), n, err)
	}
}

// wantOne wants one success, and the others refused in one of these ways.
func (f *factors) wantOne(answers []*authtest.Answer, refusals ...string) {
	f.T.Helper()
	if n := f.WantAmong(answers, append(refusals, "200")...)["200"]; n != 1 {
		f.T.Errorf("%d succeed, want 1", n)
	}
}

const (
	invalidCode   = "401 INVALID_CODE"
	invalidBackup = "401 INVALID_BACKUP_CODE"
	invalidCookie = "401 INVALID_TWO_FACTOR_COOKIE"
	tooMany       = "400 TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
	locked        = "429 ACCOUNT_TEMPORARILY_LOCKED"
	expired       = "400 OTP_HAS_EXPIRED"
	conflict      = "409 "
	unauthorized  = "401 UNAUTHORIZED"
)

func codesForOneChallenge(f *factors) {
	answers := f.one(f.challenged(), verifyTOTP, f.shown(f.code()))
	f.wantOne(answers, invalidCode, invalidCookie, tooMany)
	f.wantSessions(2)
}

func oneCodeForManyChallenges(f *factors) {
	code := f.code()
	answers := f.many(verifyTOTP, func(int) map[string]any { return f.shown(code) }, racetest.Racers)
	f.wantOne(answers, invalidCode, locked)
	f.wantSessions(2)
}

func wrongCodesForOneChallenge(f *factors) {
	tally := f.WantAmong(f.one(f.challenged(), verifyTOTP, f.shown("x")), invalidCode, tooMany, invalidCookie)
	if tally[invalidCode] != 5 || tally[tooMany] != 1 {
		f.T.Errorf("of the codes %d were looked at, and %d told that it is over; want 5 and 1", tally[invalidCode], tally[tooMany])
	}
}

func wrongCodesForManyChallenges(f *factors) {
	answers := f.many(verifyTOTP, func(int) map[string]any { return f.shown("x") }, racetest.Racers)
	if n := f.WantAmong(answers, invalidCode, locked)[invalidCode]; n != 10 {
		f.T.Errorf("%d codes were looked at, want 10", n)
	}
	if a := f.challenged().Post(verifyTOTP, f.shown(f.code())); a.Status != http.StatusTooManyRequests {
		f.T.Errorf("then a right one is %d %s", a.Status, a.Body)
	}
}

func firstCodes(r *racetest.Round) {
	f := beginner(r)
	f.setUp()
	f.wantOne(f.one(f.client, verifyTOTP, f.shown(f.code())), invalidCode, invalidCookie)
	f.wantSessions(1)
	r.Server.Clock.Advance(time.Minute)
}

func aCodeThatWasSent(f *factors) {
	c := f.challenged()
	code := f.sent(c)
	f.wantOne(f.one(c, verifyOTP, f.shown(code)), invalidCode, invalidCookie, tooMany, expired)
	f.wantSessions(2)
}

func wrongCodesThatWereSent(f *factors) {
	c := f.challenged()
	f.sent(c)
	tally := f.WantAmong(f.one(c, verifyOTP, f.shown("x")), invalidCode, tooMany, expired)
	if tally[invalidCode] != 5 || tally[tooMany] != 1 {
		f.T.Errorf("of the codes %d were looked at, and %d told that it is over; want 5 and 1", tally[invalidCode], tally[tooMany])
	}
}

func aCodeThatSwitchesOn(r *racetest.Round) {
	f := beginner(r)
	code := f.sent(f.client)
	f.wantOne(f.one(f.client, verifyOTP, f.shown(code)), invalidCode, invalidCookie, tooMany, expired)
	f.wantSessions(1)
}

func wrongCodesWithoutAnApp(r *racetest.Round) {
	f := beginner(r)
	f.want(f.client.Post("/two-factor/enable", map[string]any{"password": factorPassword, "method": "otp"}))
	requests := make([]*http.Request, racetest.Racers)
	for i := range requests {
		c := f.challenged()
		f.want(c.Post("/two-factor/send-otp", map[string]any{}))
		requests[i] = c.Request(http.MethodPost, verifyOTP, f.shown("x"))
	}
	if n := f.WantAmong(f.Together(requests), invalidCode, locked)[invalidCode]; n != 10 {
		f.T.Errorf("%d codes were looked at, want 10", n)
	}
}

func oneBackupCode(f *factors) {
	answers := f.many(verifyBackup, func(int) map[string]any { return f.shown(f.codes[0]) }, racetest.Racers)
	f.wantOne(answers, invalidBackup, conflict, locked)
	f.wantSessions(2)
	if left := f.left(); len(left) != len(f.codes)-1 || slices.Contains(left, f.codes[0]) {
		f.T.Errorf("left are %q", left)
	}
}

// everyBackupCode spends each code once: one that has signed somebody in is gone, and
// one that has not is there.
func everyBackupCode(f *factors) {
	answers := f.many(verifyBackup, func(i int) map[string]any { return f.shown(f.codes[i]) }, len(f.codes))
	f.WantAmong(answers, "200", conflict, locked)
	left := f.left()
	for i, a := range answers {
		if spent := a.Status == http.StatusOK; spent == slices.Contains(left, f.codes[i]) {
			f.T.Errorf("the code of the answer %d is left: %t", a.Status, !spent)
		}
	}
}

// left are the backup codes that are good.
func (f *factors) left() []string {
	f.T.Helper()
	id, _ := f.userID().(string)
	out, err := f.plugin().ViewBackupCodes.Call(f.T.Context(), twofactor.ViewBackupCodesInput{UserID: id})
	if err != nil {
		f.T.Fatal(err)
	}
	return out.BackupCodes
}

// newBackupCodes are those of one of the answers.
func newBackupCodes(f *factors) {
	answers := f.one(f.client, "/two-factor/generate-backup-codes", map[string]any{"password": factorPassword})
	f.WantAmong(answers, "200", conflict)
	left := f.left()
	if !slices.ContainsFunc(answers, func(a *authtest.Answer) bool { return a.Status == http.StatusOK && slices.Equal(listed(f, a), left) }) {
		f.T.Error("nobody was shown the codes that are good")
	}
}

func trustedBrowser(f *factors) {
	c := f.challenged()
	f.want(c.Post(verifyBackup, map[string]any{"code": f.codes[0], "trustDevice": true}))
	for name := range c.Cookies {
		if name != "better-auth.trust_device" {
			delete(c.Cookies, name)
		}
	}
	answers := f.one(c, "/sign-in/email", map[string]any{"email": f.Email(), "password": factorPassword})
	f.WantTally(map[int]int{http.StatusOK: len(answers)}, answers)
	trusted := 0
	for _, a := range answers {
		if a.Text(f.T, "token") != "" {
			trusted++
		}
	}
	if trusted != 1 {
		f.T.Errorf("%d browsers are trusted, want 1", trusted)
	}
	f.wantSessions(3)
}

// settingUp leaves one secret, which one of the answers has shown.
func settingUp(r *racetest.Round) {
	f := beginner(r)
	answers := f.one(f.client, "/two-factor/enable", map[string]any{"password": factorPassword})
	f.WantTally(map[int]int{http.StatusOK: len(answers)}, answers)
	f.WantRows(1, "twoFactor", "userId", f.userID())
	left := f.left()
	i := slices.IndexFunc(answers, func(a *authtest.Answer) bool { return slices.Equal(listed(f, a), left) })
	if i < 0 {
		f.T.Fatal("nobody was shown the codes that are good")
	}
	f.read(answers[i])
	f.want(f.client.Post(verifyTOTP, f.shown(f.code())))
}

func switchingOff(f *factors) {
	answers := f.one(f.client, "/two-factor/disable", map[string]any{"password": factorPassword})
	f.wantOne(answers, unauthorized)
	f.wantSessions(1)
	f.WantRows(0, "twoFactor", "userId", f.userID())
}

func challengeThatEnds(f *factors) {
	c := f.challenged()
	requests := make([]*http.Request, len(f.codes))
	for i, code := range f.codes {
		requests[i] = c.Request(http.MethodPost, verifyBackup, f.shown(code))
	}
	f.AtTheEnd(10*time.Minute, requests)
}

// changePassword is the request that ends every other session.
func (f *factors) changePassword() *http.Request {
	f.T.Helper()
	return f.client.Request(http.MethodPost, "/change-password", map[string]any{
		"currentPassword": factorPassword, "newPassword": "another-password", "revokeOtherSessions": true,
	})
}

// changedPassword misses nobody who signs in with the old one.
func changedPassword(f *factors) {
	requests := make([]*http.Request, 1, 1+len(f.codes))
	for _, code := range f.codes {
		requests = append(requests, f.challenged().Request(http.MethodPost, verifyBackup, f.shown(code)))
	}
	f.Server.Clock.Advance(time.Second) // the change is later than the challenges
	requests[0] = f.changePassword()
	answers := f.Together(requests)
	f.want(answers[0])
	f.WantAmong(answers[1:], "200", conflict, locked, invalidCookie)
	f.wantSessions(1)
}

// changedPasswordAndCodes ends another session that is making new codes: those that
// are good are of before, or somebody was shown them.
func changedPasswordAndCodes(f *factors) {
	other := f.challenged()
	f.want(other.Post(verifyBackup, f.shown(f.codes[0])))
	requests := make([]*http.Request, racetest.Racers)
	for i := range requests {
		requests[i] = other.Request(http.MethodPost, "/two-factor/generate-backup-codes", map[string]any{"password": factorPassword})
	}
	requests[0] = f.changePassword()
	answers := f.Together(requests)
	f.want(answers[0])
	f.WantAmong(answers[1:], "200", conflict, unauthorized, "400 INVALID_PASSWORD")
	left := f.left()
	shown := slices.ContainsFunc(answers[1:], func(a *authtest.Answer) bool { return a.Status == http.StatusOK && slices.Equal(listed(f, a), left) })
	if !shown && !slices.Equal(left, f.codes[1:]) {
		f.T.Error("nobody was shown the codes that are good")
	}
	f.wantSessions(1)
}
