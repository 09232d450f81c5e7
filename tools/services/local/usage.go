package local

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is the unit of processor time in /proc, which has been this on Linux for
// as long as programs could see it (USER_HZ).
const ticks = 100 // a second

// Usage is what processes hold.
type Usage struct {
	Threads, Files int
	Resident       int64 // bytes
	Peak           int64 // bytes: the most that has been resident
}

// Usage reads what the process holds, without those below it. It exists on Linux
// only.
func (p *Process) Usage() (Usage, error) { return UsageOf(p.PID()) }

// GroupUsage adds up what the process and those below it hold. Memory that they
// share counts for each.
func (p *Process) GroupUsage() (Usage, error) {
	var sum Usage
	pids, err := p.group()
	for _, pid := range pids {
		u, usageErr := UsageOf(pid)
		if errors.Is(usageErr, os.ErrNotExist) {
			continue // it has ended meanwhile
		}
		err = errors.Join(err, usageErr)
		sum.Threads += u.Threads
		sum.Files += u.Files
		sum.Resident += u.Resident
		sum.Peak += u.Peak
	}
	return sum, err
}

// UsageOf reads what a process holds.
func UsageOf(pid int) (Usage, error) {
	proc := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(proc + "/status") //nolint:gosec // of a process of ours
	if err != nil {
		return Usage{}, err
	}
	u, err := parseStatus(string(status))
	if err != nil {
		return Usage{}, err
	}
	files, err := os.ReadDir(proc + "/fd")
	u.Files = len(files)
	return u, err
}

func parseStatus(status string) (u Usage, err error) {
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		var kib int64
		switch name {
		case "Threads":
			u.Threads, err = strconv.Atoi(number)
		case "VmRSS":
			kib, err = strconv.ParseInt(number, 10, 64)
			u.Resident = kib << 10
		case "VmHWM":
			kib, err = strconv.ParseInt(number, 10, 64)
			u.Peak = kib << 10
		}
		if err != nil {
			return Usage{}, fmt.Errorf("%s in /proc: %w", name, err)
		}
	}
	return u, nil
}

// CPU is the processor time of the process and of those below it, to 10 ms each.
func (p *Process) CPU() (time.Duration, error) {
	pids, err := p.group()
	return CPUOf(pids), err
}

// CPUOf is the processor time of processes, of those that have not ended.
func CPUOf(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		s, _ := statOf(pid)
		sum += s.cpu
	}
	return sum
}

// group are the processes of the group.
func (p *Process) group() ([]int, error) {
	return processes(func(s stat) bool { return s.group == p.PID() })
}

// Children lists the processes below one.
func Children(pid int) ([]int, error) {
	return processes(func(s stat) bool { return s.parent == pid })
}

// SignalAll sends a signal to processes; those that have ended are no error.
func SignalAll(pids []int, s syscall.Signal) error {
	var errs []error
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// processes lists those that are wanted.
func processes(wanted func(stat) bool) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var list []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := statOf(pid); ok && wanted(s) {
			list = append(list, pid)
		}
	}
	slices.Sort(list)
	return list, nil
}

// stat is a part of /proc/<pid>/stat (proc(5)).
type stat struct {
	parent, group int
	cpu           time.Duration
}

// statOf is not ok when the process has ended.
func statOf(pid int) (stat, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	return parseStat(string(text))
}

func parseStat(text string) (s stat, ok bool) {
	// The name, in brackets, may hold anything: what follows the last one counts.
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return stat{}, false
	}
	var numbers [4]int
	for i, field := range []int{1, 2, 11, 12} { // ppid, pgrp, utime, stime
		n, err := strconv.Atoi(fields[field])
		if err != nil {
			return stat{}, false
		}
		numbers[i] = n
	}
	cpu := time.Duration(numbers[2]+numbers[3]) * time.Second / ticks
	return stat{parent: numbers[0], group: numbers[1], cpu: cpu}, true
}
