package routes_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// A token is of one kind and of exactly its form. 1.6.9 looks at email, updateTo
// and requestType and skips the rest; it breaks with an empty 500 where they are
// not what it expects.
func TestTokensAreOfOneKind(t *testing.T) {
	const ann, id = `"email":"ann@example.com"`, `"userId":"ID"`
	for _, tc := range []struct {
		name, claims, want string
	}{
		{"a verification", `{` + ann + `,` + id + `}`, verifiedBody},
		{"a verification of 1.6.9 names no user", `{` + ann + `}`, verifiedBody},
		{"an address in capitals", `{"email":"ANN@Example.com",` + id + `}`, verifiedBody},
		{"nothing", `{}`, badToken},
		{"no address", `{` + id + `}`, badToken},
		{"an address that is none", `{"email":"",` + id + `}`, badToken},
		{"an address that is a number", `{"email":5,` + id + `}`, badToken},
		{"an address that is null", `{"email":null,` + id + `}`, badToken},
		{"several addresses", `{"email":["ann@example.com"],` + id + `}`, badToken},
		{"an unknown address", `{"email":"nobody@example.com",` + id + `}`, noUser},
		{"another user", `{` + ann + `,"userId":"somebody"}`, badToken},
		{"a user who is nobody", `{` + ann + `,"userId":""}`, badToken},
		{"a user who is a number", `{` + ann + `,"userId":5}`, badToken},
		{"an unknown member", `{` + ann + `,` + id + `,"role":"admin"}`, badToken},
		{"a purpose of somebody else's", `{` + ann + `,` + id + `,"type":"sign-in"}`, badToken},
		{"an audience", `{` + ann + `,` + id + `,"aud":"somebody"}`, badToken},
		{"a time before which it is not good", `{` + ann + `,` + id + `,"nbf":1773480413}`, badToken},
		{"an unknown kind", `{` + ann + `,` + id + `,"updateTo":"new@example.com","requestType":"sign-in"}`, badToken},
		{"a kind and no new address", `{` + ann + `,` + id + `,"requestType":"change-email-verification"}`, badToken},
		{"a kind that is empty", `{` + ann + `,` + id + `,"requestType":""}`, badToken},
		{"a new address that is none", `{` + ann + `,` + id + `,"updateTo":"nonsense","requestType":"change-email-verification"}`, badToken},
		{"a new address that is empty", `{` + ann + `,` + id + `,"updateTo":"","requestType":"change-email-verification"}`, badToken},
		{"a new address without a kind, which 1.6.9 takes and never sends", `{` + ann + `,` + id + `,"updateTo":"new@example.com"}`, badToken},
		{"a change of 1.6.9 names no user", `{` + ann + `,"updateTo":"new@example.com","requestType":"change-email-verification"}`, badToken},
		{"a confirmation of 1.6.9 names no user", `{` + ann + `,"updateTo":"new@example.com","requestType":"change-email-confirmation"}`, badToken},
		{"a change for another user", `{` + ann + `,"userId":"somebody","updateTo":"new@example.com","requestType":"change-email-verification"}`, badToken},
		{"a confirmation for another user", `{` + ann + `,"userId":"somebody","updateTo":"new@example.com","requestType":"change-email-confirmation"}`, badToken},
		{"a change of an unknown address", `{"email":"nobody@example.com",` + id + `,"updateTo":"new@example.com","requestType":"change-email-verification"}`, noUser},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t)
			s.Client().SignUp(email, password)
			claims := strings.Replace(tc.claims, "ID", idOf(t, s, email), 1)
			a := s.Client().Get(verifyPath(sign(t, s, claims, time.Hour), ""))
			status, after := http.StatusUnauthorized, email
			if tc.want == verifiedBody {
				status, after = http.StatusOK, email+" verified"
			}
			answers(t, a, status, tc.want)
			same(t, "addresses", after, addresses(t, s))
			if n := mails(s); n != 0 || a.Header["Set-Cookie"] != nil {
				t.Errorf("%d mails, cookies %v", n, a.Header["Set-Cookie"])
			}
		})
	}
}

