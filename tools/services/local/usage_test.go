package local

import (
	"os"
	"testing"
	"time"
)

// The text is that of proc(5): state, ppid, pgrp, session, tty_nr, tpgid, flags,
// minflt, cminflt, majflt, cmajflt, utime, stime.
func TestTheTimesOfAProcessAreReadWhateverItIsCalled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want stat
		ok   bool
	}{
		"a plain name":       {"7 (gatehouse) S 3 5 5 0 -1 4194304 9 0 0 0 150 50 0 0", stat{3, 5, 2 * time.Second}, true},
		"a name of brackets": {"7 (a) S 1 (b) R 3 5 5 0 -1 4194304 9 0 0 0 1 0 0 0", stat{3, 5, 10 * time.Millisecond}, true},
		"too few fields":     {"7 (gatehouse) S 3 5", stat{}, false},
		"no number":          {"7 (gatehouse) S x 5 5 0 -1 4194304 9 0 0 0 150 50 0 0", stat{}, false},
		"nothing":            {"", stat{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := parseStat(c.text); got != c.want || ok != c.ok {
				t.Errorf("read %+v, %v; want %+v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestMemoryIsReadInBytes(t *testing.T) {
	t.Parallel()
	got, err := parseStatus("Name:\tgatehouse\nVmHWM:\t    3 kB\nVmRSS:\t    2 kB\nThreads:\t9\n")
	if want := (Usage{Threads: 9, Resident: 2048, Peak: 3072}); err != nil || got != want {
		t.Errorf("read %+v (error: %v), want %+v", got, err, want)
	}
	if _, err := parseStatus("VmRSS:\tmuch kB\n"); err == nil {
		t.Error("what is no number was read")
	}
}

func TestAProcessOfOnesOwnCanBeLookedAt(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
	u, err := UsageOf(os.Getpid())
	if err != nil || u.Resident == 0 || u.Peak < u.Resident || u.Threads == 0 || u.Files == 0 {
		t.Errorf("this process uses %+v (error: %v)", u, err)
	}
	if s, ok := statOf(os.Getpid()); !ok || s.parent != os.Getppid() {
		t.Errorf("this process is %+v, found: %v; its parent is %d", s, ok, os.Getppid())
	}
}
