package input_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
)

type signUp struct {
	Name        string       `json:"name"`
	Email       string       `json:"email" check:"email"`
	Password    string       `json:"password" check:"min=1"`
	Image       *string      `json:"image"`
	CallbackURL *string      `json:"callbackURL"`
	RememberMe  *bool        `json:"rememberMe"`
	Rest        *wire.Object `json:",rest"`
}

type signIn struct {
	Email       string  `json:"email"`
	Password    string  `json:"password"`
	CallbackURL *string `json:"callbackURL"`
	RememberMe  *bool   `json:"rememberMe"`
}

type signInSocial struct {
	CallbackURL        *string  `json:"callbackURL"`
	NewUserCallbackURL *string  `json:"newUserCallbackURL"`
	ErrorCallbackURL   *string  `json:"errorCallbackURL"`
	Provider           string   `json:"provider" check:"type=string"`
	DisableRedirect    *bool    `json:"disableRedirect"`
	IDToken            *idToken `json:"idToken"`
	Scopes             []string `json:"scopes,optional"`
	RequestSignUp      *bool    `json:"requestSignUp"`
	LoginHint          *string  `json:"loginHint"`

	AdditionalData *wire.Object `json:"additionalData,optional"`
}

type idToken struct {
	Token        string   `json:"token"`
	Nonce        *string  `json:"nonce"`
	AccessToken  *string  `json:"accessToken"`
	RefreshToken *string  `json:"refreshToken"`
	ExpiresAt    *float64 `json:"expiresAt"`
	User         *struct {
		Name *struct {
			FirstName *string `json:"firstName"`
			LastName  *string `json:"lastName"`
		} `json:"name"`
		Email *string `json:"email"`
	} `json:"user"`
}

type revokeSession struct {
	Token string `json:"token"`
}

type getSession struct {
	DisableCookieCache *bool `query:"disableCookieCache" check:"coerce"`
	DisableRefresh     *bool `query:"disableRefresh" check:"coerce"`
}

type color string

type nested struct {
	Text     string              `json:"text" check:"min=2,max=3"`
	Exact    *string             `json:"exact" check:"length=2"`
	Mail     *string             `json:"mail" check:"email,min=8"`
	Late     *string             `json:"late" check:"min=8,email"`
	Count    float64             `json:"count" check:"min=1,max=10"`
	Whole    *int                `json:"whole" check:"min=1,max=1000"`
	After    *float64            `json:"after" check:"min=10,int"`
	Positive *int64              `json:"positive" check:"int,gt=0"`
	Below    *float64            `json:"below" check:"lt=1e21"`
	Color    color               `json:"color" check:"enum=red|green"`
	Only     *string             `json:"only" check:"enum=x"`
	Tags     []string            `json:"tags" check:"min=1,max=3" each:"min=2"`
	Sizes    []int               `json:"sizes,optional" check:"min=2"`
	Kinds    *[]string           `json:"kinds" each:"enum=a|b"`
	Gaps     []input.Opt[string] `json:"gaps,optional"`
	Nullish  input.Opt[string]   `json:"nullish"`
	Nullable input.Opt[float64]  `json:"nullable,required"`
	Flag     *bool               `json:"flag"`
	Truthy   *bool               `json:"truthy" check:"coerce"`
	Must     bool                `json:"must" check:"coerce"`
	Inner    struct {
		Name string `json:"name"`
		Deep *struct {
			N float64 `json:"n"`
		} `json:"deep"`
	} `json:"inner"`
	Items []struct {
		ID string   `json:"id"`
		N  *float64 `json:"n"`
	} `json:"items,optional"`
	Anything    any                 `json:"anything"`
	Maybe       *any                `json:"maybe"`
	Record      *wire.Object        `json:"record,optional"`
	Permissions map[string][]string `json:"permissions,optional"`
	Role        any                 `json:"role,optional" check:"type=string|string[]"`
	Limit       any                 `json:"limit,optional" check:"type=string|number"`
}

type onlyRest struct {
	Rest *wire.Object `json:",rest"`
}

type looseRest struct {
	A    string       `json:"a"`
	Rest *wire.Object `json:",rest,loose"`
}

type optionalBody struct {
	_ struct{} `body:"optional"`
	A string   `json:"a,optional"` // optional only so that an absent body can be told
}

type optionalBodyStrict struct {
	_ struct{} `body:"optional"`
	A string   `json:"a"`
}

type queryOnly struct {
	Q     string   `query:"q"`
	List  []string `query:"list,optional"`
	N     *float64 `query:"n"`
	By    *string  `query:"by" check:"enum=a|b"`
	Limit any      `query:"limit,optional" check:"type=string|number"`
}

// mirror is a schema beside the upstream schema that it stands for.
type mirror struct {
	query  bool
	schema *input.Schema
	fresh  func() any
	fields func(any) *wire.Object // what a query was bound to, present fields only
}

