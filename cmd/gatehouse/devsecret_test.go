package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestServersThatStartAtOnceAgreeOnTheirSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), devSecret)
	const servers = 32
	secrets := make([]string, servers)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range servers {
		wg.Go(func() {
			<-begin
			s, err := keptSecret(path)
			if err != nil {
				t.Error(err)
			}
			secrets[i] = s
		})
	}
	close(begin)
	wg.Wait()
	for _, s := range secrets {
		if s != secrets[0] || len(s) < minSecret {
			t.Fatalf("secrets differ: %q and %q", s, secrets[0])
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%d files were left, %v", len(left), err)
	}
}

func TestAKeptSecretThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"an empty file": "", "a line break": "\n", "a short text": "hunter2\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), devSecret)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := keptSecret(path)
			if err == nil || !strings.Contains(err.Error(), "remove it") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}