// Tokens that Better Auth has signed at authtest.Start under authtest.Secret, for
// Ann, who has the id user-1 and asks for new@example.com. They have a header in
// common.
const (
	upstreamHeader     = "eyJhbGciOiJIUzI1NiJ9."
	verificationOf169  = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsImlhdCI6MTc3MzQ4MDQxMywiZXhwIjoxNzczNDg0MDEzfQ.rQ8-YaqUtRNG1mBDHn9cr4UAAxYshdzvBDD4_Oh1Z1Y"
	confirmationOf169  = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwicmVxdWVzdFR5cGUiOiJjaGFuZ2UtZW1haWwtY29uZmlybWF0aW9uIiwiaWF0IjoxNzczNDgwNDEzLCJleHAiOjE3NzM0ODQwMTN9.Vy3exrMTF-DxcTjzH3duKdxFKJZizm0F7qwMWBj44VU"
	changeOf169        = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwicmVxdWVzdFR5cGUiOiJjaGFuZ2UtZW1haWwtdmVyaWZpY2F0aW9uIiwiaWF0IjoxNzczNDgwNDEzLCJleHAiOjE3NzM0ODQwMTN9.ewI4sTqtVGEzh_z4tGJBMnG4v0A5HvKH8IZt9t9Atis"
	changeAtOnceOf169  = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwiaWF0IjoxNzczNDgwNDEzLCJleHAiOjE3NzM0ODQwMTN9.ruvO2m5bikYhX0bqLzBfTgiEQBugCIpVIyHug6RMlok"
	verificationOf1725 = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVzZXJJZCI6InVzZXItMSIsImlhdCI6MTc3MzQ4MDQxMywiZXhwIjoxNzczNDg0MDEzfQ.k4IQhB79rTgDep7ee6JuxS71UTwfjF0RLQymf7kvMpg"
	confirmationOf1725 = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwicmVxdWVzdFR5cGUiOiJjaGFuZ2UtZW1haWwtY29uZmlybWF0aW9uIiwidXNlcklkIjoidXNlci0xIiwiaWF0IjoxNzczNDgwNDEzLCJleHAiOjE3NzM0ODQwMTN9.9kazhWzMutVF4ft280VxBGpAJYlnL8i3G0izHEGRyTo"
	changeOf1725       = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwicmVxdWVzdFR5cGUiOiJjaGFuZ2UtZW1haWwtdmVyaWZpY2F0aW9uIiwidXNlcklkIjoidXNlci0xIiwiaWF0IjoxNzczNDgwNDEzLCJleHAiOjE3NzM0ODQwMTN9.5iLzMXkEs2hSC9BK1HRkmcP8Lkreqo-sybsY7smlyyg"
	changeAtOnceOf1725 = upstreamHeader + "eyJlbWFpbCI6ImFubkBleGFtcGxlLmNvbSIsInVwZGF0ZVRvIjoibmV3QGV4YW1wbGUuY29tIiwidXNlcklkIjoidXNlci0xIiwiaWF0IjoxNzczNDgwNDEzLCJleHAiOjE3NzM0ODQwMTN9.4ztHGOfak0os5lbkeDrV-h3q5Jh9nP6dej3eliHx7k0"
)

// numbered gives the first user the id user-1.
func numbered(o *core.Options) {
	var last atomic.Int64
	o.Advanced.Database.GenerateIDFunc = func(model string) string { return fmt.Sprintf("%s-%d", model, last.Add(1)) }
}

func TestTokensOfUpstream(t *testing.T) {
	for _, tc := range []struct {
		name, token string
		status      int
		after       string
	}{
		{"a verification of 1.6.9", verificationOf169, http.StatusOK, email + " verified"},
		{"a confirmation of 1.6.9, which names no user", confirmationOf169, http.StatusUnauthorized, email},
		{"a change of 1.6.9, which names no user", changeOf169, http.StatusUnauthorized, email},
		{"a change at once of 1.6.9, which it never sends", changeAtOnceOf169, http.StatusUnauthorized, email},
		{"a verification of 1.7", verificationOf1725, http.StatusOK, email + " verified"},
		{"a confirmation of 1.7", confirmationOf1725, http.StatusOK, email},
		{"a change of 1.7", changeOf1725, http.StatusOK, newEmail},
		{"a change at once of 1.7, which it never sends", changeAtOnceOf1725, http.StatusUnauthorized, email},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, numbered)
			s.Client().SignUp(email, password)
			if a := s.Client().Get(verifyPath(tc.token, "")); a.Status != tc.status {
				t.Errorf("got %d %s, want %d", a.Status, a.Body, tc.status)
			}
			same(t, "addresses", tc.after, addresses(t, s))
		})
	}
}

// A change also names the password that it was asked for with.
func TestTokensAreThoseOf17(t *testing.T) {
	box := &authtest.Outbox{}
	s := authtest.New(t, numbered, mailOnSignUp, changeable, askingTheOldAddress(box))
	c := s.Client()
	c.SignUp(email, password)
	same(t, "verification", verificationOf1725, lastMail(t, s).Token)
	same(t, "change", claimsOf(t, s, changeOf1725), claimsWithoutCredential(t, s, changeLink(t, s, c, newEmail)))
	update(t, s, "user", db.Row{"emailVerified": true})
	same(t, "confirmation", claimsOf(t, s, confirmationOf1725), claimsWithoutCredential(t, s, confirmationLink(t, s, box, c, newEmail)))
}