func mustCompile[T any](t testing.TB) *input.Schema {
	t.Helper()
	s, err := input.Compile[T]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mirrors(t *testing.T) map[string]mirror {
	return map[string]mirror{
		"signUp":        {schema: mustCompile[signUp](t), fresh: func() any { return new(signUp) }},
		"signIn":        {schema: mustCompile[signIn](t), fresh: func() any { return new(signIn) }},
		"signInSocial":  {schema: mustCompile[signInSocial](t), fresh: func() any { return new(signInSocial) }},
		"revokeSession": {schema: mustCompile[revokeSession](t), fresh: func() any { return new(revokeSession) }},
		"nested":        {schema: mustCompile[nested](t), fresh: func() any { return new(nested) }},
		"record":        {schema: mustCompile[onlyRest](t), fresh: func() any { return new(onlyRest) }},
		"loose":         {schema: mustCompile[looseRest](t), fresh: func() any { return new(looseRest) }},
		"optional":      {schema: mustCompile[optionalBodyStrict](t), fresh: func() any { return new(optionalBodyStrict) }},
		"getSession": {query: true, schema: mustCompile[getSession](t), fresh: func() any { return new(getSession) }, fields: func(v any) *wire.Object {
			got, o := v.(*getSession), wire.NewObject()
			if got.DisableCookieCache != nil {
				o.Set("disableCookieCache", *got.DisableCookieCache)
			}
			if got.DisableRefresh != nil {
				o.Set("disableRefresh", *got.DisableRefresh)
			}
			return o
		}},
		"query": {query: true, schema: mustCompile[queryOnly](t), fresh: func() any { return new(queryOnly) }, fields: func(v any) *wire.Object {
			got := v.(*queryOnly)
			o := wire.NewObject()
			o.Set("q", got.Q)
			if got.List != nil {
				o.Set("list", got.List)
			}
			if got.N != nil {
				o.Set("n", *got.N)
			}
			if got.By != nil {
				o.Set("by", *got.By)
			}
			if got.Limit != nil {
				o.Set("limit", got.Limit)
			}
			return o
		}},
	}
}

// recording is what testdata/record.mjs saw upstream do.
type recording struct {
	Good  map[string]string `json:"good"`
	Cases []recordedCase    `json:"cases"`
	// Addresses, and whether upstream takes them for one.
	Emails [][2]any `json:"emails"`
}

type recordedCase struct {
	Schema  string  `json:"schema"`
	Field   *string `json:"field"` // the good request with this field changed; nil: all of the request is Input
	Absent  bool    `json:"absent"`
	Input   string  `json:"input"`
	Message string  `json:"message"` // empty when upstream accepts
	Value   string  `json:"value"`   // what upstream hands to the handler: the field, or all; empty when undefined
}

func loadRecording(t *testing.T) recording {
	t.Helper()
	data, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) < 1000 || len(r.Emails) < 100 {
		t.Fatal("the recording is incomplete")
	}
	return r
}

func decode(t *testing.T, text string) any {
	t.Helper()
	v, err := wire.Decode([]byte(text), wire.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// request builds what upstream was given.
func (c recordedCase) request(t *testing.T, r recording, query bool) input.Source {
	t.Helper()
	var whole any
	switch {
	case c.Field != nil:
		o := decode(t, r.Good[c.Schema]).(*wire.Object)
		if c.Absent {
			o.Delete(*c.Field)
		} else {
			o.Set(*c.Field, decode(t, c.Input))
		}
		whole = o
	case !c.Absent:
		whole = decode(t, c.Input)
	}
	if !query {
		return input.Source{Body: whole, HasBody: c.Field != nil || !c.Absent}
	}
	values := url.Values{}
	for key, v := range whole.(*wire.Object).All() {
		switch v := v.(type) {
		case string:
			values.Add(key, v)
		case []any:
			for _, item := range v {
				values.Add(key, item.(string))
			}
		}
	}
	return input.Source{Query: values}
}

func TestEveryRequestIsJudgedAsUpstreamJudgesIt(t *testing.T) {
	r, all := loadRecording(t), mirrors(t)
	for _, c := range r.Cases {
		m := all[c.Schema]
		name := c.Schema + " " + c.Input
		if c.Field != nil {
			name = c.Schema + "." + *c.Field + " = " + c.Input
		}
		got := m.fresh()
		err := m.schema.Bind(c.request(t, r, m.query), got)
		message := ""
		if err != nil {
			var invalid *input.Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("%s: %v", name, err)
			}
			message = invalid.Message
		}
		if diff := cmp.Diff(c.Message, message); diff != "" {
			t.Errorf("%s (-upstream +got):\n%s", name, diff)
			continue
		}
		if c.Message == "" && c.Schema != "optional" {
			if diff := cmp.Diff(c.Value, bound(t, m, c.Field, got)); diff != "" {
				t.Errorf("%s is accepted with another value (-upstream +got):\n%s", name, diff)
			}
		}
	}
}

// bound is the JSON text of what got holds.
func bound(t *testing.T, m mirror, field *string, got any) string {
	t.Helper()
	o := m.schema.ToObject(got)
	if m.query {
		o = m.fields(got)
	}
	if in, ok := got.(*signIn); ok && in.RememberMe == nil {
		o.Set("rememberMe", true) // a default of the upstream schema; here the endpoint's business
	}
	var v any = o
	if field != nil {
		var ok bool
		if v, ok = o.Get(*field); !ok {
			return ""
		}
	}
	text, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheEmailRuleIsUpstreams(t *testing.T) {
	type in struct {
		Email string `json:"email" check:"email"`
	}
	s := mustCompile[in](t)
	accepted := 0
	for _, e := range loadRecording(t).Emails {
		o := wire.NewObject()
		o.Set("email", e[0])
		err := s.Bind(input.Source{Body: o, HasBody: true}, new(in))
		if (err == nil) != e[1].(bool) {
			t.Errorf("%q: got %v, upstream says %v", e[0], err, e[1])
		}
		if err == nil {
			accepted++
		}
	}
	if accepted < 20 {
		t.Errorf("only %d addresses were accepted: the table shows nothing", accepted)
	}
}
