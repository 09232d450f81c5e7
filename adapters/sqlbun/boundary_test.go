package sqlbun_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestThePackageKnowsNoDriverAndNoDialect(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, foreign := range []string{"modernc.org/", "github.com/jackc/", "github.com/go-sql-driver/", "github.com/uptrace/bun/dialect/sqlitedialect", "github.com/uptrace/bun/dialect/pgdialect", "github.com/uptrace/bun/dialect/mysqldialect"} {
			if strings.HasPrefix(dep, foreign) {
				t.Errorf("the package depends on %s", dep)
			}
		}
	}
}
