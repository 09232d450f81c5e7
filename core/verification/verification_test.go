package verification_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/verification"
)

func TestARecordIsRedeemedOnce(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		rec := f.create(reset, "token", "user")
		if rec.Identifier != "reset-password:token" || !rec.CreatedAt.Equal(start) || !rec.UpdatedAt.Equal(start) || !rec.ExpiresAt.Equal(start.Add(time.Hour)) {
			t.Errorf("created: %+v", rec)
		}
		f.found(reset, "token", "user")
		f.found(reset, "token", "user")
		f.redeemed(reset, "token", "user")
		f.redeemed(reset, "token", "")
		f.found(reset, "token", "")
		f.left(0, 0)
	})
}

func TestWhatIsRedeemedIsWhatWasCreated(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		want := f.create(reset, "token", "user")
		found, _, err := f.Find(t.Context(), reset, "token")
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := f.Redeem(t.Context(), reset, "token")
		if err != nil {
			t.Fatal(err)
		}
		for name, rec := range map[string]verification.Verification{"found": found, "redeemed": got} {
			if rec.ID != want.ID || rec.Identifier != want.Identifier || rec.Value != want.Value || !rec.ExpiresAt.Equal(want.ExpiresAt) || !rec.CreatedAt.Equal(want.CreatedAt) {
				t.Errorf("%s: %+v, want %+v", name, rec, want)
			}
		}
	})
}

func isObject(value string) bool { return strings.HasPrefix(value, "{") }

// Nothing that one purpose has issued is of use to another, however the key is
// chosen by whoever presents it.
func TestPurposesDoNotMix(t *testing.T) {
	purpose := func(prefix string) verification.Purpose { return verification.Purpose{Prefix: prefix} }
	shaped := func(prefix string, shape func(string) bool) verification.Purpose {
		return verification.Purpose{Prefix: prefix, Shape: shape}
	}
	const object = `{"email":"ann@example.com"}`
	for _, c := range []struct {
		name             string
		issued           verification.Purpose
		key, value       string
		other            verification.Purpose
		presented, again string // keys for the other purpose, and for the right one
	}{
		{"the same key", purpose("reset-password:"), "token", "user", purpose("delete-account-"), "token", "token"},
		{"the whole identifier as a key", purpose("reset-password:"), "token", "user", purpose("delete-account-"), "reset-password:token", "token"},
		{"a key that holds the other's prefix", purpose("reset-password:"), "delete-account-token", "user", purpose("delete-account-"), "token", "delete-account-token"},
		{"a prefix that begins the other's", shaped("reset", isObject), "token", object, shaped("reset-password:", verification.IsID), "token", "token"},
		{"a key that completes the other's prefix", shaped("reset-password:", verification.IsID), "token", "user", shaped("reset", isObject), "-password:token", "token"},
		{"a key that is cut from the other's prefix", shaped("reset", isObject), "-password:token", object, shaped("reset-password:", verification.IsID), "token", "-password:token"},
		{"no prefix, and the whole identifier as a key", shaped("reset-password:", verification.IsID), "token", "user", shaped("", isObject), "reset-password:token", "token"},
		{"no prefix, and a key with the other's", shaped("", isObject), "reset-password:token", object, shaped("reset-password:", verification.IsID), "token", "reset-password:token"},
		{"no prefix on either side", shaped("", isObject), "token", object, shaped("", verification.IsID), "token", "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			everywhere(t, setting{}, func(t *testing.T, f *fixture) {
				f.create(c.issued, c.key, c.value)
				f.found(c.other, c.presented, "")
				f.redeemed(c.other, c.presented, "")
				f.redeemedOf(c.other, c.presented, c.value, "")
				f.found(c.issued, c.again, c.value)
				f.redeemed(c.issued, c.again, c.value)
			})
		})
	}
}

