package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestDataSources(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		dsn  func(dir string) string
		file string // that must exist afterwards; empty for an error
	}{
		{"a path", func(dir string) string { return dir + "/a.db" }, "a.db"},
		{"a path with spaces and marks", func(dir string) string { return dir + "/a b#c%41;.db" }, "a b#c%41;.db"},
		{"a path beyond ASCII", func(dir string) string { return dir + "/дб😀.db" }, "дб😀.db"},
		{"a URI", func(dir string) string { return "file:" + dir + "/a.db" }, "a.db"},
		{"a URI with slashes", func(dir string) string { return "file://" + dir + "/a.db" }, "a.db"},
		{"a URI with an escaped question mark", func(dir string) string { return "file:" + dir + "/a%3Fb.db" }, "a?b.db"},
		{"a URI that may create", func(dir string) string { return "file:" + dir + "/a.db?mode=rwc" }, "a.db"},
		{"a URI that must find the file", func(dir string) string { return "file:" + dir + "/a.db?mode=rw" }, ""},
		{"nothing", func(string) string { return "" }, ""},
		{"a directory", func(dir string) string { return dir }, ""},
		{"a directory with a slash", func(dir string) string { return dir + "/" }, ""},
		{"a directory that does not exist", func(dir string) string { return dir + "/no/a.db" }, ""},
		{"a path with parameters", func(dir string) string { return dir + "/a.db?_pragma=foreign_keys(0)" }, ""},
		{"a URI with the driver's parameters", func(dir string) string { return "file:" + dir + "/a.db?_pragma=foreign_keys(0)" }, ""},
		{"a URI with a shared cache", func(dir string) string { return "file:" + dir + "/a.db?cache=shared" }, ""},
		{"a URI of an unknown mode", func(dir string) string { return "file:" + dir + "/a.db?mode=ro" }, ""},
		{"a URI of another host", func(dir string) string { return "file://example.com" + dir + "/a.db" }, ""},
		{"a URI of no file", func(string) string { return "file:" }, ""},
		{"NUL", func(dir string) string { return dir + "/a\x00.db" }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			a, err := sqlite.Open(t.Context(), c.dsn(dir), sqlite.Options{})
			if c.file == "" {
				if err == nil {
					_ = a.Close(t.Context())
					t.Fatal("it opened")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Apply(t.Context(), []*db.Table{token(t)}, nil); err != nil {
				t.Error(err)
			}
			if err := a.Close(t.Context()); err != nil {
				t.Error(err)
			}
			info, err := os.Stat(filepath.Join(dir, c.file))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("the file's permissions are %o", info.Mode().Perm())
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 1 {
				t.Errorf("%d files are left, want the database alone (%v)", len(left), err)
			}
		})
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "SQLITE_NOTADB") {
		t.Errorf("the error is %v", err)
	}
}
