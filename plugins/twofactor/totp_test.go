package twofactor

import (
	"testing"
	"time"
)

// RFC 6238, appendix B, and RFC 4226, appendix D: both with this key.
const rfcKey = "12345678901234567890"

func TestCodesAreThoseOfTheRFC(t *testing.T) {
	app := totp{key: []byte(rfcKey), digits: 8, period: 30 * time.Second}
	for seconds, code := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471",
		1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := app.code(app.step(time.Unix(seconds, 0))); got != code {
			t.Errorf("at %d the code is %s, want %s", seconds, got, code)
		}
	}
	app.digits = 6
	for counter, code := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := app.code(int64(counter)); got != code {
			t.Errorf("code %d is %s, want %s", counter, got, code)
		}
	}
}

func TestACodeIsGoodOneStepEarlyAndOneLate(t *testing.T) {
	app := totp{key: []byte(rfcKey), digits: 6, period: 30 * time.Second}
	now := time.Unix(1234567890, 0)
	for steps, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		begin, ok := app.match(app.code(app.step(now)+steps), now)
		if ok != want {
			t.Errorf("a code %d steps from now is accepted: %t", steps, ok)
		}
		if ok && !begin.Equal(time.Unix(1234567890+30*steps, 0)) {
			t.Errorf("the step of %d begins at %v", steps, begin)
		}
	}
	for _, code := range []string{"", "00000", "89005924", "+05924", " 005924", "005924 "} {
		if _, ok := app.match(code, now); ok {
			t.Errorf("%q is accepted", code)
		}
	}
}

func TestSecretsOfOtherSystemsAreBase32(t *testing.T) {
	for stored, want := range map[string]string{
		"12345678901234567890":                    rfcKey,
		"base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ": rfcKey,
		"base32:gezdgnbvgy3tqojqgezdgnbvgy3tqojq": rfcKey,
		"base32:MFRGG===":                         "abc",
	} {
		key, err := keyOf(stored)
		if err != nil || string(key) != want {
			t.Errorf("the key of %q is %q: %v", stored, key, err)
		}
	}
	for _, stored := range []string{"base32:", "base32:0189", "base32:!"} {
		if key, err := keyOf(stored); err == nil {
			t.Errorf("the key of %q is %q", stored, key)
		}
	}
}
