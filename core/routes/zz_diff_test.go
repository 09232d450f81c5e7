package routes_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

type zzHasher struct{ ev *[]string }

func (h zzHasher) Hash(_ context.Context, p string) (string, error) {
	*h.ev = append(*h.ev, "hash")
	return "H:" + p, nil
}
func (h zzHasher) Verify(_ context.Context, hash, p string) (bool, error) {
	*h.ev = append(*h.ev, "verify")
	return hash == "H:"+p, nil
}

type zzStep struct {
	P, M, C string
	B       json.RawMessage
	H       map[string]*string
	Advance float64
	SQL     string
	Cookie  *string
}

func TestZZ(t *testing.T) {
	file := os.Getenv("ZZ")
	if file == "" {
		t.Skip()
	}
	raw, _ := os.ReadFile(file + ".steps")
	var scs []struct {
		Name  string
		Rows  bool
		Steps []zzStep
	}
	if err := json.Unmarshal(raw, &scs); err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`[A-Za-z0-9]+`)
	sig := regexp.MustCompile(`\.[A-Za-z0-9+/]{43}=$`)
	var out []any
	for _, sc := range scs {
		var ev []string
		ids := map[string]string{}
		norm := func(s string) string {
			return word.ReplaceAllStringFunc(s, func(m string) string {
				if len(m) != 32 {
					return m
				}
				if ids[m] == "" {
					ids[m] = fmt.Sprintf("<%d>", len(ids)+1)
				}
				return ids[m]
			})
		}
		s, err := authtest.Try(t, func(o *core.Options) {
			o.Hasher = zzHasher{&ev}
			o.EmailVerification = core.EmailVerification{}
			zzConfig(sc.Name, o, &ev)
		})
		if err != nil {
			out = append(out, map[string]any{"name": sc.Name, "res": []any{map[string]any{"err": err.Error()}}})
			continue
		}
		clients := map[string]*authtest.Client{}
		res := []any{}
		for _, st := range sc.Steps {
			if st.Advance != 0 {
				s.Clock.Advance(time.Duration(st.Advance * float64(time.Second)))
			}
			if st.P == "" {
				continue
			}
			id := st.C
			if id == "" {
				id = "a"
			}
			c := clients[id]
			if c == nil {
				c = s.Client()
				clients[id] = c
			}
			method := st.M
			var body any
			bodyText := ""
			if st.B != nil {
				var str string
				if json.Unmarshal(st.B, &str) == nil {
					body, bodyText = str, str
				} else {
					body, bodyText = string(st.B), string(st.B)
				}
				if method == "" {
					method = "POST"
				}
			}
			if method == "" {
				method = "GET"
			}
			r := c.Request(method, st.P, body)
			for k, v := range st.H {
				if v == nil {
					r.Header.Del(k)
				} else {
					r.Header.Set(k, *v)
				}
			}
			ev = ev[:0]
			a := c.Send(r)
			s.Settle()
			ck := []string{}
			for _, l := range a.Header["Set-Cookie"] {
				name, rest, _ := strings.Cut(l, "=")
				v, attrs, _ := strings.Cut(rest, ";")
				v, _ = url.PathUnescape(v)
				if strings.Contains(name, "session_data") && v != "" {
					parts := strings.Split(v, ".")
					switch len(parts) {
					case 5:
						v = fmt.Sprintf("JWE(%d)", len(v))
					case 3:
						b, _ := base64.RawURLEncoding.DecodeString(parts[1])
						v = "JWT" + string(b)
					default:
						b, err := base64.RawURLEncoding.DecodeString(v)
						o, err2 := wire.Decode(b, wire.Limits{})
						if err != nil || err2 != nil {
							v = fmt.Sprintf("PART(%d)", len(v))
						} else {
							o.(*wire.Object).Set("signature", "sig")
							b, _ := wire.Marshal(o)
							v = "C" + string(b)
						}
					}
				} else {
					v = sig.ReplaceAllString(v, ".sig")
				}
				ck = append(ck, name+"="+norm(v)+";"+attrs)
			}
			hd := map[string]string{}
			for k, v := range a.Header {
				if k != "Set-Cookie" {
					hd[strings.ToLower(k)] = norm(strings.Join(v, ", "))
				}
			}
			entry := map[string]any{"step": method + " " + st.P + " " + bodyText, "status": a.Status, "headers": hd, "cookies": ck, "body": norm(a.Body)}
			evs := []string{}
			for _, e := range ev {
				evs = append(evs, norm(e))
			}
			entry["events"] = evs
			if sc.Rows {
				entry["rows"] = zzRows(t, s, norm)
			}
			res = append(res, entry)
		}
		out = append(out, map[string]any{"name": sc.Name, "res": res})
	}
	b, _ := json.MarshalIndent(out, "", " ")
	_ = os.WriteFile(file+".go.json", b, 0o644)
}

func zzRows(t *testing.T, s *authtest.Server, norm func(string) string) map[string][]string {
	rows := map[string][]string{}
	for _, tb := range s.Tables() {
		if tb.Model == "verification" {
			continue
		}
		got, err := s.Store().Adapter().Select(t.Context(), db.Query{Table: tb})
		if err != nil {
			t.Fatal(err)
		}
		rows[tb.Model] = []string{}
		for _, row := range got {
			o := wire.NewObject()
			o.Set("id", row["id"])
			for _, f := range tb.Fields {
				v := row[f.Name]
				if b, ok := v.(bool); ok {
					v = 0
					if b {
						v = 1
					}
				}
				o.Set(f.Name, v)
			}
			b, err := wire.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			rows[tb.Model] = append(rows[tb.Model], norm(string(b)))
		}
	}
	return rows
}