func TestIsID(t *testing.T) {
	for value, want := range map[string]bool{
		"Mb9Que06XZ322VjjJfJO6vrRpY3bW73Y": true, "018f0000-0000-7000-8000-000000000001": true, "42": true, "user_1": true, "usr:1": true, "acct:42:7": true,
		"": false, `{"email":"a@b.co"}`: false, "a b": false, "a\n": false, `"a"`: false, "[1]": false, "123456:0": false,
	} {
		if got := verification.IsID(value); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

func TestKeysAreTakenLiterally(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		f.create(reset, "token", "user")
		for _, key := range []string{"", "Token", "TOKEN", "token ", " token", "toke", "tokens", "%", "_____", "*", "' or 1=1 --"} {
			f.found(reset, key, "")
			f.redeemed(reset, key, "")
		}
		f.redeemed(reset, "token", "user")
	})
}

func TestRedeemOfWantsTheValue(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		f.create(reset, "token", "user")
		for _, value := range []string{"", "User", "user ", "another"} {
			f.redeemedOf(reset, "token", value, "")
		}
		f.found(reset, "token", "user")
		f.redeemedOf(reset, "token", "user", "user")
		f.redeemedOf(reset, "token", "user", "")
	})
}

func TestARecordEnds(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		f.create(reset, "token", "user")
		f.now.Advance(time.Hour - time.Second)
		f.found(reset, "token", "user")
		f.now.Advance(time.Second)
		f.found(reset, "token", "")
		f.redeemedOf(reset, "token", "user", "")
		f.redeemed(reset, "token", "")
	})
}

// Upstream leaves the rows of earlier requests for the same thing.
func TestOfSeveralRecordsTheNewestCounts(t *testing.T) {
	with := func(t *testing.T, newestEnds time.Duration) *fixture {
		t.Helper()
		f := open(t, inDatabase, setting{config: func(c *verification.Config) { c.Background = nil }})
		f.insert("reset-password:token", "oldest", start.Add(-3*time.Minute), start.Add(time.Hour))
		f.insert("reset-password:token", "newest", start.Add(-time.Minute), start.Add(newestEnds))
		f.insert("reset-password:token", "older", start.Add(-2*time.Minute), start.Add(time.Hour))
		f.insert("reset-password:other", "other", start, start.Add(time.Hour))
		return f
	}
	t.Run("and all of them go with it", func(t *testing.T) {
		f := with(t, time.Hour)
		f.found(reset, "token", "newest")
		f.redeemed(reset, "token", "newest")
		f.redeemed(reset, "token", "")
		f.left(1, 0)
	})
	t.Run("also where a value is wanted", func(t *testing.T) {
		f := with(t, time.Hour)
		f.redeemedOf(reset, "token", "oldest", "")
		f.redeemedOf(reset, "token", "older", "")
		f.left(4, 0)
		f.redeemedOf(reset, "token", "newest", "newest")
		f.left(1, 0)
	})
	t.Run("also when it has expired", func(t *testing.T) {
		f := with(t, -time.Second)
		f.redeemedOf(reset, "token", "older", "")
		f.found(reset, "token", "")
		f.redeemed(reset, "token", "")
	})
	t.Run("and an earlier one is superseded by a new one", func(t *testing.T) {
		everywhere(t, setting{}, func(t *testing.T, f *fixture) {
			f.create(reset, "token", "first")
			f.now.Advance(time.Second)
			f.create(reset, "token", "second")
			f.found(reset, "token", "second")
			f.redeemedOf(reset, "token", "first", "")
			f.redeemed(reset, "token", "second")
			f.redeemed(reset, "token", "")
			f.left(0, 0)
		})
	})
}

func TestARecordThatIsOverAtOnceSupersedesTheOneBefore(t *testing.T) {
	uncleaned := setting{config: func(c *verification.Config) { c.Background = nil }}
	everywhere(t, uncleaned, func(t *testing.T, f *fixture) {
		f.create(reset, "token", "first")
		f.now.Advance(time.Millisecond)
		if _, err := f.Create(t.Context(), reset, "token", "second", f.now.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		f.found(reset, "token", "")
		f.redeemed(reset, "token", "")
	})
}

func TestADecoyLeavesNothing(t *testing.T) {
	f := open(t, inDatabase, setting{})
	f.create(reset, "token", "user")
	if err := f.Decoy(t.Context(), "nobody looks for this", start); err != nil {
		t.Fatal(err)
	}
	f.left(1, 0)
	f.redeemed(reset, "token", "user")
}
