package cookies_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

func chunked(n, size int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a.%d=%s; ", i, strings.Repeat("x", size))
	}
	return b.String()
}

func TestChunksAreJoinedOrIgnored(t *testing.T) {
	for name, tc := range map[string]struct{ header, want string }{
		"the plain name":                  {"a=x", "x"},
		"two chunks":                      {"a.0=x; a.1=y", "xy"},
		"chunks in another order":         {"a.2=z; a.0=x; a.1=y", "xyz"},
		"one chunk":                       {"a.0=x", "x"},
		"eleven chunks in numeric order":  {"a.10=k; a.9=j; a.0=a; a.1=b; a.2=c; a.3=d; a.4=e; a.5=f; a.6=g; a.7=h; a.8=i", "abcdefghijk"},
		"the plain name beside chunks":    {"a.0=x; a=z; a.1=y", "z"},
		"a gap":                           {"a.0=x; a.2=z", ""},
		"no first chunk":                  {"a.1=y; a.2=z", ""},
		"a repeated chunk":                {"a.0=x; a.0=evil; a.1=y", "xy"},
		"an empty chunk":                  {"a.0=x; a.1=; a.2=z", ""},
		"a number with a zero in front":   {"a.0=x; a.01=y", "x"},
		"a number with a sign":            {"a.0=x; a.+1=y; a.-1=z", "x"},
		"a number with a letter":          {"a.0=x; a.1x=y", "x"},
		"a number beyond all numbers":     {"a.0=x; a.99999999999999999999=y", "x"},
		"a huge number":                   {"a.0=x; a.1000000000=y", ""},
		"a number in another place":       {"a.0=x; a.b.1=y; a.1.0=z", "x"},
		"a name that begins like it":      {"a.0=x; ab.1=y; a_multi-1=z", "x"},
		"another case":                    {"A.0=x", ""},
		"a hundred chunks":                {chunked(100, 10), strings.Repeat("x", 1000)},
		"as much as may be":               {chunked(16, 4096), strings.Repeat("x", 65536)},
		"a byte more than may be":         {chunked(16, 4096) + "a.16=x", ""},
		"a plain value of more":           {"a=" + strings.Repeat("x", 65537), ""},
		"chunks with a plain value of ''": {"a=; a.0=x", "x"},
		"no chunks":                       {"b.0=x", ""},
	} {
		got, ok := cookies.Parse(tc.header).Chunked("a")
		if ok != (tc.want != "") || ok && got != tc.want {
			t.Errorf("%s: %.40q (%d), %v; want %.40q (%d)", name, got, len(got), ok, tc.want, len(tc.want))
		}
	}
}

// deletions and values of the jar, by name; values by their length.
func summary(jar *cookies.Jar) map[string]string {
	out := map[string]string{}
	for c := range jar.All() {
		if c.MaxAge < 0 {
			out[c.Name] = "deleted"
		} else {
			out[c.Name] = fmt.Sprint(len(c.Value))
		}
	}
	return out
}

func TestAValueIsSplitAndItsPredecessorDeleted(t *testing.T) {
	for name, tc := range map[string]struct {
		header string
		length int
		want   map[string]string
	}{
		"a value at the limit":          {"", 4093, map[string]string{"a": "4093"}},
		"a value beyond the limit":      {"", 4094, map[string]string{"a.0": "3896", "a.1": "198"}},
		"two full chunks":               {"", 7792, map[string]string{"a.0": "3896", "a.1": "3896"}},
		"an empty value":                {"", 0, map[string]string{"a": "0"}},
		"plain to plain":                {"a=old", 1, map[string]string{"a": "1"}},
		"chunks to plain":               {"a.0=old; a.1=old", 1, map[string]string{"a": "1", "a.0": "deleted", "a.1": "deleted"}},
		"plain to chunks":               {"a=old", 4094, map[string]string{"a": "deleted", "a.0": "3896", "a.1": "198"}},
		"more chunks to fewer":          {"a.0=o; a.1=o; a.2=o; a.7=o", 4094, map[string]string{"a.0": "3896", "a.1": "198", "a.2": "deleted", "a.7": "deleted"}},
		"names that only begin like it": {"ab=o; a.b=o; a.0.1=o; a_multi-x=o; a.01=o", 1, map[string]string{"a": "1"}},
		"an old chunk that is empty":    {"a.3=", 1, map[string]string{"a": "1", "a.3": "deleted"}},
		"as much as may be":             {"", 3896 * 2, map[string]string{"a.0": "3896", "a.1": "3896"}},
	} {
		var jar cookies.Jar
		value := strings.Repeat("x", tc.length)
		if err := jar.SetChunked(cookies.Parse(tc.header), cookies.Cookie{Name: "a"}, value, cookies.SessionDataLimit); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.want, summary(&jar)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if tc.length > 0 {
			var sent []string
			for c := range jar.All() {
				if c.MaxAge >= 0 {
					sent = append(sent, c.Name+"="+c.Value)
				}
			}
			if got, _ := cookies.Parse(strings.Join(sent, "; ")).Chunked("a"); got != value {
				t.Errorf("%s: %d bytes come back", name, len(got))
			}
		}
	}
}

func TestAValueThatIsTooLargeLeavesDeletionsOnly(t *testing.T) {
	var jar cookies.Jar
	err := jar.SetChunked(cookies.Parse("a=old; a.4=old"), cookies.Cookie{Name: "a"}, strings.Repeat("x", 65537), cookies.SessionDataLimit)
	if !errors.Is(err, cookies.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
	if diff := cmp.Diff(map[string]string{"a": "deleted", "a.4": "deleted"}, summary(&jar)); diff != "" {
		t.Error(diff)
	}
}

func TestASecondValueInOneResponseLeavesNothingOfTheFirst(t *testing.T) {
	received := cookies.Parse("a.1=old")
	var jar cookies.Jar
	for _, n := range []int{12000, 5} {
		if err := jar.SetChunked(received, cookies.Cookie{Name: "a"}, strings.Repeat("x", n), cookies.SessionDataLimit); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]string{"a": "5", "a.1": "deleted"}, summary(&jar)); diff != "" {
		t.Error(diff)
	}
	if err := jar.ExpireChunked(received, cookies.Cookie{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a.1": "deleted"}, summary(&jar)); diff != "" {
		t.Error(diff)
	}
}