func zzMail(o *core.Options, ev *[]string, claims bool) {
	o.EmailVerification.SendVerificationEmail = func(_ context.Context, m core.VerificationEmail) error {
		e := "mail " + m.User.Email + " " + strings.Replace(m.URL, m.Token, "T", 1)
		if claims {
			b, _ := base64.RawURLEncoding.DecodeString(strings.Split(m.Token, ".")[1])
			e += " " + string(b)
		}
		*ev = append(*ev, e)
		return nil
	}
}

func konst(v any) func() any { return func() any { return v } }

func zzConfig(name string, o *core.Options, ev *[]string) {
	tr, fa := true, false
	add := func(f string) { *ev = append(*ev, f) }
	boom := errors.New("boom")
	switch name {
	case "autoSignIn off":
		o.EmailAndPassword.DisableAutoSignIn = true
	case "requireVerification":
		o.EmailAndPassword.RequireEmailVerification = true
		o.EmailAndPassword.OnExistingUserSignUp = func(_ context.Context, u user.User) error { add("existing " + u.Email); return nil }
		zzMail(o, ev, true)
	case "sendOnSignUp true":
		zzMail(o, ev, false)
		o.EmailVerification.SendOnSignUp = &tr
	case "sendOnSignUp false":
		o.EmailAndPassword.RequireEmailVerification = true
		zzMail(o, ev, false)
		o.EmailVerification.SendOnSignUp = &fa
		o.EmailVerification.SendOnSignIn = true
	case "synthetic", "synthetic default":
		o.EmailAndPassword.RequireEmailVerification = true
		o.User.AdditionalFields = []core.Field{{Name: "plan", Type: db.String, Nullable: true, Default: konst("free")}}
		if name == "synthetic default" {
			o.User.AdditionalFields = append(o.User.AdditionalFields, core.Field{Name: "opt", Type: db.String, Nullable: true})
		}
		o.User.AdditionalFields = append(o.User.AdditionalFields, core.Field{Name: "hid", Type: db.String, Nullable: true, NotReturned: true})
	case "disabled":
		o.EmailAndPassword.Enabled = false
	case "disableSignUp":
		o.EmailAndPassword.DisableSignUp = true
	case "password min 4 max 6":
		o.EmailAndPassword.MinPasswordLength, o.EmailAndPassword.MaxPasswordLength = 4, 6
	case "sign-in malformed hash":
		o.Hasher = nil
	case "user additional fields":
		k := 0
		o.User.AdditionalFields = []core.Field{
			{Name: "req", Type: db.String},
			{Name: "def", Type: db.String, Nullable: true, Default: konst("D")},
			{Name: "deff", Type: db.Number, Nullable: true, Default: func() any { k++; return k }},
			{Name: "noin", Type: db.String, Nullable: true, NotInput: true},
			{Name: "noind", Type: db.String, Nullable: true, NotInput: true, Default: konst("ND")},
			{Name: "noindf", Type: db.String, Nullable: true, NotInput: true, Default: konst("F")},
			{Name: "sec", Type: db.String, Nullable: true, NotReturned: true},
			{Name: "val", Type: db.Number, Nullable: true, Validate: func(v any) (any, error) {
				if n, ok := v.(float64); ok && n > 0 {
					return n + 1, nil
				}
				return nil, errors.New("val must be positive")
			}},
			{Name: "flag", Type: db.Boolean, Nullable: true},
			{Name: "when", Type: db.Date, Nullable: true},
			{Name: "opt", Type: db.String, Nullable: true},
		}
	case "proto named fields":
		o.User.AdditionalFields = []core.Field{{Name: "toString", Type: db.String, Nullable: true}}
	case "hooks":
		o.DatabaseHooks.User = db.Hooks{BeforeCreate: func(_ context.Context, r db.Row) (db.Row, error) {
			add("before user")
			return db.Row{"name": "Hooked", "image": "i"}, nil
		}, AfterCreate: func(_ context.Context, r db.Row) error { add(fmt.Sprint("after user ", r["name"])); return nil }}
		o.DatabaseHooks.Account = db.Hooks{AfterCreate: func(_ context.Context, r db.Row) error { add("after account"); return nil }}
		o.DatabaseHooks.Session = db.Hooks{BeforeCreate: func(_ context.Context, r db.Row) (db.Row, error) { add("before session"); return nil, nil }, AfterCreate: func(_ context.Context, r db.Row) error { add("after session"); return nil }}
	case "hook stops user":
		o.DatabaseHooks.User.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
	case "hook stops account":
		o.DatabaseHooks.Account.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
	case "hook stops session":
		o.DatabaseHooks.Session.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
	case "hook throws user":
		o.DatabaseHooks.User.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, boom }
	case "hook throws account":
		o.DatabaseHooks.Account.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, boom }
	case "after hook throws":
		o.DatabaseHooks.User.AfterCreate = func(context.Context, db.Row) error { return boom }
	default:
		zzConfig2(name, o, ev)
	}
}

var _ = http.MethodGet
