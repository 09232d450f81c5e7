package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// childFile tells the test binary to be the server that gets killed.
const childFile = "GATEHOUSE_TEST_KILLED_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		os.Exit(writeForever(path))
	}
	os.Exit(m.Run())
}

// writeForever commits rows and then says so, a line for each.
func writeForever(path string) int {
	ctx := context.Background()
	a, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return 1
	}
	tokens := &db.Table{Model: "token", Fields: []*db.Field{{Name: "value", Type: db.String}}}
	if tokens.Init() != nil {
		return 1
	}
	for i := 0; ; i++ {
		err := a.Tx(ctx, func(ctx context.Context) error {
			for _, id := range []string{fmt.Sprint("a", i), fmt.Sprint("b", i)} {
				if _, err := a.Insert(ctx, tokens, db.Row{db.ID: id, "value": "v"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 1
		}
		fmt.Println(i)
	}
}

func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	tokens := token(t)
	if err := migrated(t, path, sqlite.Options{}, []*db.Table{tokens}).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for lines := bufio.NewScanner(out); acknowledged < 100 && lines.Scan(); {
		acknowledged++
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = child.Wait() // it was killed
	if acknowledged != 100 {
		t.Fatalf("the child acknowledged %d commits", acknowledged)
	}
	a := open(t, path, sqlite.Options{})
	rows, err := a.Select(t.Context(), db.Query{Table: tokens})
	if err != nil {
		t.Fatal(err)
	}
	have := map[any]bool{}
	for _, row := range rows {
		have[row[db.ID]] = true
	}
	for i := range len(rows) {
		first, second := have[fmt.Sprint("a", i)], have[fmt.Sprint("b", i)]
		if i < acknowledged && !first || first != second {
			t.Fatalf("commit %d: first row %t, second row %t, %d acknowledged", i, first, second, acknowledged)
		}
	}
}
