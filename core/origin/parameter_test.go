package origin_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/origin"
)

const api = "http://localhost:3000/api/auth"

func TestAParameterIsSetAsABrowserDoes(t *testing.T) {
	data, err := os.ReadFile("testdata/parameters.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded [][2]string
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, row := range recorded {
		t.Run(row[0], func(t *testing.T) {
			got, err := origin.WithParameter(row[0], api, "token", "T 0/'é")
			if err != nil || got != row[1] {
				t.Errorf("got  %s, %v\nwant %s", got, err, row[1])
			}
			if _, err := origin.SafeLocation(got); err != nil {
				t.Errorf("%s cannot be sent: %v", got, err)
			}
		})
	}
}

func TestTargetsThatTakeNoParameter(t *testing.T) {
	for _, target := range []string{
		"", "//evil.com", `/\evil.com`, `/a\b`, "/a\r\nX: y", "/é", "dashboard", "?x", "#x", "https:evil.com", "https:/evil.com", `https:\\evil.com`, "https://u:p@evil.com",
		"https://evil.com%2f.example.com", "javascript:alert(1)", "javascript://localhost:3000/%0aalert(1)", "data:text/html,x", "vbscript:x", "blob:http://localhost:3000/x",
		"myapp:cb", "myapp:/cb", "null", " https://a.com", "http://a.com\x00",
	} {
		if got, err := origin.WithParameter(target, api, "token", "T"); !errors.Is(err, origin.ErrLocation) {
			t.Errorf("%q became %q, %v", target, got, err)
		}
	}
	// Alone, such a path would name another host.
	for _, base := range []string{"", "/api/auth", "myapp://x"} {
		if got, err := origin.WithParameter("/.//evil.com", base, "token", "T"); !errors.Is(err, origin.ErrLocation) {
			t.Errorf("on %q it became %q, %v", base, got, err)
		}
	}
}

// FuzzWithParameter: the origin of what comes out is that of what went in.
func FuzzWithParameter(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, target string) {
		got, err := origin.WithParameter(target, api, "token", "T")
		if err != nil {
			return
		}
		if _, err := origin.SafeLocation(got); err != nil {
			t.Fatalf("%q became %q, which cannot be sent", target, got)
		}
		out, err := origin.Parse(got)
		if err != nil {
			t.Fatalf("%q became %q: %v", target, got, err)
		}
		want := "http://localhost:3000"
		if in, err := origin.Parse(target); err == nil {
			want = in.Origin()
		}
		if out.Origin() != want || out.HasUserinfo() {
			t.Fatalf("%q became %q, whose origin is %q", target, got, out.Origin())
		}
		again, err := origin.WithParameter(got, api, "token", "T")
		if err != nil || again != got {
			t.Fatalf("%q became %q, and that %q, %v", target, got, again, err)
		}
	})
}
