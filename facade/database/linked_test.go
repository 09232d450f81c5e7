package database_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestEachTagLinksItsDriverAndNoOther asks what a program with the package
// would have inside.
func TestEachTagLinksItsDriverAndNoOther(t *testing.T) {
	t.Parallel()
	drivers := map[string]string{
		"gatehouse_postgres": "github.com/jackc/pgx/v5", "gatehouse_mysql": "github.com/go-sql-driver/mysql", "gatehouse_redis": "github.com/redis/rueidis",
	}
	for _, tag := range []string{"", "gatehouse_postgres", "gatehouse_mysql", "gatehouse_redis", "gatehouse_full"} {
		t.Run("tag "+tag, func(t *testing.T) {
			t.Parallel()
			// Both packages: package gatehouse has none, whatever the tags.
			for pkg, linked := range map[string]bool{".": true, "..": false} {
				out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags="+tag, pkg).Output()
				if err != nil {
					t.Fatal(err)
				}
				deps := strings.Fields(string(out))
				for needs, driver := range drivers {
					want := linked && (tag == needs || tag == "gatehouse_full")
					if got := slices.Contains(deps, driver); got != want {
						t.Errorf("%s with %q has %s: %t, want %t", pkg, tag, driver, got, want)
					}
				}
			}
		})
	}
}