// What is no token at all, or not one that the server has signed.
func TestTextsThatAreNoTokens(t *testing.T) {
	s := authtest.New(t, mailOnSignUp, func(o *core.Options) {
		o.Session.CookieCache = core.CookieCache{Enabled: new(true), Strategy: cookies.StrategyJWT}
	})
	c := s.Client()
	session := c.SignUp(email, password).Text(t, "token")
	good := lastMail(t, s).Token
	head, rest, _ := strings.Cut(good, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	other := authtest.New(t, mailOnSignUp, func(o *core.Options) { o.Secret = authtest.Secret + "-of-another-server" })
	other.Client().SignUp(email, password)
	encode := base64.RawURLEncoding.EncodeToString
	for name, token := range map[string]string{
		"nothing":                       "",
		"nonsense":                      "nonsense",
		"a session":                     session,
		"a signed cookie":               c.Cookies[sessionCookie],
		"a session in a cookie":         c.Cookies[cacheCookie],
		"without a signature":           head + "." + claims + ".",
		"cut short":                     good[:len(good)-4],
		"with something behind":         good + "A",
		"another address":               head + "." + encode([]byte(`{"email":"bob@example.com","iat":1773480413,"exp":1773484013}`)) + "." + signature,
		"signed by nobody":              encode([]byte(`{"alg":"none"}`)) + "." + claims + ".",
		"signed with another algorithm": encode([]byte(`{"alg":"HS512"}`)) + "." + claims + "." + signature,
		"signed by another server":      lastMail(t, other).Token,
		"longer than any token":         strings.Repeat("a", 60<<10) + "." + claims + "." + signature,
	} {
		t.Run(name, func(t *testing.T) {
			answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, badToken)
			redirects(t, s.Client().Get(verifyPath(token, "/done")), "/done?error=INVALID_TOKEN")
			redirects(t, s.Client().Get(verifyPath(token, "/done?a=b")), "/done?a=b&error=INVALID_TOKEN")
		})
	}
	same(t, "addresses", email, addresses(t, s))
	answers(t, s.Client().Get(verifyPath(good, "")), http.StatusOK, verifiedBody)
}

func TestTokensExpire(t *testing.T) {
	for _, tc := range []struct {
		lifetime, age time.Duration
		good          bool
	}{
		{0, time.Hour - time.Second, true},
		{0, time.Hour, false},
		{10 * time.Minute, 10*time.Minute - time.Second, true},
		{10 * time.Minute, 10 * time.Minute, false},
	} {
		s := authtest.New(t, mailOnSignUp, changeable, func(o *core.Options) { o.EmailVerification.ExpiresIn = tc.lifetime })
		c := s.Client()
		c.SignUp(email, password)
		plain := lastMail(t, s).Token
		c.Post("/change-email", map[string]any{"newEmail": newEmail})
		change := lastMail(t, s).Token
		s.Clock.Advance(tc.age)
		if tc.good {
			answers(t, s.Client().Get(verifyPath(plain, "")), http.StatusOK, verifiedBody)
			redirects(t, s.Client().Get(verifyPath(change, "/done")), "/done")
			continue
		}
		for _, token := range []string{plain, change} {
			answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, oldToken)
			redirects(t, s.Client().Get(verifyPath(token, "/done")), "/done?error=TOKEN_EXPIRED")
		}
		same(t, "addresses", email, addresses(t, s))
	}
}

// A token without times was not made by a server.
func TestTokensHaveTimes(t *testing.T) {
	s := authtest.New(t)
	s.Client().SignUp(email, password)
	encode := base64.RawURLEncoding.EncodeToString
	for _, claims := range []string{
		`{"email":"ann@example.com"}`, `{"email":"ann@example.com","iat":1773480413}`, `{"email":"ann@example.com","exp":1773484013}`,
		`{"email":"ann@example.com","iat":1773480413,"exp":"1773484013"}`,
	} {
		signed := encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(claims))
		token := signed + "." + s.Keys().SignRaw(signed)
		answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, badToken)
	}
}

// A verification of the old address says nothing about the new one, and nothing
// about whoever has the old one now: fixed in 1.7.25.
func TestLinksForAnAddressThatHasMoved(t *testing.T) {
	s := authtest.New(t, mailOnSignUp, changeable)
	c := s.Client()
	c.SignUp(email, password)
	plain := lastMail(t, s).Token
	first, second := changeLink(t, s, c, newEmail), changeLink(t, s, c, "newer@example.com")
	if a := c.Get(verifyPath(first, "")); a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	for _, token := range []string{plain, first, second} {
		answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, noUser)
	}
	s.Client().SignUp(email, password)
	for _, token := range []string{plain, first, second} {
		answers(t, s.Client().Get(verifyPath(token, "")), http.StatusUnauthorized, badToken)
		redirects(t, s.Client().Get(verifyPath(token, "/done")), "/done?error=INVALID_TOKEN")
	}
	same(t, "addresses", newEmail+", "+email, addresses(t, s))
}
