package input_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
)

func body(t testing.TB, text string) input.Source {
	t.Helper()
	v, err := wire.Decode([]byte(text), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return input.Source{Body: v, HasBody: true}
}

// complaint returns the message of an *Invalid, and fails on any other error.
func complaint(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var invalid *input.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("not an *Invalid: %v", err)
	}
	if err.Error() != invalid.Message || len(invalid.Issues) == 0 {
		t.Errorf("incomplete: %+v", invalid)
	}
	return invalid.Message
}

func TestARequestIsBoundFromItsThreeParts(t *testing.T) {
	type paging struct {
		Limit any `query:"limit,optional" check:"type=string|number"`
	}
	type in struct {
		paging
		ID     string  `path:"id"`
		Name   string  `json:"name"`
		Sort   *string `query:"sort"`
		Caller string  `json:"-"`
		Search string  `json:"-" query:"search"`
		hidden int
	}
	s := mustCompile[in](t)
	src := body(t, `{"name":"n","caller":"forged","Caller":"forged","hidden":1,"NAME":"shouted"}`)
	src.Query = url.Values{"limit": {"10"}, "sort": {"asc"}, "search": {"x"}, "id": {"forged"}}
	src.Path = map[string]string{"id": "7"}
	got := in{Caller: "left over", hidden: 1}
	if err := s.Bind(src, &got); err != nil {
		t.Fatal(err)
	}
	sort := "asc"
	want := in{paging: paging{Limit: "10"}, ID: "7", Name: "n", Sort: &sort, Search: "x"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(in{}, paging{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	src.Path = nil
	if got, want := complaint(t, s.Bind(src, &got)), "[path.id] Invalid input: expected string, received undefined"; got != want {
		t.Errorf("without the path parameter: %q, want %q", got, want)
	}
	src.Query = url.Values{"search": {"a", "b"}, "sort": {"a", "b"}}
	if got, want := complaint(t, s.Bind(src, &got)), "[query.sort] Invalid input: expected string, received array; "+
		"[query.search] Invalid input: expected string, received array"; got != want {
		t.Errorf("repeated parameters: %q, want %q", got, want)
	}
	src.Body = []any{}
	if got, want := complaint(t, s.Bind(src, &got)), "[body] Invalid input: expected object, received array"; got != want {
		t.Errorf("the body is judged first and alone: %q, want %q", got, want)
	}
}

func TestABodyThatNobodyWantsIsIgnored(t *testing.T) {
	s := mustCompile[getSession](t)
	for _, b := range []any{nil, "text", []any{}, 5.0, struct{}{}, wire.NewObject()} {
		if err := s.Bind(input.Source{Body: b, HasBody: true}, new(getSession)); err != nil {
			t.Errorf("%v: %v", b, err)
		}
	}
}

func TestAnOptionalBodyMayBeAbsentButNotNull(t *testing.T) {
	s := mustCompile[optionalBody](t)
	if err := s.Bind(input.Source{}, new(optionalBody)); err != nil {
		t.Errorf("absent: %v", err)
	}
	if got, want := complaint(t, s.Bind(input.Source{HasBody: true}, new(optionalBody))), "[body] Invalid input: expected object, received null"; got != want {
		t.Errorf("null: %q, want %q", got, want)
	}
}

// The messages are those of upstream's /update-user, whose schema is a record.
func TestARecordOfWhichSomeMembersAreKnown(t *testing.T) {
	type update struct {
		Name *string      `json:"name"`
		Rest *wire.Object `json:",rest,record"`
	}
	s := mustCompile[update](t)
	for given, want := range map[string]string{
		`[1,2]`: "[body] Invalid input: expected record, received array",
		`null`:  "[body] Invalid input: expected record, received null",
		`"x"`:   "[body] Invalid input: expected record, received string",
	} {
		if got := complaint(t, s.Bind(body(t, given), new(update))); got != want {
			t.Errorf("%s: %q, want %q", given, got, want)
		}
	}
	if got, want := complaint(t, s.Bind(input.Source{}, new(update))), "[body] Invalid input: expected record, received undefined"; got != want {
		t.Errorf("absent: %q, want %q", got, want)
	}
	var got update
	if err := s.Bind(body(t, `{"name":"Ann","plan":"gold"}`), &got); err != nil {
		t.Fatal(err)
	}
	if plan, _ := got.Rest.Get("plan"); *got.Name != "Ann" || got.Rest.Len() != 1 || plan != "gold" {
		t.Errorf("got %+v", got)
	}
}

func TestAFailureLeavesTheTargetAlone(t *testing.T) {
	s := mustCompile[signUp](t)
	before := signUp{Name: "before", Email: "b@b.co"}
	got := before
	if complaint(t, s.Bind(body(t, `{"name":"after","email":"a@b.co","password":5}`), &got)) == "" {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if err := s.Bind(body(t, `{"name":"after","email":"a@b.co","password":"p"}`), &got); err != nil {
		t.Fatal(err)
	}
	if got.Image != nil || got.Name != "after" {
		t.Errorf("got %+v", got)
	}
}

func TestATargetOfAnotherTypeIsAProgrammersError(t *testing.T) {
	s := mustCompile[signUp](t)
	for _, dst := range []any{nil, signUp{}, (*signUp)(nil), new(signIn), new(any)} {
		err := s.Bind(input.Source{}, dst)
		var invalid *input.Invalid
		if err == nil || errors.As(err, &invalid) {
			t.Errorf("%T: %v", dst, err)
		}
	}
}

func TestAdditionalMembersComeInOrder(t *testing.T) {
	var got signUp
	src := body(t, `{"z":1,"email":"a@b.co","password":"p","name":"n","a":{"x":[null]},"10":1,"9":2,"__proto__":{"admin":true},"Email":"E"}`)
	if err := mustCompile[signUp](t).Bind(src, &got); err != nil {
		t.Fatal(err)
	}
	text, err := wire.Marshal(got.Rest)
	if want := `{"9":2,"10":1,"z":1,"a":{"x":[null]},"Email":"E"}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v; want %s", text, err, want)
	}
	if src.Body.(*wire.Object).Len() != 9 {
		t.Error("binding changed the body")
	}
}

func TestAnOptTellsAbsentFromNull(t *testing.T) {
	type in struct {
		Logo input.Opt[string] `json:"logo"`
	}
	s := mustCompile[in](t)
	for text, want := range map[string]input.Opt[string]{
		`{}`:            {},
		`{"logo":null}`: input.Null[string](),
		`{"logo":""}`:   input.Some(""),
		`{"logo":"x"}`:  input.Some("x"),
	} {
		var got in
		if err := s.Bind(body(t, text), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Logo); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		if v, ok := got.Logo.Get(); ok != (want.Set && !want.Null) || v != want.Value || (!ok && got.Logo.Or("other") != "other") {
			t.Errorf("%s: Get = %q, %v", text, v, ok)
		}
	}
	type out struct {
		Logo input.Opt[string] `json:"logo,omitzero"`
	}
	for want, v := range map[string]out{`{}`: {}, `{"logo":null}`: {input.Null[string]()}, `{"logo":"<"}`: {input.Some("<")}} {
		if text, err := wire.Marshal(v); err != nil || string(text) != want {
			t.Errorf("written as %s, %v; want %s", text, err, want)
		}
	}
}

func TestACoercedStringTakesNumbersAndBooleansOnly(t *testing.T) {
	type in struct {
		UserID string `json:"userId" check:"coerce,min=1"`
	}
	s := mustCompile[in](t)
	for text, want := range map[string]string{`5`: "5", `-0`: "0", `1e21`: "1e+21", `true`: "true", `"x"`: "x"} {
		var got in
		if err := s.Bind(body(t, `{"userId":`+text+`}`), &got); err != nil || got.UserID != want {
			t.Errorf("%s is bound as %q, %v; want %q", text, got.UserID, err, want)
		}
	}
	for text, want := range map[string]string{
		`{}`:              "[body.userId] Invalid input: expected nonoptional, received undefined",
		`{"userId":""}`:   "[body.userId] Too small: expected string to have >=1 characters",
		`{"userId":null}`: "[body.userId] Invalid input: expected string, received null",
		`{"userId":{}}`:   "[body.userId] Invalid input: expected string, received object",
	} {
		if got := complaint(t, s.Bind(body(t, text), new(in))); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestIssuesAreBounded(t *testing.T) {
	type in struct {
		Scopes []string          `json:"scopes"`
		Labels map[string]string `json:"labels"`
	}
	src := body(t, `{"scopes":[`+strings.TrimSuffix(strings.Repeat("5,", 10_000), ",")+`],"labels":5}`)
	var invalid *input.Invalid
	if err := mustCompile[in](t).Bind(src, new(in)); !errors.As(err, &invalid) || len(invalid.Issues) != 64 {
		t.Errorf("got %d issues", len(invalid.Issues))
	}
}

func TestMessagesNameKeysButNoValues(t *testing.T) {
	const secret = "hunter2"
	src := body(t, fmt.Sprintf(`{"name":5,"email":%q,"password":[%q],"image":{"x":%q},"rememberMe":%q}`, secret, secret, secret, secret))
	err := mustCompile[signUp](t).Bind(src, new(signUp))
	if complaint(t, err) == "" || strings.Contains(fmt.Sprintf("%+v", err), secret) {
		t.Errorf("got %v", err)
	}
}

func TestABodyBuiltByHandIsUnderstood(t *testing.T) {
	type in struct {
		N    int          `json:"n"`
		Tags []string     `json:"tags"`
		Meta *wire.Object `json:"meta"`
	}
	var got in
	err := mustCompile[in](t).Bind(input.Source{HasBody: true, Body: map[string]any{
		"n": 5, "tags": []string{"a"}, "meta": map[string]any{"b": int64(1), "a": 2.0},
	}}, &got)
	if err != nil || got.N != 5 || len(got.Tags) != 1 || got.Meta.Len() != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	var missing *wire.Object
	if got, want := complaint(t, mustCompile[in](t).Bind(input.Source{HasBody: true, Body: missing}, &got)),
		"[body] Invalid input: expected object, received null"; got != want {
		t.Errorf("a nil object: %q, want %q", got, want)
	}
}

func BenchmarkBindSignUp(b *testing.B) {
	s := mustCompile[signUp](b)
	src := body(b, `{"name":"Ada Lovelace","email":"ada@example.com","password":"correct horse battery","callbackURL":"/welcome","rememberMe":true}`)
	b.ReportAllocs()
	for b.Loop() {
		var in signUp
		if err := s.Bind(src, &in); err != nil {
			b.Fatal(err)
		}
	}
}
