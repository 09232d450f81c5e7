package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/secret"
)

const (
	current = "kZ7nq0pTqW3yVb8sLx2mGd5hRf9cJt4u"
	earlier = "first-secret-Rf3gH7jK9lQ2wE5tY8uI"
	legacy  = "legacy-secret-aS4dF6gH8jK0lZ2xC4vB"
)

func plain(t testing.TB) *secret.Keys {
	t.Helper()
	return keys(t, current, nil, "")
}

// rotated has current as version 2, earlier as version 1, and legacy.
func rotated(t testing.TB) *secret.Keys {
	t.Helper()
	return keys(t, "", []secret.Version{{Version: 2, Value: current}, {Version: 1, Value: earlier}}, legacy)
}

func keys(t testing.TB, plain string, rotation []secret.Version, legacy string) *secret.Keys {
	t.Helper()
	k, err := secret.NewKeys(plain, rotation, legacy)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestUnusableSecretsAreRefusedByTheirVersion(t *testing.T) {
	for name, tc := range map[string]struct {
		plain    string
		rotation []secret.Version
		want     error
		mentions string
	}{
		"no secret":          {"", nil, secret.ErrMissing, ""},
		"an empty rotation":  {current, []secret.Version{}, secret.ErrVersions, "at least one"},
		"a repeated version": {"", []secret.Version{{3, current}, {1, "x"}, {3, earlier}}, secret.ErrVersions, "version 3 appears twice"},
		"a negative version": {"", []secret.Version{{-1, current}}, secret.ErrVersions, "version -1 is negative"},
		"an empty version":   {"", []secret.Version{{4, current}, {5, ""}}, secret.ErrVersions, "version 5 is empty"},
	} {
		_, err := secret.NewKeys(tc.plain, tc.rotation, "")
		if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.mentions) {
			t.Errorf("%s: %v, want %v with %q", name, err, tc.want, tc.mentions)
		}
		if err != nil && (strings.Contains(err.Error(), current) || strings.Contains(err.Error(), earlier)) {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}

func TestTheFirstVersionIsCurrent(t *testing.T) {
	if got := rotated(t).Current(); got != current {
		t.Errorf("Current() = %q", got)
	}
	if got := plain(t).Current(); got != current {
		t.Errorf("Current() = %q", got)
	}
}

func TestChangingTheCallersVersionsChangesNothing(t *testing.T) {
	versions := []secret.Version{{Version: 1, Value: current}}
	k := keys(t, "", versions, "")
	text, err := k.Encrypt("x")
	if err != nil {
		t.Fatal(err)
	}
	versions[0] = secret.Version{Version: 9, Value: earlier}
	if got, err := k.Decrypt(text); got != "x" || err != nil {
		t.Errorf("Decrypt = %q, %v", got, err)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	k := rotated(t)
	v := secret.Version{Version: 2, Value: current}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		_, _ = fmt.Fprintf(&out, verb+verb+verb+verb+"\n", k, *k, v, []secret.Version{v})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "keys", k, "version", v, "versions", []secret.Version{v}, "struct", struct{ K *secret.Keys }{k})
	}
	if err := json.NewEncoder(&out).Encode([]any{k, v, &v}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{current, earlier, legacy, fmt.Sprintf("%x", current)} {
		if strings.Contains(out.String(), s) {
			t.Errorf("a secret is printed: %.200s…", out.String())
		}
	}
}

func TestParseEnvReadsVersionsInOrder(t *testing.T) {
	for text, want := range map[string][]secret.Version{
		"":                      nil,
		"2:abc,1:def":           {{2, "abc"}, {1, "def"}},
		" 2: abc , 0:d:e:f ":    {{2, "abc"}, {0, "d:e:f"}},
		"10:only":               {{10, "only"}},
		"1:with spaces inside ": {{1, "with spaces inside"}},
	} {
		got, err := secret.ParseEnv(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d versions, want %d", text, len(got), len(want))
		}
		for i := range want { // not cmp: versions print without their value
			if got[i] != want[i] {
				t.Errorf("%q: version %d is not as written", text, i)
			}
		}
	}
}

func TestParseEnvNamesTheEntryAndNotItsText(t *testing.T) {
	for text, mentions := range map[string]string{
		"hunter2":                      "entry 1",
		"1:abc,hunter2":                "entry 2",
		"hunter2:abc":                  "entry 1",
		"-1:hunter2":                   "entry 1",
		"1.5:hunter2":                  "entry 1",
		"2x:hunter2":                   "entry 1",
		"+2:hunter2":                   "entry 1",
		"02:hunter2":                   "entry 1",
		":hunter2":                     "entry 1",
		"99999999999999999999:hunter2": "entry 1",
		"1:hunter2,":                   "entry 2",
		"1:hunter2, 3: ":               "version 3 is empty",
		"1:hunter2,1:other":            "version 1 appears twice",
	} {
		_, err := secret.ParseEnv(text)
		if !errors.Is(err, secret.ErrVersions) || !strings.Contains(err.Error(), mentions) {
			t.Errorf("%q: %v, want ErrVersions with %q", text, err, mentions)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error tells the secret: %v", text, err)
		}
	}
}

func TestStrengthNamesEachProblem(t *testing.T) {
	all := []error{secret.ErrMissing, secret.ErrDefault, secret.ErrShort, secret.ErrPredictable}
	for text, want := range map[string][]error{
		"":                                 {secret.ErrMissing},
		secret.Default:                     {secret.ErrDefault},
		current:                            nil,
		strings.Repeat("a", 100):           {secret.ErrPredictable},
		strings.Repeat("ab", 60):           nil, // 120 characters of one bit each
		strings.Repeat("ab", 59):           {secret.ErrPredictable},
		"abcdefghijklmnopqrstuvwxyz01234":  {secret.ErrShort},
		"abcdefghijklmnopqrstuvwxyz012345": nil,
		"secret":                           {secret.ErrShort, secret.ErrPredictable},
		strings.Repeat("🔑🔒", 16):           {secret.ErrPredictable}, // 64 UTF-16 units, two characters
	} {
		err := secret.Strength(text)
		var got []error
		for _, problem := range all {
			if errors.Is(err, problem) {
				got = append(got, problem)
			}
		}
		if !cmp.Equal(got, want, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })) {
			t.Errorf("%.40q: %v, want %v", text, got, want)
		}
		if k, keyErr := secret.NewKeys(text, nil, ""); keyErr == nil && (k.Strength() == nil) != (err == nil) {
			t.Errorf("%.40q: the keys say %v", text, k.Strength())
		}
	}
}

func FuzzParseEnvNeverTellsASecret(f *testing.F) {
	for _, seed := range []string{"2:abc,1:def", "x", "1:", ",", "1:a,1:b", "2x:abc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const canary = "c4n4ry"
		versions, err := secret.ParseEnv(strings.ReplaceAll(text, "a", canary))
		if err != nil {
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error tells: %v", err)
			}
			return
		}
		if versions != nil {
			keys(t, "", versions, "")
		}
	})
}
