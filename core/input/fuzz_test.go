package input_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func FuzzBindSignUp(f *testing.F) {
	for _, seed := range []string{
		`{"name":"A","email":"a@b.co","password":"p","image":"i","callbackURL":"/","rememberMe":true,"x":{"y":[1]}}`,
		`{"name":{"length":1},"email":[],"password":{"length":"0"},"rememberMe":null}`, `[]`, `null`, `{"__proto__":{"name":"x"}}`,
	} {
		f.Add([]byte(seed))
	}
	s := mustCompile[signUp](f)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := wire.Decode(data, wire.Limits{})
		if err != nil {
			return
		}
		var in signUp
		if err := s.Bind(input.Source{Body: v, HasBody: true}, &in); err != nil {
			var invalid *input.Invalid
			if !errors.As(err, &invalid) || invalid.Message == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		o := v.(*wire.Object)
		for key, want := range map[string]string{"name": in.Name, "email": in.Email, "password": in.Password} {
			if got, _ := o.Get(key); got != want {
				t.Fatalf("%s is %v in the body and %q in the input", key, got, want)
			}
		}
		if in.Password == "" || !emailPattern.MatchString(in.Email) {
			t.Fatalf("accepted %+v", in)
		}
		for _, key := range []string{"image", "callbackURL"} {
			if got, ok := o.Get(key); ok {
				if _, isString := got.(string); !isString {
					t.Fatalf("accepted %s = %v", key, got)
				}
			}
		}
		var again signUp
		if err := s.Bind(input.Source{Body: s.ToObject(in), HasBody: true}, &again); err != nil {
			t.Fatalf("its own object is refused: %v", err)
		}
	})
}

// emailPattern is zod's, which Go's regexp reads as it stands.
var emailPattern = regexp.MustCompile(`^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$`)

func FuzzEmail(f *testing.F) {
	for _, seed := range []string{"a@b.co", "a'.b'@c-.d.io", "a..b@c.co", "@", "a@b@c.co", "a@b.co\n", "é@b.co", "'@b.co", "a@-b.co"} {
		f.Add(seed)
	}
	type in struct {
		Email string `json:"email" check:"email"`
	}
	s := mustCompile[in](f)
	f.Fuzz(func(t *testing.T, address string) {
		o := wire.NewObject()
		o.Set("email", address)
		err := s.Bind(input.Source{Body: o, HasBody: true}, new(in))
		if want := emailPattern.MatchString(address); (err == nil) != want {
			t.Fatalf("%q: got %v, the pattern says %v", address, err, want)
		}
	})
}
