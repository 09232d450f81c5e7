package jwt_test

import (
	"strconv"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
)

// What the `sec` of upstream 1.6.9 makes of time spans.
func TestTimeSpansAreUpstreams(t *testing.T) {
	const refused = "refused"
	a := start(t, jwt.Options{})
	for _, tt := range []struct{ text, want string }{
		{"15m", "900"},
		{"1h", "3600"},
		{"7d", "604800"},
		{"2 weeks", "1209600"},
		{"1.5 hours", "5400"},
		{"30 secs", "30"},
		{"+ 5 minutes", "300"},
		{"-30s", "-30"},
		{"- 2 min", "-120"},
		{"10 minutes ago", "-600"},
		{"3 days from now", "259200"},
		{"1 month", "2592000"},
		{"1mo", "2592000"},
		{"2y", "63115200"},
		{"1 yr", "31557600"},
		{"0.5s", "1"},
		{"0.4s", "0"},
		{"1.5s", "2"},
		{"90S", "90"},
		{"5 Hours", "18000"},
		{"1w", "604800"},
		{"0s", "0"},
		{" 5m", "300"},
		{"1  m", refused},
		{"5 parsecs", refused},
		{"m", refused},
		{"- 5m ago", refused},
		{"1h30m", refused},
		{"1.m", refused},
		{".5h", refused},
		{"5m ", refused},
		{"1e3s", refused},
		{"٣m", refused},
		{"5ſ", refused},
		{"9e99y", refused},
	} {
		out, err := a.SignJWT.Call(t.Context(), jwt.SignInput{Payload: wire.ObjectOf("exp", tt.text)})
		got := refused
		if err == nil {
			exp, _ := claims(t, out.Token)["exp"].(float64)
			got = strconv.FormatFloat(exp-seconds(a.Now()), 'f', -1, 64)
		}
		if got != tt.want {
			t.Errorf("%q is %s seconds, want %s", tt.text, got, tt.want)
		}
	}
}
